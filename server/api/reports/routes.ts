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
import { driftQuerySchema } from '../../contract/rest-drift.ts';
import { fcrDrillQuerySchema, fcrQuerySchema } from '../../contract/rest-fcr.ts';
import { OneAtATime } from '../one-at-a-time.ts';
import type { ApiParts } from '../parts.ts';
import { notFound, refusal, tooManyTries } from '../refusal.ts';
import { defineRoute, outsideView } from '../route.ts';
import type { Route } from '../route.ts';
import { narrowDrill, narrowFcr, narrowFcrDrill, narrowIntervals } from './narrow.ts';

const waitingAtMost = 6;
const comeBackMs = 5000;
const statementsShown = 100;

const quarterMs = 15 * 60_000;
const refuse = (field: 'from' | 'to', message: string) =>
  refusal('bad-request', message, { faults: [{ path: [field], message }] });

function checkBegun(from: number, now: number): void {
  if (from >= now) throw refuse('from', 'the period has not begun yet');
}

/** Roll-ups are of quarters of an hour. The end may be any instant that is not over. */
function checkPeriod({ from, to }: IntervalQuery, now: number): void {
  checkBegun(from, now);
  if (from % quarterMs !== 0) throw refuse('from', 'the period does not begin at a whole quarter of an hour');
  if (to % quarterMs !== 0 && to < now)
    throw refuse('to', 'the period does not end at a whole quarter of an hour');
}

export function reportRoutes({ deps }: ApiParts): Route[] {
  const line = new OneAtATime(waitingAtMost);
  const inLine = <T>(work: () => Promise<T>): Promise<T> => {
    const asked = line.run(work);
    if (!asked) throw tooManyTries(comeBackMs);
    return asked;
  };
  return [
    defineRoute({
      method: 'get',
      path: '/api/reports/intervals',
      access: 'reports.read',
      forLimited: 'narrowed',
      async handle(ctx, { view }) {
        const { query, within } = narrowIntervals(ctx.query(intervalQuerySchema), view);
        checkPeriod(query, deps.clock.now());
        const body = await inLine(() => deps.reports.intervals(query, within));
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
      path: '/api/reports/fcr',
      access: 'reports.read',
      forLimited: 'narrowed',
      async handle(ctx, { view }) {
        const query = narrowFcr(ctx.query(fcrQuerySchema), view);
        checkBegun(query.from, deps.clock.now());
        const body = await inLine(() => deps.reports.fcr(query));
        if (query.format === 'json') return { text: { type: 'application/json', body } };
        ctx.res.setHeader('Content-Disposition', fileDisposition('attachment', `${query.by}-fcr.csv`));
        return { text: { type: csvType, body } };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/reports/fcr/contacts',
      access: 'contacts.list',
      forLimited: 'narrowed',
      async handle(ctx, { view }) {
        const query = narrowFcrDrill(ctx.query(fcrDrillQuerySchema), view);
        return { json: await inLine(() => deps.reports.fcrContacts(query)) };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/reports/drift',
      access: 'reports.read',
      forLimited: 'narrowed',
      async handle(ctx, { view }) {
        const query = ctx.query(driftQuerySchema);
        if (!view.hasScope(query.scope)) throw outsideView();
        checkBegun(query.from, deps.clock.now());
        const found = await inLine(() => deps.reports.drift(query));
        if (!found) throw notFound('explanation');
        return { json: found };
      },
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
