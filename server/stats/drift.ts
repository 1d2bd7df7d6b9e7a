/**
 * What explains a change of a mean: the change between two windows laid out over the members that it is made of, agents or queues.
 * Of each the part of its own change (at the mean of its two shares) and the part of its share (a larger part of the work for
 * somebody slower than all is a rise): Kitagawa 1955, known as Oaxaca-Blinder's as well. The parts add up to the whole change.
 * Pure.
 */
import type { CountName, FigureCounts, FigureName } from '../contract/figures.ts';

/** A mean is sum / weight: handle time / contacts handled. */
export interface Weighed {
  sum: number;
  weight: number;
}

interface Ratio {
  sum: (counts: FigureCounts) => number;
  weight: (counts: FigureCounts) => number;
  /** The counts that it reads. */
  counts: readonly CountName[];
}
const ratio = (sum: readonly CountName[], weight: CountName): Ratio => ({
  sum: (counts) => sum.reduce((whole, name) => whole + counts[name], 0),
  weight: (counts) => counts[weight],
  counts: [...sum, weight],
});
/** Figures that are one sum over one weight, both of which add up over agents and queues; the same as their formulas in kpi.ts. */
export const driftRatios: Partial<Record<FigureName, Ratio>> = {
  aht: ratio(['talkMs', 'holdMs', 'wrapUpMs'], 'handled'),
  'talk-time': ratio(['talkMs'], 'handled'),
  'hold-time': ratio(['holdMs'], 'handled'),
  'wrap-up-time': ratio(['wrapUpMs'], 'handled'),
  asa: ratio(['answeredWaitMs'], 'answered'),
  'first-response': ratio(['firstReplyMs'], 'replied'),
  'abandonment-rate': ratio(['abandoned'], 'offered'),
  'transfer-rate': ratio(['transferred'], 'answered'),
  'rona-rate': ratio(['rona'], 'offers'),
  containment: ratio(['contained'], 'arrived'),
};
export const hasDrift = (figure: FigureName): boolean => driftRatios[figure] !== undefined;

export const meanOf = ({ sum, weight }: Weighed): number | undefined =>
  weight > 0 ? sum / weight : undefined;

export interface Contribution {
  key: string;
  base: Weighed;
  now: Weighed;
  /** Of its own change, and of its share of all; in the figure's unit. */
  rate: number;
  mix: number;
}
export interface Drift {
  base: number;
  now: number;
  change: number;
  /** The largest first, whichever way it goes. */
  members: Contribution[];
}

const none: Weighed = { sum: 0, weight: 0 };

function totalOf(members: ReadonlyMap<string, Weighed>): Weighed {
  const total = { ...none };
  for (const { sum, weight } of members.values()) {
    total.sum += sum;
    total.weight += weight;
  }
  return total;
}

/**
 * Undefined where one of the windows has no mean. Whoever is in one window only has no change of their own: all of theirs is
 * share. A sum without weight (a wrap-up whose contact was counted before the window) is the member's own.
 */
export function driftOf(
  base: ReadonlyMap<string, Weighed>,
  now: ReadonlyMap<string, Weighed>,
): Drift | undefined {
  const [baseTotal, nowTotal] = [totalOf(base), totalOf(now)];
  const [baseMean, nowMean] = [meanOf(baseTotal), meanOf(nowTotal)];
  if (baseMean === undefined || nowMean === undefined) return undefined;
  // Against the mean of all: the shares add up to the same in both windows, so that this shifts no sum.
  const middle = (baseMean + nowMean) / 2;
  const members = [...new Set([...base.keys(), ...now.keys()])].map((key): Contribution => {
    const [before, after] = [base.get(key) ?? none, now.get(key) ?? none];
    const [share0, share1] = [before.weight / baseTotal.weight, after.weight / nowTotal.weight];
    const [rate0, rate1] = [
      meanOf(before) ?? meanOf(after) ?? middle,
      meanOf(after) ?? meanOf(before) ?? middle,
    ];
    const stray =
      (after.weight > 0 ? 0 : after.sum / nowTotal.weight) -
      (before.weight > 0 ? 0 : before.sum / baseTotal.weight);
    return {
      key,
      base: before,
      now: after,
      rate: (rate1 - rate0) * ((share0 + share1) / 2) + stray,
      mix: (share1 - share0) * ((rate0 + rate1) / 2 - middle),
    };
  });
  members.sort((a, b) => sizeOf(b) - sizeOf(a) || (a.key < b.key ? -1 : 1));
  return { base: baseMean, now: nowMean, change: nowMean - baseMean, members };
}

const sizeOf = ({ rate, mix }: Contribution): number => Math.abs(rate + mix);
