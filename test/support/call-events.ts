/**
 * Drafts of whole calls as the engine would emit them, many at once and interleaved, with the history rows
 * they must come to: for tests and the bench of the projector. Deterministic: the same arguments, the same calls.
 */
import type { EventDraft } from '../../server/contract/events.ts';

export interface ExpectedContact {
  contactId: string;
  outcome: 'answered' | 'abandoned';
  offers: number;
  rona: number;
  agentId: string | null;
}

const startAt = 1_790_000_000_000;

function call(index: number): { drafts: EventDraft[]; expected: ExpectedContact } {
  const contactId = `c_${index}`;
  const agentId = String(100 + (index % 40));
  const queueId = index % 2 === 0 ? 'sales' : 'service';
  const at = (offset: number) => startAt + index * 10 + offset;
  const base = { contactId, queueId };
  const drafts: EventDraft[] = [
    {
      type: 'contact.arrived',
      at: at(0),
      ...base,
      data: {
        channel: 'voice',
        numberId: '700',
        language: 'en',
        trunkId: 'carrier',
        pii: { from: `+39055${index}`, fromName: 'Zoë "Ü" \\ Rossi' },
      },
    },
    { type: 'contact.queued', at: at(100), ...base, data: { channel: 'voice', priority: 0, position: 1 } },
  ];
  const decision = {
    strategy: 'longest-idle',
    chosen: agentId,
    trigger: 'contact' as const,
    candidates: [{ agentId, idleSince: startAt, score: 1 }],
    candidateCount: 1,
    ruledOut: { 'not-ready': 3 },
    contactPosition: 1,
    waitingCount: 1,
  };
  const offer = (attempt: number): EventDraft => ({
    type: 'contact.offered',
    at: at(100 + attempt),
    ...base,
    agentId,
    data: {
      offerId: `o_${index}_${attempt}`,
      phoneId: `p${agentId}`,
      ringUntil: at(15_000),
      attempt,
      decision,
    },
  });
  const isRona = index % 5 === 0;
  const isAbandoned = index % 7 === 0;
  let attempt = 1;
  if (isRona) {
    drafts.push(offer(1), {
      type: 'offer.withdrawn',
      at: at(150),
      ...base,
      agentId,
      data: { offerId: `o_${index}_1`, reason: 'rona', ringMs: 49 },
    });
    attempt = 2;
  }
  const expected: ExpectedContact = {
    contactId,
    outcome: isAbandoned ? 'abandoned' : 'answered',
    offers: (isRona ? 1 : 0) + (isAbandoned ? 0 : 1),
    rona: isRona ? 1 : 0,
    agentId: isAbandoned ? null : agentId,
  };
  if (isAbandoned) {
    drafts.push(
      {
        type: 'contact.abandoned',
        at: at(9000),
        ...base,
        data: { waitMs: 8900, during: 'queue', isShort: false, inTarget: true },
      },
      {
        type: 'contact.ended',
        at: at(9000),
        ...base,
        data: { outcome: 'abandoned', endedBy: 'customer', reason: 'gone', talkMs: 0, holdMs: 0 },
      },
    );
    return { drafts, expected };
  }
  const offerId = `o_${index}_${attempt}`;
  drafts.push(
    offer(attempt),
    { type: 'offer.alerted', at: at(200), ...base, agentId, data: { offerId } },
    {
      type: 'contact.answered',
      at: at(3000),
      ...base,
      agentId,
      data: { offerId, phoneId: `p${agentId}`, waitMs: 2900, ringMs: 2800, inTarget: true },
    },
    {
      type: 'agent.state-changed',
      at: at(3000),
      contactId,
      agentId,
      data: { from: 'ringing', to: 'talking', forMs: 2800, phoneId: `p${agentId}` },
    },
    {
      type: 'contact.ended',
      at: at(60_000),
      ...base,
      agentId,
      data: { outcome: 'answered', endedBy: 'agent', reason: 'bye', talkMs: 57_000, holdMs: 0 },
    },
    {
      type: 'agent.state-changed',
      at: at(60_000),
      agentId,
      data: { from: 'talking', to: 'wrap-up', forMs: 57_000, until: at(70_000) },
    },
  );
  return { drafts, expected };
}

/** `count` calls, their events interleaved a handful at a time as on a busy floor. */
export function calls(count: number, from = 0): { drafts: EventDraft[]; expected: ExpectedContact[] } {
  const made = Array.from({ length: count }, (_, index) => call(from + index));
  const drafts: EventDraft[] = [];
  for (let start = 0; start < made.length; start += 8) {
    const lane = made.slice(start, start + 8).map((one) => [...one.drafts]);
    while (lane.some((rest) => rest.length > 0)) {
      for (const rest of lane) {
        const next = rest.shift();
        if (next) drafts.push(next);
      }
    }
  }
  return { drafts, expected: made.map((one) => one.expected) };
}
