/**
 * Reports of figures: by interval as a page's answer or as a file, the contacts behind a number, and the nightly statements. For
 * those who run the floor. Heavy questions stand in a line; what is running is counted up to the moment of asking.
 */
import { csvType } from '../../lib/csv.ts';
import { fileDisposition } from '../../lib/file-disposition.ts';
import { driftQuerySchema } from '../../contract/rest-drift.ts';
import { fcrDrillQuerySchema, fcrQuerySchema } from '../../contract/rest-fcr.ts';
import { drillQuerySchema, intervalQuerySchema, type StatementList } from '../../contract/rest-reports.ts';
import { OneAtATime } from '../one-at-a-time.ts';
import type { ApiParts } from '../parts.ts';
import { notFound, refusal, tooManyTries } from '../refusal.ts';
import { defineRoute } from '../route.ts';
import type { Route } from '../route.ts';

const waitingAtMost = 6;
const comeBackMs = 5000;
const statementsShown = 100;

export function reportRoutes({ deps }: ApiParts): Route[] {
  const line = new OneAtATime(waitingAtMost);
  const inLine = <T>(work: () => Promise<T>): Promise<T> => {
    const asked = line.run(work);
    if (!asked) throw tooManyTries(comeBackMs);
    return asked;
  };
  const mustHaveBegun = ({ from }: { from: number }): void => {
    if (from < deps.clock.now()) return;
    throw refusal('bad-request', 'the period has not begun yet', {
      faults: [{ path: ['from'], message: 'the period has not begun yet' }],
    });
  };
  return [
    defineRoute({
      method: 'get',
      path: '/api/reports/intervals',
      access: 'reports.read',
      async handle(ctx) {
        const query = ctx.query(intervalQuerySchema);
        mustHaveBegun(query);
        const body = await inLine(() => deps.reports.intervals(query));
        if (query.format === 'json') return { text: { type: 'application/json', body } };
        ctx.res.setHeader('Content-Disposition', fileDisposition('attachment', `${query.by}-report.csv`));
        return { text: { type: csvType, body } };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/figures/contacts',
      access: 'contacts.list',
      handle: async (ctx) => ({ json: await deps.reports.contacts(ctx.query(drillQuerySchema)) }),
    }),
    defineRoute({
      method: 'get',
      path: '/api/reports/fcr',
      access: 'reports.read',
      async handle(ctx) {
        const query = ctx.query(fcrQuerySchema);
        mustHaveBegun(query);
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
      async handle(ctx) {
        const query = ctx.query(fcrDrillQuerySchema);
        return { json: await inLine(() => deps.reports.fcrContacts(query)) };
      },
    }),
    defineRoute({
      method: 'get',
      path: '/api/reports/drift',
      access: 'reports.read',
      async handle(ctx) {
        const query = ctx.query(driftQuerySchema);
        mustHaveBegun(query);
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
