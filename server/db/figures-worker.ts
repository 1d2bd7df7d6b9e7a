/**
 * The thread of the figures: follows history into the roll-ups and answers questions over them, so that neither is felt by
 * calls. It has connections of its own. A batch that failed is tried again for ever, with a pause.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { reportToLedger } from '../../sip/system/ledger/process-ledger.ts';
import { csvLine } from '../lib/csv.ts';
import { createLogger } from '../lib/log.ts';
import { reportCells, reportHeader, toReportRow } from '../reports/interval-report.ts';
import type { IntervalsAsked } from '../app/figures/ports.ts';
import { connectDatabase } from './connect.ts';
import { driftCounts } from './drift-counts.ts';
import { FigureAnswers } from './figure-answers.ts';
import { FigureProjector } from './figure-projector.ts';
import { FirstContact } from './first-contact.ts';
import type { DatabasePlace } from '../lib/store-address.ts';
import type { FigureFault, FigureReply, FigureRequest } from './figures-thread.ts';

const idleMs = 1000;
const [firstPauseMs, lastPauseMs] = [100, 5000];
/** History comes in drops under load; a batch of many costs little more than one of few. */
const minIntervalMs = 200;

reportToLedger();
const logger = createLogger('figures');
const sequelize = connectDatabase({
  ...(workerData as DatabasePlace),
  logger,
  applicationName: 'hearthline-figures',
  poolMax: 3,
});
const answers = new FigureAnswers(sequelize, new FigureProjector({ sequelize, logger }));
const firstContact = new FirstContact(sequelize);
const post = (message: FigureReply) => parentPort?.postMessage(message);

let wakeUp: (() => void) | undefined;
let isMore = false;
function more(): void {
  isMore = true;
  wakeUp?.();
}
async function pause(ms: number, isWakened: boolean): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    if (isWakened)
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
  });
  wakeUp = undefined;
}

async function follow(): Promise<never> {
  let pauseMs = firstPauseMs;
  let isOk = true;
  let toldSeq = 0;
  for (;;) {
    try {
      isMore = false;
      const count = await answers.step();
      if (!isOk) logger.info({}, 'figures go on');
      isOk = true;
      pauseMs = firstPauseMs;
      if (answers.seq !== toldSeq) post({ kind: 'projected', seq: (toldSeq = answers.seq) });
      if (count === 0) await (isMore ? undefined : pause(idleMs, true));
      else await pause(minIntervalMs, false);
    } catch (err) {
      if (isOk) logger.warn({ err }, 'figures wait');
      isOk = false;
      await pause(pauseMs, false);
      pauseMs = Math.min(pauseMs * 2, lastPauseMs);
    }
  }
}

async function intervals({ names, format, ...asked }: IntervalsAsked): Promise<string> {
  const { rows, ...head } = await answers.report(asked);
  const shown = rows.map((row) => toReportRow(row, names));
  if (format === 'csv') return [reportHeader, ...shown.map(reportCells)].map(csvLine).join('');
  const { from, to, by, interval, attribution, timeZone } = asked.question;
  return JSON.stringify({ from, to, by, interval, attribution, timeZone, ...head, rows: shown });
}

function answer(request: FigureRequest): Promise<unknown> {
  switch (request.ask) {
    case 'intervals':
      return intervals(request.question);
    case 'report':
      return answers.report(request.question);
    case 'recount':
      return answers.recount(request.question);
    case 'fcr':
      return firstContact.report(request.question);
    case 'fcr-contacts':
      return firstContact.contacts(request.question);
    case 'drift':
      return driftCounts(sequelize, request.question);
  }
}

/** What a copy of an error between threads would lose. */
function faultOf(error: unknown): FigureFault {
  const { name, message } = error instanceof Error ? error : new Error('unknown');
  const state = (error as { parent?: { code?: unknown } } | undefined)?.parent?.code;
  return { name, message, ...(typeof state === 'string' && { state }) };
}

parentPort?.on('message', (message: FigureRequest | 'more') => {
  if (message === 'more') return more();
  answer(message).then(
    (result) => post({ kind: 'answer', id: message.id, result }),
    (error: unknown) => post({ kind: 'fault', id: message.id, fault: faultOf(error) }),
  );
});
void follow();
