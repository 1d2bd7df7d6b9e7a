/**
 * Reports of figures: by interval as a page's answer or as a file, the contacts behind a number, and the nightly statements. For
 * those who run the floor. Heavy questions stand in a line; what is running is counted up to the moment of asking.
 */
import { csvType } from '../../lib/csv.ts';
import { fileDisposition } from '../../lib/file-disposition.ts';
import {
  drillQuerySchema,
  type IntervalQuery,
  intervalQuerySchema,
  type StatementList,
} from '../../contract/rest-reports.ts';
import { OneAtATime } from '../one-at-a-time.ts';
import type { ApiParts } from '../parts.ts';
import { refusal, tooManyTries } from '../refusal.ts';
import { defineRoute } from '../route.ts';
import type { Route } from '../route.ts';
import { narrowDrill, narrowIntervals } from './narrow.ts';

const waitingAtMost = 6;
const comeBackMs = 5000;
const statementsShown = 100;

const quarterMs = 15 * 60_000;

/** Roll-ups are of quarters of an hour. The end may be any instant that is not over. */
function checkPeriod({ from, to }: IntervalQuery, now: number): void {
  const refuse = (field: 'from' | 'to', message: string) =>
    refusal('bad-request', message, { faults: [{ path: [field], message }] });
  if (from >= now) throw refuse('from', 'the period has not begun yet');
  if (from % quarterMs !== 0) throw refuse('from', 'the period does not begin at a whole quarter of an hour');
  if (to % quarterMs !== 0 && to < now)
    throw refuse('to', 'the period does not end at a whole quarter of an hour');
}

export function reportRoutes({ deps }: ApiParts): Route[] {
  const line = new OneAtATime(waitingAtMost);
  return [
    defineRoute({
      method: 'get',
      path: '/api/reports/intervals',
      access: 'reports.read',
      forLimited: 'narrowed',
      async handle(ctx, { view }) {
        const { query, within } = narrowIntervals(ctx.query(intervalQuerySchema), view);
        checkPeriod(query, deps.clock.now());
        const asked = line.run(() => deps.reports.intervals(query, within));
        if (!asked) throw tooManyTries(comeBackMs);
        const body = await asked;
        if (query.format === 'json') return { text: { type: 'application/json', body } };
        ctx.res.setHeader('Content-Disposition', fileDisposition('attachment', `${query.by}-report.csv`));
        return { text: { type: csvType, body } };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/figures/contacts',
      access: 'contacts.list',
      forLimited: 'narrowed',
      handle: async (ctx, { view }) => ({
        json: await deps.reports.contacts(narrowDrill(ctx.query(drillQuerySchema), view)),
      }),
    }),
    defineRoute({
      method: 'get',
      path: '/api/reports/statements',
      access: 'reports.read',
      async handle() {
        const answer: StatementList = { items: await deps.reports.statements(statementsShown) };
        return { json: answer };
      },
    }),
  ];
}
