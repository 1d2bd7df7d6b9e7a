/** First contact resolution as it crosses the wire: counts with the figure made of them, as JSON or as a file. Pure. */
import {
  type FcrCounts,
  fcrFates,
  type FcrFate,
  type FcrReport,
  type FcrRow,
  type FcrRule,
} from '../contract/rest-fcr.ts';
import { firstContactResolution } from '../stats/kpi.ts';

export interface CountedFate {
  /** Start of the interval, ms UTC. */
  start: number;
  scope: string;
  fate: FcrFate;
  count: number;
}

const noCounts = (): FcrCounts => ({
  contacts: 0,
  resolved: 0,
  repeated: 0,
  transferred: 0,
  open: 0,
  anonymous: 0,
});

function add(counts: FcrCounts, fate: FcrFate, count: number): void {
  counts[fate] += count;
  if (fate !== 'open' && fate !== 'anonymous') counts.contacts += count;
}

/** A transfer that the rule calls unresolved is no first contact resolution, as a repeat is none. */
function fcrOf(counts: FcrCounts): { fcr?: number } {
  const fcr = firstContactResolution({
    contacts: counts.contacts,
    repeated: counts.repeated + counts.transferred,
  });
  return fcr === undefined ? {} : { fcr };
}

export interface FcrTable {
  rows: FcrRow[];
  /** By scope, over all intervals; `start` is that of the period. */
  totals: FcrRow[];
  total: FcrReport['total'];
}

/** `counted`: ascending by start and scope. */
export function fcrTable(
  counted: readonly CountedFate[],
  from: number,
  names: Readonly<Record<string, string>>,
): FcrTable {
  const rows = new Map<string, { start: number; scope: string; counts: FcrCounts }>();
  const totals = new Map<string, { start: number; scope: string; counts: FcrCounts }>();
  const whole = noCounts();
  for (const { start, scope, fate, count } of counted) {
    const key = `${start} ${scope}`;
    const row = rows.get(key) ?? { start, scope, counts: noCounts() };
    const total = totals.get(scope) ?? { start: from, scope, counts: noCounts() };
    rows.set(key, row);
    totals.set(scope, total);
    for (const counts of [row.counts, total.counts, whole]) add(counts, fate, count);
  }
  const finish = ({ start, scope, counts }: { start: number; scope: string; counts: FcrCounts }): FcrRow => ({
    start,
    scope,
    name: names[scope] ?? scope.slice(scope.indexOf(':') + 1),
    counts,
    ...fcrOf(counts),
  });
  return {
    rows: Array.from(rows.values(), finish),
    totals: Array.from(totals.values(), finish),
    total: { counts: whole, ...fcrOf(whole) },
  };
}

/** How it was measured stands in every line: a file is read without the page that it came from. */
export const fcrHeader: readonly string[] = [
  'start',
  'scope',
  'name',
  'contacts',
  ...fcrFates,
  'firstContactResolution',
  'method',
  'days',
  'transfers',
  'topic',
];

export const fcrCells = (
  row: FcrRow,
  { days, transfers, topic }: FcrRule,
): (string | number | undefined)[] => [
  new Date(row.start).toISOString(),
  row.scope,
  row.name,
  row.counts.contacts,
  ...fcrFates.map((fate) => row.counts[fate]),
  row.fcr,
  'repeat-window',
  days,
  transfers,
  topic,
];
