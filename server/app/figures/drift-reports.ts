/**
 * What explains a change of a mean figure between two times (S107): counts by member out of the roll-ups, taken apart by
 * stats/drift.ts. Of an alert on a trend the two times are those that its rule compares: the window in which it began, and the
 * same hours of the days before, together. Windows are widened to whole quarters of an hour, which roll-ups are kept in.
 */
import type { AlertRow } from '../../contract/alerts.ts';
import { type DriftKey, driftKeysOf } from '../../contract/drift-facts.ts';
import type { FigureName, WindowName } from '../../contract/figures.ts';
import { driftMembersAtMost, type DriftMember, type DriftReport } from '../../contract/rest-drift.ts';
import type { Site } from '../../contract/site.ts';
import { type Contribution, driftOf, driftRatios, meanOf, type Weighed } from '../../stats/drift.ts';
import { dayStartOf, pastDaysOfKind, shiftAt } from '../site-calendar.ts';
import { scopeNames } from './interval-reports.ts';
import type { DriftHistory } from './ports.ts';

export interface DriftParts {
  history: DriftHistory;
  site: () => Site;
}
export interface DriftQuestion {
  figure: FigureName;
  scope: string;
  by?: DriftKey | undefined;
  from: number;
  to: number;
  base: readonly { from: number; to: number }[];
}
/** What an alert tells of what it looked at. */
export type TrendAlert = Pick<AlertRow, 'figure' | 'scope' | 'window' | 'condition' | 'beganAt'>;

const quarterMs = 900_000;
const minuteMs = 60_000;
const widened = ({ from, to }: { from: number; to: number }) => ({
  from: Math.floor(from / quarterMs) * quarterMs,
  to: Math.ceil(to / quarterMs) * quarterMs,
});

/** Undefined where nothing of that kind explains this figure of this scope. */
export async function driftReport(
  { history, site }: DriftParts,
  { figure, scope, by: asked, from, to, base }: DriftQuestion,
): Promise<DriftReport | undefined> {
  const ratio = driftRatios[figure];
  const keys = driftKeysOf(figure, scope);
  const by = asked ?? keys[0];
  if (!ratio || by === undefined || !keys.includes(by)) return undefined;
  const now = widened({ from, to });
  const before = base.map(widened);
  const weighed = async (windows: readonly { from: number; to: number }[]): Promise<Map<string, Weighed>> => {
    const rows =
      windows.length === 0 ? [] : await history.driftCounts({ scope, by, counts: ratio.counts, windows });
    return new Map(
      rows.map(({ scope: member, sums }) => [
        member,
        // The last is what the others are divided by.
        { sum: sums.slice(0, -1).reduce((sum, value) => sum + value, 0), weight: sums.at(-1) ?? 0 },
      ]),
    );
  };
  const drift = driftOf(await weighed(before), await weighed([now]));
  const head = { figure, scope, by, keys, timeZone: site().site.timeZone, ...now, base: before };
  if (!drift) return head;
  const names = scopeNames(site());
  const { members } = drift;
  const rest = members.slice(driftMembersAtMost);
  return {
    ...head,
    drift: {
      base: drift.base,
      value: drift.now,
      change: drift.change,
      ...sumOf(members),
      members: members.slice(0, driftMembersAtMost).map((one) => memberOf(one, names)),
      ...(rest.length > 0 && { rest: { members: rest.length, ...sumOf(rest) } }),
    },
  };
}

function sumOf(members: readonly Contribution[]): { rate: number; mix: number } {
  let [rate, mix] = [0, 0];
  for (const one of members) {
    rate += one.rate;
    mix += one.mix;
  }
  return { rate, mix };
}

function memberOf({ key, base, now, rate, mix }: Contribution, names: Record<string, string>): DriftMember {
  const [before, after] = [meanOf(base), meanOf(now)];
  return {
    scope: key,
    name: names[key] ?? key.slice(key.indexOf(':') + 1),
    ...(before !== undefined && { base: before }),
    ...(after !== undefined && { value: after }),
    baseWeight: base.weight,
    weight: now.weight,
    rate,
    mix,
  };
}

/** When the window of a rule had begun at an instant, as the live figures have it (stats/figure-cube.ts). */
export function windowStartOf(window: WindowName, at: number, { site, shifts }: Site): number | undefined {
  const dayStart = dayStartOf(at, site.timeZone);
  if (window === 'today') return dayStart;
  if (window === 'shift') return shiftAt(shifts, at, site.timeZone).from;
  const [kind, minutes] = window.split('-');
  const lengthMs = Number(minutes) * minuteMs;
  if (kind === 'interval') return dayStart + Math.floor((at - dayStart) / lengthMs) * lengthMs;
  return at - (at % minuteMs) - lengthMs + minuteMs;
}

/** Undefined: it is no trend, or of a figure that nothing explains. */
export async function alertDrift(
  parts: DriftParts,
  { figure, scope, window, condition, beganAt }: TrendAlert,
  by?: DriftKey,
): Promise<DriftReport | undefined> {
  if (condition.kind !== 'trend') return undefined;
  const site = parts.site();
  const from = windowStartOf(window, beganAt, site);
  if (from === undefined || from >= beganAt) return undefined;
  const base = pastDaysOfKind(from, beganAt, condition.days, site.site.timeZone);
  return driftReport(parts, { figure, scope, by, from, to: beganAt, base });
}
