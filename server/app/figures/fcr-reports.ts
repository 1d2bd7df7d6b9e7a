/** First contact resolution: what is asked for, in the time zone and by the names of the site in force (contract/rest-fcr.ts). */
import type { ContactRow } from '../../contract/rest.ts';
import type { FcrDrillQuery, FcrDrillRow, FcrPage, FcrQuery, FcrReport } from '../../contract/rest-fcr.ts';
import type { Site } from '../../contract/site.ts';
import { csvLine } from '../../lib/csv.ts';
import { fcrCells, fcrHeader, fcrTable } from '../../reports/fcr-report.ts';
import { scopeNames } from './interval-reports.ts';
import type { FirstContactHistory } from './ports.ts';

export interface FcrParts {
  history: FirstContactHistory;
  contactsOf: (contactIds: readonly string[]) => Promise<ReadonlyMap<string, ContactRow>>;
  site: () => Site;
  now: () => number;
}

/** Nobody knows what will be. */
const instantOf = (asked: number | undefined, now: number): number => Math.min(asked ?? now, now);

/** As text, ready to be sent. */
export async function fcrReport({ history, site, now }: FcrParts, query: FcrQuery): Promise<string> {
  const { from, to, by, interval, days, transfers, topic, queues, format } = query;
  const { timeZone } = site().site;
  const asOf = instantOf(query.asOf, now());
  const rule = { days, transfers, topic };
  const counted = await history.fcr({ from, to, by, interval, ...rule, queues, asOf, timeZone });
  const { rows, totals, total } = fcrTable(counted, from, scopeNames(site()));
  if (format === 'csv') return [fcrHeader, ...rows.map((row) => fcrCells(row, rule))].map(csvLine).join('');
  const report: FcrReport = {
    from,
    to,
    by,
    interval,
    ...rule,
    method: 'repeat-window',
    timeZone,
    asOf,
    rows,
    totals: interval === 'all' ? [] : totals,
    total,
  };
  return JSON.stringify(report);
}

/** A contact whose row is gone is counted and not shown. */
export async function fcrContacts(
  { history, contactsOf, now }: FcrParts,
  { asOf, ...query }: FcrDrillQuery,
): Promise<FcrPage> {
  const found = await history.fcrContacts({ ...query, asOf: instantOf(asOf, now()) });
  const contacts = await contactsOf(
    found.items.flatMap(({ contactId, repeat }) => (repeat ? [contactId, repeat.contactId] : [contactId])),
  );
  const items = found.items.flatMap(({ contactId, repeat, ...facts }): FcrDrillRow[] => {
    const contact = contacts.get(contactId);
    const next = repeat && contacts.get(repeat.contactId);
    if (!contact) return [];
    return [
      {
        contact,
        ...facts,
        ...(repeat &&
          next && { repeat: { contact: next, queueId: repeat.queueId, queuedAt: repeat.queuedAt } }),
      },
    ];
  });
  return { ...found, items };
}
