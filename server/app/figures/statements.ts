/**
 * The nightly statement (N1): when a day of the site is over, what the live figures had counted, what the roll-ups say and what
 * a recount of the stays gives are laid beside each other, count by count and queue by queue; and all queues together, since
 * reports of the site have a roll-up of their own. It is kept, whatever it says; a difference is an error in the log and a
 * metric that stands.
 */
import { contactCounts, type CountName } from '../../contract/figures.ts';
import type { FigureStatement, StatementDifference } from '../../contract/rest-reports.ts';
import type { Logger } from '../../lib/log.ts';
import { addCell, type Cell, countsOf, emptyCell, unpackCell } from '../../stats/figure-cells.ts';
import type { ClosedDay } from '../../stats/figure-cube.ts';
import type { HistoryFigures, HistoryQuestion } from './ports.ts';

export interface StatementStore {
  save(statement: FigureStatement): Promise<void>;
  has(from: number): Promise<boolean>;
}
export interface StatementParts {
  history: HistoryFigures;
  store: StatementStore;
  /** The day before the one in hand; undefined where none was counted to its end. */
  lastDay: () => ClosedDay | undefined;
  timeZone: () => string;
  now: () => number;
  /** Of the log, and how far the figures of history are. */
  lastSeq: () => number;
  projectedSeq: () => number;
  logger: Logger;
}

/** What enters no queue is in no queue's day; agents' ready time is of no contact. */
const stated: readonly CountName[] = contactCounts.filter(
  (name) => !['arrived', 'contained', 'reached', 'notReached'].includes(name),
);

/** Pure: the differences of one day; `recounted` and `rolled` by scope. */
export function differencesOf(
  live: Readonly<Record<string, Cell>>,
  rolled: Readonly<Record<string, Cell>>,
  recounted: Readonly<Record<string, Cell>>,
  attribution: 'event' | 'arrival',
): { compared: number; differences: StatementDifference[] } {
  const differences: StatementDifference[] = [];
  let compared = 0;
  const scopes = new Set([...Object.keys(live), ...Object.keys(rolled), ...Object.keys(recounted)]);
  for (const scope of scopes) {
    const [a, b, c] = [live[scope], rolled[scope], recounted[scope]].map((cell) => cell && countsOf(cell));
    for (const count of stated) {
      compared += 1;
      const values = { live: a?.[count] ?? 0, report: b?.[count] ?? 0, recount: c?.[count] ?? 0 };
      if (values.live !== values.report || values.report !== values.recount)
        differences.push({ scope, attribution, count, ...values });
    }
  }
  return { compared, differences };
}

/** Undefined: there is one, or no day to state. It is the caller's to keep. */
export async function makeStatement(
  parts: Pick<StatementParts, 'store' | 'lastDay' | 'timeZone' | 'now'> & {
    history: Pick<HistoryFigures, 'report' | 'recount'>;
  },
): Promise<FigureStatement | undefined> {
  const { history, store, lastDay, timeZone, now } = parts;
  const day = lastDay();
  if (!day || (await store.has(day.from))) return undefined;
  let compared = 0;
  const differences: StatementDifference[] = [];
  let seq = 0;
  for (const attribution of ['event', 'arrival'] as const) {
    const question: HistoryQuestion = {
      from: day.from,
      to: day.to,
      by: 'queue',
      interval: 'all',
      attribution,
      timeZone: timeZone(),
    };
    const asked = { starts: [], asOf: now() };
    const report = await history.report({ question, ...asked });
    const ofSite = await history.report({ question: { ...question, by: 'site' }, ...asked });
    const live = Object.fromEntries(
      Object.entries(day.queues).map(([queueId, packed]) => [
        `queue:${queueId}`,
        unpackCell(packed[attribution]),
      ]),
    );
    const found = differencesOf(
      withSite(live),
      byScope([...report.rows, ...ofSite.rows]),
      withSite(byScope(await history.recount(question))),
      attribution,
    );
    compared += found.compared;
    differences.push(...found.differences);
    seq = report.seq;
  }
  return { from: day.from, to: day.to, madeAt: now(), seq, compared, differences };
}

const byScope = (rows: readonly { scope: string; cell: Cell }[]): Record<string, Cell> =>
  Object.fromEntries(rows.map(({ scope, cell }) => [scope, cell]));

function withSite(queues: Readonly<Record<string, Cell>>): Record<string, Cell> {
  const site = emptyCell();
  for (const cell of Object.values(queues)) addCell(site, cell);
  return { ...queues, site };
}

/** Events go on while the three are asked: what differs once and not again was under way. */
const triesAtMost = 5;
const lookEveryMs = 60_000;
/** After midnight the last events of the day are given time to reach history. */
const afterMidnightMs = 120_000;

export class Statements {
  readonly #parts: StatementParts;
  #timer: NodeJS.Timeout | undefined;
  #differences = 0;
  /** History is waited for to here before the day that began then is stated. */
  #wanted: { from: number; seq: number; tries: number } | undefined;

  constructor(parts: StatementParts) {
    this.#parts = parts;
  }

  start(): void {
    this.#timer = setInterval(() => void this.#look(), lookEveryMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Of the newest statement that this process made; for a metric. */
  differences(): number {
    return this.#differences;
  }

  async #look(): Promise<void> {
    const { lastDay, now, logger } = this.#parts;
    const day = lastDay();
    if (!day || now() < day.to + afterMidnightMs) return;
    if (this.#wanted?.from !== day.from)
      this.#wanted = { from: day.from, seq: this.#parts.lastSeq(), tries: 0 };
    if (this.#parts.projectedSeq() < this.#wanted.seq) return;
    try {
      const statement = await makeStatement(this.#parts);
      if (!statement) return;
      this.#wanted.tries += 1;
      if (statement.differences.length > 0 && this.#wanted.tries < triesAtMost) return;
      await this.#parts.store.save(statement);
      this.#differences = statement.differences.length;
      const { from, compared, differences } = statement;
      if (differences.length > 0)
        logger.error(
          { from, compared, differences: differences.slice(0, 20) },
          'live figures and reports differ',
        );
      else logger.info({ from, compared }, 'statement of the day: no differences');
    } catch (err) {
      logger.warn({ err }, 'the statement of the day could not be made: it is tried again');
    }
  }
}
