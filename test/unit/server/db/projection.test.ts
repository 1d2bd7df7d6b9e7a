import { expect } from 'chai';
import fc from 'fast-check';
import type { EventDraft, HearthlineEvent } from '../../../../server/contract/events.ts';
import { foldHistory } from '../../../../server/db/projection.ts';
import type { ContactPatch } from '../../../../server/db/projection.ts';
import { calls } from '../../../support/call-events.ts';

const numbered = (drafts: EventDraft[]): HearthlineEvent[] =>
  drafts.map((draft, index) => ({ id: `e_${index}`, seq: index + 1, v: 1, ...draft }));

/** What the upsert does with two patches of one contact. */
function lay(older: ContactPatch | undefined, newer: ContactPatch): ContactPatch {
  if (!older) return newer;
  return {
    ...older,
    ...newer,
    first_seq: older.first_seq,
    offers: older.offers + newer.offers,
    rona: older.rona + newer.rona,
  };
}

describe('projection', () => {
  it('comes to the same contacts and segments however the log is cut into batches', () => {
    const events = numbered(calls(30).drafts);
    const whole = foldHistory(events);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 40 }), (sizes) => {
        const contacts = new Map<string, ContactPatch>();
        const segments = new Map<string, object>();
        let at = 0;
        for (const size of [...sizes, events.length]) {
          const rows = foldHistory(events.slice(at, at + size));
          at += size;
          for (const row of rows.contacts)
            contacts.set(row.contact_id, lay(contacts.get(row.contact_id), row));
          for (const row of rows.segments)
            segments.set(row.offer_id, { ...segments.get(row.offer_id), ...row });
        }
        expect([...contacts.values()]).to.deep.equal(whole.contacts);
        expect([...segments.values()]).to.deep.equal(whole.segments);
      }),
      { numRuns: 50 },
    );
  });

  it('closes what an earlier batch left open once, and the rest within the batch', () => {
    const change = (at: number, to: 'ready' | 'ringing' | 'talking'): EventDraft => ({
      type: 'agent.state-changed',
      at,
      agentId: '7',
      data: { from: 'ready', to, forMs: 0 },
    });
    const rows = foldHistory(numbered([change(10, 'ready'), change(20, 'ringing'), change(30, 'talking')]));
    expect(rows.intervalEnds).to.deep.equal([{ agent_id: '7', at: 10 }]);
    expect(
      rows.intervals.map(({ from_seq, state, from_at, to_at }) => [from_seq, state, from_at, to_at]),
    ).to.deep.equal([
      [1, 'ready', 10, 20],
      [2, 'ringing', 20, 30],
      [3, 'talking', 30, undefined],
    ]);
  });

  it('follows a recording to its end', () => {
    const base = { contactId: 'c', agentId: '7', queueId: 'q' };
    const drafts: EventDraft[] = [
      { type: 'recording.started', at: 1, ...base, data: { recordingId: 'r1', offerId: 'o' } },
      { type: 'recording.started', at: 2, ...base, data: { recordingId: 'r2', offerId: 'o' } },
      {
        type: 'recording.completed',
        at: 9,
        contactId: 'c',
        data: { recordingId: 'r1', file: 'r1.wav', bytes: 10, durationMs: 8, sha256: 'ff' },
      },
      { type: 'recording.failed', at: 9, contactId: 'c', data: { recordingId: 'r2', reason: 'disk full' } },
    ];
    const rows = foldHistory(numbered(drafts)).recordings;
    expect(rows[0]).to.include({
      state: 'completed',
      started_at: 1,
      ended_at: 9,
      agent_id: '7',
      file: 'r1.wav',
    });
    expect(rows[1]).to.include({ state: 'failed', failure: 'disk full', started_at: 2, ended_at: 9 });
  });

  it('adds nothing for events it does not know', () => {
    const rows = foldHistory(numbered([{ type: 'server.started', at: 1, data: { instanceId: 'x' } }]));
    expect(Object.values(rows).every((list: unknown[]) => list.length === 0)).to.equal(true);
  });
});
