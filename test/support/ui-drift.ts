/** What explains an alert, for pages: made-up handle times of agents and queues, taken apart by the product's own decomposition. */
import type { AlertRow } from '../../server/contract/alerts.ts';
import { type DriftKey, driftKeysOf } from '../../server/contract/drift-facts.ts';
import type { DriftReport } from '../../server/contract/rest-drift.ts';
import { pastDaysOfKind } from '../../server/app/site-calendar.ts';
import { driftOf, meanOf, type Weighed } from '../../server/stats/drift.ts';

const zone = 'Europe/Rome';
const minuteMs = 60_000;
/** Seconds usually and now, contacts usually and now. */
type Made = readonly [name: string, wasSec: number, isSec: number, wasCount: number, isCount: number];
const made: Partial<Record<DriftKey, readonly Made[]>> = {
  agent: [
    ['Amelia Hart', 240, 372, 130, 22],
    ['Oliver Webb', 255, 268, 140, 19],
    ['Sofia Marchetti', 231, 228, 150, 11],
    ['Иван Константинопольский', 322, 341, 60, 17],
    ['Bartholomew Featherstonehaugh', 410, 405, 20, 14],
    ['Chiara Bianchi', 198, 0, 90, 0],
    ...Array.from({ length: 8 }, (_, index): Made => [`Agent ${220 + index}`, 250, 252 + index, 40, 5]),
  ],
  queue: [
    ['Card services', 262, 345, 410, 61],
    ['Current accounts', 228, 240, 330, 40],
    ['Lost and stolen cards', 270, 268, 110, 12],
  ],
  channel: [
    ['voice', 251, 330, 600, 80],
    ['mail', 260, 251, 250, 33],
  ],
  number: [['+442071838750', 250, 310, 850, 113]],
};

const asMap = (rows: readonly Made[], sec: 1 | 2, count: 3 | 4, by: DriftKey): Map<string, Weighed> =>
  new Map(rows.map((row) => [`${by}:${row[0]}`, { sum: row[sec] * row[count] * 1000, weight: row[count] }]));

/** The handle time of the last hour is up: an alert on that trend, standing since 25 minutes. */
export const driftAlert = (now: number): AlertRow => ({
  alertId: 'alert_9',
  ruleId: 'rule_9',
  name: 'Handling takes longer than usual',
  severity: 'warning',
  scope: 'site',
  figure: 'aht',
  window: 'rolling-60',
  condition: { kind: 'trend', direction: 'up', percent: 20, days: 7, atLeast: 20 },
  beganAt: now - 25 * minuteMs,
  value: 309,
  worst: 322,
  now: 318,
});

export function driftReportOf(
  { figure, scope, beganAt }: AlertRow,
  asked: DriftKey | undefined,
): DriftReport {
  const keys = driftKeysOf(figure, scope);
  const by = asked ?? keys[0]!;
  const quarter = 15 * minuteMs;
  const to = Math.ceil(beganAt / quarter) * quarter;
  const window = { from: to - 5 * quarter, to };
  const base = pastDaysOfKind(window.from, window.to, 7, zone);
  const rows = made[by] ?? [];
  const { change, now, members, ...drift } = driftOf(asMap(rows, 1, 3, by), asMap(rows, 2, 4, by))!;
  const total = (key: 'rate' | 'mix') => members.reduce((sum, one) => sum + one[key], 0);
  return {
    figure,
    scope,
    by,
    keys,
    timeZone: zone,
    ...window,
    base,
    drift: {
      base: drift.base,
      value: now,
      change,
      rate: total('rate'),
      mix: total('mix'),
      members: members.map((one) => {
        const [before, after] = [meanOf(one.base), meanOf(one.now)];
        return {
          scope: one.key,
          name: one.key.slice(by.length + 1),
          ...(before !== undefined && { base: before }),
          ...(after !== undefined && { value: after }),
          baseWeight: one.base.weight,
          weight: one.now.weight,
          rate: one.rate,
          mix: one.mix,
        };
      }),
    },
  };
}
