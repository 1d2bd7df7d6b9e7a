/**
 * What people read of a fairness ledger: figures per agent, the team's mean beside them, and each agent's share. Pure; the
 * formulas are those of kpi.ts. Occupancy leaves reserved and ringing time out. With a queue, counts and idle times are of
 * that queue alone and only its agents are in; times in a state are the agent's whole time, as an agent is not in a queue.
 */
import type { FairnessAnswer, FairnessFigures } from '../contract/rest-fairness.ts';
import { contactsPerHour, occupancyWithoutRinging } from './kpi.ts';
import {
  offerCountKeys,
  type AgentLedger,
  type Ledger,
  type OfferCounts,
  type StateTimes,
} from './fairness.ts';

export type FairnessTable = Pick<FairnessAnswer, 'agents' | 'team' | 'queues'>;

/** Of one agent, or of several together. */
interface Sum {
  stateMs: StateTimes;
  counts: OfferCounts;
  idleMs: number[];
}

const emptyCounts = (): OfferCounts =>
  Object.fromEntries(offerCountKeys.map((key) => [key, 0])) as unknown as OfferCounts;

function addCounts(into: OfferCounts, counts: OfferCounts): void {
  for (const key of offerCountKeys) into[key] += counts[key];
}

function sumOf(agent: AgentLedger, queueId: string | undefined): Sum {
  const sum: Sum = { stateMs: agent.stateMs, counts: emptyCounts(), idleMs: [] };
  for (const [id, share] of agent.queues)
    if (queueId === undefined || id === queueId) {
      addCounts(sum.counts, share.counts);
      // No spread: an agent may have more offers than a call has arguments.
      for (const idle of share.idleMs) sum.idleMs.push(idle);
    }
  return sum;
}

function together(sums: readonly Sum[]): Sum {
  const all: Sum = { stateMs: {}, counts: emptyCounts(), idleMs: [] };
  for (const { stateMs, counts, idleMs } of sums) {
    for (const [state, ms] of Object.entries(stateMs) as [keyof StateTimes, number][])
      all.stateMs[state] = (all.stateMs[state] ?? 0) + ms;
    addCounts(all.counts, counts);
    for (const idle of idleMs) all.idleMs.push(idle);
  }
  return all;
}

/** Half of them are at most so long; of an even number the mean of the two in the middle. */
export function medianOf(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  const sorted = Float64Array.from(values).sort();
  const middle = sorted.length >> 1;
  const upper = sorted[middle]!;
  return sorted.length % 2 === 1 ? upper : (sorted[middle - 1]! + upper) / 2;
}

const totalOf = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);

function timesOf(times: StateTimes) {
  const ms = (state: keyof StateTimes) => times[state] ?? 0;
  return {
    signedInMs: totalOf(Object.values(times)),
    readyMs: ms('ready'),
    notReadyMs: ms('not-ready'),
    unreachableMs: ms('unreachable'),
    ringingMs: ms('reserved') + ms('ringing'),
    talkMs: ms('talking'),
    holdMs: ms('hold'),
    wrapUpMs: ms('wrap-up'),
  };
}

function figuresOf({ stateMs, counts, idleMs }: Sum): FairnessFigures {
  const times = timesOf(stateMs);
  const occupancy = occupancyWithoutRinging(times);
  const offersPerHour = contactsPerHour({ handled: counts.offered, loggedInMs: times.signedInMs });
  const idleTotalMs = totalOf(idleMs);
  const idleMedianMs = medianOf(idleMs);
  return {
    ...times,
    ...counts,
    ...(occupancy !== undefined && { occupancy }),
    ...(offersPerHour !== undefined && { offersPerHour }),
    idleCount: idleMs.length,
    idleTotalMs,
    ...(idleMedianMs !== undefined && { idleMeanMs: idleTotalMs / idleMs.length, idleMedianMs }),
  };
}

/** What adds up over agents, and so has a mean over them and a share. */
const addedKeys = [
  'signedInMs',
  'readyMs',
  'notReadyMs',
  'unreachableMs',
  'ringingMs',
  'talkMs',
  'holdMs',
  'wrapUpMs',
  'openAtStart',
  'offered',
  'answered',
  'rejected',
  'leftOffer',
  'notAnswered',
  'withdrawn',
  'openAtEnd',
  'handled',
] as const satisfies readonly (keyof FairnessFigures)[];
type Added = Record<(typeof addedKeys)[number], number>;

const eachAdded = (make: (key: keyof Added) => number): Added =>
  Object.fromEntries(addedKeys.map((key) => [key, make(key)])) as Added;

/** Absent where nobody has any: a share of nothing is no share. */
function sharesOf(figures: FairnessFigures, total: FairnessFigures): Partial<Added> {
  return Object.fromEntries(
    addedKeys.flatMap((key) => (total[key] > 0 ? [[key, figures[key] / total[key]]] : [])),
  ) as Partial<Added>;
}

export function fairnessTable(ledger: Ledger, queueId?: string): FairnessTable {
  const chosen = ledger.agents.filter(
    ({ memberOf, queues }) => queueId === undefined || memberOf.has(queueId) || queues.has(queueId),
  );
  const sums = chosen.map((agent) => sumOf(agent, queueId));
  const total = figuresOf(together(sums));
  const agents = chosen.map((agent, index) => {
    const figures = figuresOf(sums[index]!);
    const byQueue = [...agent.queues].filter(([id]) => queueId === undefined || id === queueId);
    return {
      agentId: agent.agentId,
      figures,
      share: sharesOf(figures, total),
      queues: byQueue
        .map(([id, { counts }]) => ({ queueId: id, ...counts }))
        .sort((a, b) => (a.queueId < b.queueId ? -1 : 1)),
    };
  });
  const mean = chosen.length > 0 ? eachAdded((key) => total[key] / chosen.length) : undefined;
  return {
    agents,
    team: { count: chosen.length, total, ...(mean && { mean }) },
    queues: queuesOf(ledger, chosen, queueId),
  };
}

/** Queues of the site and those that an offer names, with what their agents did together. */
function queuesOf(
  ledger: Ledger,
  agents: readonly AgentLedger[],
  queueId: string | undefined,
): FairnessTable['queues'] {
  const strategies = new Map(ledger.queues.map((queue) => [queue.queueId, queue.strategies]));
  const counts = new Map([...strategies.keys()].map((id) => [id, emptyCounts()]));
  for (const agent of agents)
    for (const [id, share] of agent.queues) {
      const sum = counts.get(id) ?? emptyCounts();
      addCounts(sum, share.counts);
      counts.set(id, sum);
    }
  return [...counts]
    .filter(([id]) => queueId === undefined || id === queueId)
    .map(([id, sum]) => ({
      queueId: id,
      strategies: (strategies.get(id) ?? []).map((one) => ({ ...one })),
      agents: agents.filter(({ memberOf, queues }) => memberOf.has(id) || queues.has(id)).length,
      ...sum,
    }))
    .sort((a, b) => (a.queueId < b.queueId ? -1 : 1));
}
