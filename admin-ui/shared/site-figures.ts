/**
 * Figures of the whole site out of the figures of its queues, by the formulas of kpi.md. Pure.
 * The service level of several queues is not the mean of theirs: shares are joined by their own
 * denominators, SLoff - AB(T) = ANS(T) / SL, so that the sum is exact whatever counts as an event.
 */
import type { AgentState } from '../../server/contract/events.ts';
import type { BoardState, QueueLive } from '../../server/contract/live.ts';

export interface SiteFigures {
  waiting: number;
  ringing: number;
  oldestWaitingSince: number | undefined;
  offered: number;
  answered: number;
  abandoned: number;
  shortAbandoned: number;
  /** 0..1, abandons ignored. */
  serviceLevel: number | undefined;
  /** Weighed by the queues' contacts where targets differ. */
  targetPercent: number;
  targetSec: number;
  hasOneTarget: boolean;
  asaMs: number | undefined;
  ahtMs: number | undefined;
  longestWaitMs: number;
  agentsLoggedIn: number;
}

/** SLoff - AB(T): what the queue's own share was divided by. */
function denominatorOf(queue: QueueLive): number {
  if (queue.serviceLevel === undefined) return 0;
  return queue.serviceLevel > 0
    ? queue.answeredInTarget / queue.serviceLevel
    : Math.max(1, queue.answered + queue.abandoned - queue.abandonedInTarget);
}

export function isLoggedIn(state: string): boolean {
  return state !== 'logged-out';
}

function mean(
  queues: readonly QueueLive[],
  of: (queue: QueueLive) => number | undefined,
): number | undefined {
  let weight = 0;
  let total = 0;
  for (const queue of queues) {
    const value = of(queue);
    if (value === undefined || queue.answered === 0) continue;
    weight += queue.answered;
    total += value * queue.answered;
  }
  return weight === 0 ? undefined : total / weight;
}

export function siteFigures(board: BoardState): SiteFigures {
  const queues = Object.values(board.queues);
  const sum = (of: (queue: QueueLive) => number) => queues.reduce((total, queue) => total + of(queue), 0);
  const denominator = sum(denominatorOf);
  const since: number[] = [];
  for (const { oldestWaitingSince } of queues)
    if (oldestWaitingSince !== undefined) since.push(oldestWaitingSince);
  const first = queues[0];
  const hasOneTarget = queues.every(
    (queue) => queue.targetPercent === first?.targetPercent && queue.targetSec === first.targetSec,
  );
  const weightOf = (queue: QueueLive) =>
    denominator > 0 ? denominatorOf(queue) / denominator : 1 / queues.length;
  return {
    waiting: sum((queue) => queue.waiting),
    ringing: sum((queue) => queue.ringing),
    oldestWaitingSince: since.length === 0 ? undefined : Math.min(...since),
    offered: board.accounting.offered,
    answered: board.accounting.answered,
    abandoned: board.accounting.abandoned,
    shortAbandoned: sum((queue) => queue.shortAbandoned),
    serviceLevel:
      denominator > 0 ? Math.min(1, sum((queue) => queue.answeredInTarget) / denominator) : undefined,
    targetPercent: hasOneTarget
      ? (first?.targetPercent ?? 80)
      : sum((queue) => queue.targetPercent * weightOf(queue)),
    // The strictest of several: a wait that is too long for one queue is too long on the wall.
    targetSec: queues.length === 0 ? 20 : Math.min(...queues.map((queue) => queue.targetSec)),
    hasOneTarget,
    asaMs: mean(queues, (queue) => queue.asaMs),
    ahtMs: mean(queues, (queue) => queue.ahtMs),
    longestWaitMs: Math.max(0, ...queues.map((queue) => queue.longestWaitMs)),
    agentsLoggedIn: Object.entries(board.agentsByState).reduce(
      (total, [state, count]) => total + (isLoggedIn(state) ? count : 0),
      0,
    ),
  };
}

/** What a wall tells apart: a reserved agent is one whose phone is about to ring. */
export const shownStates = [
  'ready',
  'ringing',
  'talking',
  'hold',
  'wrap-up',
  'not-ready',
  'unreachable',
  'logged-out',
] as const;
export type ShownState = (typeof shownStates)[number];

export function agentsShown(byState: Record<AgentState, number>): Record<ShownState, number> {
  return {
    ready: byState.ready,
    ringing: byState.reserved + byState.ringing,
    talking: byState.talking,
    hold: byState.hold,
    'wrap-up': byState['wrap-up'],
    'not-ready': byState['not-ready'],
    unreachable: byState.unreachable,
    'logged-out': byState['logged-out'],
  };
}
