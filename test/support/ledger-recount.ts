/**
 * The fairness ledger counted again without its code: from the raw log, event by event, with the durations that the engine
 * itself wrote into `forMs`. Slow and plain on purpose.
 */
import type { EventDraft } from '../../server/contract/events.ts';
import type { FairnessAnswer } from '../../server/contract/rest-fairness.ts';

const milliseconds: Record<string, string> = {
  ready: 'readyMs',
  'not-ready': 'notReadyMs',
  unreachable: 'unreachableMs',
  reserved: 'ringingMs',
  ringing: 'ringingMs',
  talking: 'talkMs',
  hold: 'holdMs',
  'wrap-up': 'wrapUpMs',
};
const outcomes: Record<string, string> = {
  rona: 'notAnswered',
  rejected: 'rejected',
  'agent-left': 'leftOffer',
};

export type Recount = Record<string, Record<string, number>>;

/** By agent: figures that are not 0. `queueId` narrows the counts, not the times. */
export function recount(log: readonly EventDraft[], from: number, to: number, queueId?: string): Recount {
  const sums: Recount = {};
  const add = (agentId: string, key: string, by = 1) => {
    if (by === 0) return;
    const mine = (sums[agentId] ??= {});
    mine[key] = (mine[key] ?? 0) + by;
  };
  const addState = (agentId: string, state: string, begin: number, end: number) => {
    const key = milliseconds[state];
    const ms = Math.min(end, to) - Math.max(begin, from);
    if (key === undefined || ms <= 0) return;
    add(agentId, key, ms);
    add(agentId, 'signedInMs', ms);
  };
  const last = new Map<string, { state: string; at: number }>();
  for (const event of log) {
    const { agentId, at } = event;
    if (agentId === undefined) continue;
    if (event.type === 'agent.state-changed') {
      const { from: state, to: next, reason, forMs } = event.data;
      if (state === next && reason?.startsWith('after-contact:')) continue;
      addState(agentId, state, at - forMs, at);
      last.set(agentId, { state: next, at });
      continue;
    }
    if (at < from || at >= to || (queueId !== undefined && event.queueId !== queueId)) continue;
    if (event.type === 'contact.offered') add(agentId, 'offered');
    if (event.type === 'contact.answered') add(agentId, 'answered');
    if (event.type === 'offer.withdrawn') add(agentId, outcomes[event.data.reason] ?? 'withdrawn');
    if (event.type === 'contact.ended' || event.type === 'contact.transferred') add(agentId, 'handled');
  }
  for (const [agentId, { state, at }] of last) addState(agentId, state, at, Infinity);
  return sums;
}

const compared = [...new Set(Object.values(milliseconds))].concat(
  'signedInMs',
  'offered',
  'answered',
  'rejected',
  'leftOffer',
  'notAnswered',
  'withdrawn',
  'handled',
);

/** The same figures out of an answer. */
export function recounted({ agents }: Pick<FairnessAnswer, 'agents'>): Recount {
  return Object.fromEntries(
    agents.flatMap(({ agentId, figures }) => {
      const kept = Object.entries(figures as Record<string, number>).filter(
        ([key, value]) => compared.includes(key) && value !== 0,
      );
      return kept.length > 0 ? [[agentId, Object.fromEntries(kept)]] : [];
    }),
  );
}

/** Two recounts side by side. */
export function addUp(one: Recount, other: Recount): Recount {
  const sums = structuredClone(one);
  for (const [agentId, figures] of Object.entries(other)) {
    const mine = (sums[agentId] ??= {});
    for (const [key, value] of Object.entries(figures)) mine[key] = (mine[key] ?? 0) + value;
  }
  return sums;
}
