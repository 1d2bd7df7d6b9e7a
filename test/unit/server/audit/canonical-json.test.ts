/** One text for one value, whatever order and trip it took. */
import { expect } from 'chai';
import fc from 'fast-check';
import { canonicalJson, toPlain } from '../../../../server/audit/canonical-json.ts';
import { auditHash, genesisHash } from '../../../../server/audit/audit-trail.ts';

describe('canonical JSON', () => {
  it('sorts keys at every depth', () => {
    expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: null })).to.equal('{"a":null,"b":[{"c":2,"d":1}]}');
  });
  it('is the same after a trip through JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const plain = toPlain(value);
        expect(canonicalJson(toPlain(JSON.parse(JSON.stringify(plain))))).to.equal(canonicalJson(plain));
        expect(JSON.parse(canonicalJson(plain))).to.deep.equal(JSON.parse(JSON.stringify(plain)));
      }),
    );
  });
  it('takes anything and keeps it bounded', () => {
    const deep: Record<string, unknown> = {};
    deep['self'] = deep;
    expect(() => canonicalJson(toPlain(deep))).not.to.throw();
    expect(toPlain({ a: undefined, b: () => 1, c: Number.NaN, d: 5n, e: 'a\0\ud800b' })).to.deep.equal({
      b: null,
      c: null,
      d: '5',
      e: 'a\ufffd\ufffdb',
    });
    expect(toPlain('x'.repeat(5000))).to.have.length(2000);
    expect(toPlain('\u{1F600}')).to.equal('\u{1F600}');
  });
});

describe('the audit hash', () => {
  const entry = { seq: 1, at: 5, actor: 'user:ada', action: 'x.done', details: { b: 1, a: 2 } };
  it('depends on every field and on the entry before', () => {
    const hash = auditHash(genesisHash, entry);
    expect(auditHash(genesisHash, { ...entry, details: { a: 2, b: 1 } })).to.equal(hash);
    for (const change of [
      { seq: 2 },
      { at: 6 },
      { actor: 'user:eve' },
      { action: 'y' },
      { target: 't' },
      { details: {} },
    ])
      expect(auditHash(genesisHash, { ...entry, ...change }), JSON.stringify(change)).not.to.equal(hash);
    expect(auditHash(hash, entry)).not.to.equal(hash);
  });
});
