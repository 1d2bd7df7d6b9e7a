/**
 * When a figure turns amber or red. Defaults follow from the site's own targets and size; a display may
 * set its own in its address: `?waiting=5,10&wait=60,180&sl=80,70` (amber, red). Pure.
 */
import type { QueueLive } from '../../server/contract/live.ts';
import type { SiteFigures } from '../../admin-ui/shared/site-figures.ts';

export type Level = 'calm' | 'amber' | 'red';
export interface Pair {
  amber: number;
  red: number;
}
export interface ThresholdWishes {
  waiting?: Pair;
  waitSec?: Pair;
  /** Per cent; the lower the worse. */
  serviceLevel?: Pair;
}

function pair(text: string | null, isFalling: boolean): Pair | undefined {
  const match = /^(\d{1,5}),(\d{1,5})$/.exec(text ?? '');
  if (!match) return undefined;
  const wish = { amber: Number(match[1]), red: Number(match[2]) };
  return (isFalling ? wish.red <= wish.amber : wish.amber <= wish.red) ? wish : undefined;
}

/** A wish that makes no sense is left out: a board with defaults beats a board with an error on it. */
export function readThresholdWishes(query: URLSearchParams): ThresholdWishes {
  const waiting = pair(query.get('waiting'), false);
  const waitSec = pair(query.get('wait'), false);
  const serviceLevel = pair(query.get('sl'), true);
  return {
    ...(waiting ? { waiting } : {}),
    ...(waitSec ? { waitSec } : {}),
    ...(serviceLevel ? { serviceLevel } : {}),
  };
}

export function risingLevel(value: number, { amber, red }: Pair): Level {
  return value >= red ? 'red' : value >= amber ? 'amber' : 'calm';
}
export function fallingLevel(value: number, { amber, red }: Pair): Level {
  return value < red ? 'red' : value < amber ? 'amber' : 'calm';
}

/** One waiting for ten agents is a ripple, one for five a queue that will not drain by itself. */
export function waitingPair(agentsLoggedIn: number, wishes: ThresholdWishes): Pair {
  return (
    wishes.waiting ?? {
      amber: Math.max(3, Math.ceil(agentsLoggedIn / 10)),
      red: Math.max(6, Math.ceil(agentsLoggedIn / 5)),
    }
  );
}
/** Amber: the target is missed for this caller. Red: missed three times over. */
export function waitPair(targetSec: number, wishes: ThresholdWishes): Pair {
  return wishes.waitSec ?? { amber: targetSec, red: targetSec * 3 };
}
/** Amber: under the target. Red: ten points under it. */
export function serviceLevelPair(targetPercent: number, wishes: ThresholdWishes): Pair {
  return wishes.serviceLevel ?? { amber: targetPercent, red: Math.max(0, targetPercent - 10) };
}

export interface Levels {
  waiting: Level;
  wait: Level;
  serviceLevel: Level;
}

export function levelsOf(
  figures: Pick<SiteFigures | QueueLive, 'waiting' | 'targetPercent' | 'targetSec' | 'agentsLoggedIn'> & {
    oldestWaitingSince?: number | undefined;
    serviceLevel?: number | undefined;
  },
  serverSec: number,
  wishes: ThresholdWishes,
): Levels {
  const waitSec =
    figures.oldestWaitingSince === undefined ? 0 : serverSec - Math.floor(figures.oldestWaitingSince / 1000);
  return {
    waiting: risingLevel(figures.waiting, waitingPair(figures.agentsLoggedIn, wishes)),
    wait: risingLevel(waitSec, waitPair(figures.targetSec, wishes)),
    serviceLevel:
      figures.serviceLevel === undefined
        ? 'calm'
        : fallingLevel(figures.serviceLevel * 100, serviceLevelPair(figures.targetPercent, wishes)),
  };
}
