/** Reports by interval: what is asked for, in the time zone and by the names of the site in force. */
import type { IntervalQuery, ReportInterval, ReportWithin } from '../../contract/rest-reports.ts';
import type { Site } from '../../contract/site.ts';
import { intervalStarts } from '../site-calendar.ts';
import type { HistoryFigures } from './ports.ts';

export interface IntervalReportParts {
  history: HistoryFigures;
  site: () => Site;
  now: () => number;
}

/** By scope: as the site calls them. */
export function scopeNames({ queues, teams, agents, numbers, trunks }: Site): Record<string, string> {
  const named = (kind: string, list: readonly { id: string; name?: string | undefined }[]) =>
    list.flatMap(({ id, name }) => (name === undefined ? [] : [[`${kind}:${id}`, name] as const]));
  return Object.fromEntries([
    ...named('queue', queues),
    ...named('team', teams),
    ...named('agent', agents),
    ...named('trunk', trunks),
    ...named(
      'number',
      numbers.map(({ number, name }) => ({ id: number, name })),
    ),
  ]);
}

const isCalendar = (interval: ReportInterval): interval is 'day' | 'week' | 'month' =>
  interval === 'day' || interval === 'week' || interval === 'month';

/** As text, ready to be sent. */
export function intervalReport(
  { history, site, now }: IntervalReportParts,
  { from, to, by, interval, attribution, queues, format }: IntervalQuery,
  within?: ReportWithin,
): Promise<string> {
  const { timeZone } = site().site;
  return history.intervals({
    question: { from, to, by, interval, attribution, timeZone, queues, within },
    starts: isCalendar(interval) ? intervalStarts(from, to, interval, timeZone) : [],
    asOf: now(),
    names: scopeNames(site()),
    format,
  });
}
