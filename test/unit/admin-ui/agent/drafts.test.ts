/** What is kept in the tab's storage comes back, of the same user alone, and nothing odd is believed. */
import { expect } from 'chai';
import fc from 'fast-check';
import { emptyDraft, formatKept, parseKept } from '../../../../admin-ui/agent/drafts.ts';
import { pendingOf } from './world.ts';

const attachment = { attachmentId: 'a', name: 'x.pdf', mime: 'application/pdf', bytes: 3, isPicture: false };

describe('drafts', () => {
  it('come back after a reload; what was on its way is sent again under its name', () => {
    const drafts = { c1: { isNote: true, reply: 'hello', note: 'psst', attachments: [attachment] } };
    const pending = [pendingOf('one'), pendingOf('two', { state: 'refused', why: 'x' })];
    const text = formatKept({ drafts: { ...drafts, c2: emptyDraft }, pending }, 'u1');
    expect(parseKept(text, 'u1')).to.deep.equal({
      drafts,
      pending: [pendingOf('one', { state: 'waiting' }), pending[1]],
    });
  });

  it('are nobody else’s', () => {
    const text = formatKept({ drafts: { c1: { ...emptyDraft, reply: 'hello' } }, pending: [] }, 'u1');
    expect(parseKept(text, 'u2')).to.deep.equal({ drafts: {}, pending: [] });
  });

  it('survive any text in the storage', () => {
    expect(parseKept(null, 'u1')).to.deep.equal({ drafts: {}, pending: [] });
    expect(parseKept('{', 'u1')).to.deep.equal({ drafts: {}, pending: [] });
    fc.assert(
      fc.property(fc.json(), fc.json(), (drafts, pending) => {
        const kept = parseKept(`{"userId":"u1","drafts":{"c":${drafts}},"pending":[${pending}]}`, 'u1');
        for (const draft of Object.values(kept.drafts)) expect(draft.reply).to.be.a('string');
        for (const own of kept.pending) expect(own.clientId).to.be.a('string');
      }),
    );
  });
});
