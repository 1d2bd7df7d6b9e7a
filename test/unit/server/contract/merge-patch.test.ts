/** The law of live screens: snapshot + patches = a fresh snapshot; and the examples of RFC 7396, appendix A. */
import { expect } from 'chai';
import fc from 'fast-check';
import { applyMergePatch, diffMergePatch, type JsonObject } from '../../../../server/contract/merge-patch.ts';

/** Live state: objects keyed by id, no nulls; arrays are replaced whole. */
const key = fc.oneof(
  fc.constantFrom('a', 'b', 'c', 'd', '', 'constructor', 'valueOf'),
  fc.string({ maxLength: 3 }),
);
const { tree } = fc.letrec<{ leaf: unknown; tree: unknown }>((tie) => ({
  leaf: fc.oneof(
    fc.string({ maxLength: 4 }),
    fc.integer(),
    fc.boolean(),
    fc.array(fc.integer(), { maxLength: 3 }),
    fc.array(fc.dictionary(key, fc.integer(), { maxKeys: 2 }), { maxLength: 2 }),
  ),
  tree: fc.dictionary(key, fc.oneof({ maxDepth: 4 }, tie('leaf'), tie('tree')), { maxKeys: 5 }),
}));
/** As it is after the wire: plain objects with ordinary prototypes. */
const state = tree.map((value) => JSON.parse(JSON.stringify(value)) as JsonObject);
const wire = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;

describe('merge patch', () => {
  it('leads from any state to any other, over the wire', () => {
    fc.assert(
      fc.property(state, state, (from, to) => {
        const patch = diffMergePatch(from, to);
        const arrived = patch ? applyMergePatch(from, wire(patch)) : from;
        expect(arrived).to.deep.equal(to);
      }),
      { numRuns: 500 },
    );
  });

  it('is undefined exactly where nothing changed', () => {
    fc.assert(
      fc.property(state, state, (from, to) => {
        expect(diffMergePatch(from, wire(from))).to.equal(undefined);
        const isSame = JSON.stringify(sorted(from)) === JSON.stringify(sorted(to));
        expect(diffMergePatch(from, to) === undefined).to.equal(isSame);
      }),
      { numRuns: 300 },
    );
  });

  it('follows a whole chain of states from one snapshot', () => {
    fc.assert(
      fc.property(fc.array(state, { minLength: 1, maxLength: 8 }), (states) => {
        const [first = {}] = states;
        let screen: JsonObject = first;
        let before: JsonObject = first;
        for (const next of states) {
          const patch = diffMergePatch(before, next);
          if (patch) screen = applyMergePatch(screen, wire(patch));
          before = next;
          expect(screen).to.deep.equal(next);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('changes neither the old tree nor the patch, and shares what did not change', () => {
    const from = { same: { x: 1 }, changed: { y: 1, z: 2 } };
    const patch = { changed: { y: 5 } };
    const before = wire({ from, patch });
    const to = applyMergePatch(from, patch);
    expect(to).to.deep.equal({ same: { x: 1 }, changed: { y: 5, z: 2 } });
    expect(to['same']).to.equal(from.same);
    expect({ from, patch }).to.deep.equal(before);
  });

  it('names only what changed', () => {
    const from = { queues: { q: { waiting: 1, offered: 9 }, r: { waiting: 0 } } };
    const to = { queues: { q: { waiting: 2, offered: 9 } } };
    expect(diffMergePatch(from, to)).to.deep.equal({ queues: { q: { waiting: 2 }, r: null } });
  });

  const examples: [JsonObject, JsonObject, JsonObject][] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  examples.forEach(([target, patch, result], index) => {
    it(`meets example ${index + 1} of RFC 7396`, () => {
      expect(applyMergePatch(target, patch)).to.deep.equal(result);
    });
  });
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, inner]) => [name, sorted(inner)]),
  );
}
