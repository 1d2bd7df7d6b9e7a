/**
 * The thread in which the fairness ledger is folded: a month of a large floor is millions of events, which calls must not
 * feel. A question in, the answer out as text, ready to be sent. It has one connection of its own, opened when needed.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { reportToLedger } from '../../sip/system/ledger/process-ledger.ts';
import { createLogger } from '../lib/log.ts';
import type { Within } from '../contract/user-view.ts';
import { type FairnessTable, fairnessTable } from '../stats/fairness-figures.ts';
import { FairnessLedger, type Ledger } from '../stats/fairness.ts';
import { connectDatabase } from './connect.ts';
import type { DatabasePlace } from '../lib/store-address.ts';
import type { FairnessFault, FairnessQuestion, FairnessReply } from './fairness-reader.ts';
import { createFairnessRepo } from './repos/fairness-repo.ts';

reportToLedger();
const sequelize = connectDatabase({
  ...(workerData as DatabasePlace),
  logger: createLogger('fairness', 'silent'),
  applicationName: 'hearthline-fairness',
  poolMax: 1,
});
const repo = createFairnessRepo(sequelize);

async function answer({
  from,
  to,
  queueId,
  within,
  eventsAtMost,
}: FairnessQuestion): Promise<FairnessReply['result']> {
  let fold = new FairnessLedger({ from, to });
  const read = await repo.read({ from, to }, eventsAtMost, {
    start: (start) => (fold = new FairnessLedger({ from, to }, start)),
    event: (event) => fold.apply(event),
  });
  if ('isTooMuch' in read) return read;
  const head = { from, to, ...(queueId !== undefined && { queueId }), seq: read.seq };
  return { json: JSON.stringify({ ...head, ...tableWithin(fold.ledger(), queueId, within) }) };
}

/** Their agents alone, who may have taken contacts of other queues as well: of those, the agents' own counts. */
function tableWithin(ledger: Ledger, queueId: string | undefined, within: Within | undefined): FairnessTable {
  if (!within) return fairnessTable(ledger, queueId);
  const [agentIds, queueIds] = [new Set(within.agentIds), new Set(within.queueIds)];
  const agents = ledger.agents.filter(({ agentId }) => agentIds.has(agentId));
  const table = fairnessTable({ ...ledger, agents }, queueId);
  return { ...table, queues: table.queues.filter((queue) => queueIds.has(queue.queueId)) };
}

/** What a copy of an error between threads would lose. */
function faultOf(error: unknown): FairnessFault {
  const { name, message } = error instanceof Error ? error : new Error('unknown');
  const state = (error as { parent?: { code?: unknown } } | undefined)?.parent?.code;
  return { name, message, ...(typeof state === 'string' && { state }) };
}

parentPort?.on('message', ({ id, question }: { id: number; question: FairnessQuestion }) => {
  const reply = (result: FairnessReply['result']) =>
    parentPort?.postMessage({ id, result } satisfies FairnessReply);
  answer(question).then(reply, (error: unknown) => {
    reply({ fault: faultOf(error) });
  });
});
