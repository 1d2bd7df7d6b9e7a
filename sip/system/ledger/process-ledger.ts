/**
 * The one ledger of this process, its threads included: each thread has sockets of its own, keeps a ledger of its own and tells the
 * process over a channel that all its threads share. Each program calls `keepLedger` first of all, each thread `reportToLedger`.
 */
import { randomUUID } from 'node:crypto';
import { BroadcastChannel, threadId } from 'node:worker_threads';
import { ConnectionLedger, joinRows, type LedgerReport, type LedgerRow } from './connection-ledger.ts';
import { KernelLook } from './kernel-look.ts';
import { watchConnections, watchDatagrams, watchNames, type Hook } from './socket-hook.ts';

const channelName = 'hearthline-ledger';
const tellEveryMs = 500;
/** Threads come and go; what one of them did must stay. */
const threadsAtMost = 1000;

interface Told {
  threadId: number;
  rows: LedgerRow[];
  names: Record<string, string>;
}

function hook(ledger: ConnectionLedger, hasDatagrams: boolean): Hook {
  const hooked = watchConnections(ledger);
  if (hasDatagrams) watchDatagrams(ledger);
  watchNames(ledger);
  return hooked;
}

export interface ProcessLedger {
  /** For engines that count packets of their own. */
  ledger: ConnectionLedger;
  report(): LedgerReport;
  /** With what the kernel shows of this process: read first, since a ledger knows of a connection before the kernel does. */
  wholeReport(): Promise<LedgerReport>;
}

let kept: ProcessLedger | undefined;

export function keepLedger(): ProcessLedger {
  if (kept) return kept;
  const ledger = new ConnectionLedger();
  const instance = randomUUID();
  const { count } = hook(ledger, true);
  const threads = new Map<number, Pick<Told, 'rows' | 'names'>>();
  let gone: LedgerRow[] = [];
  const channel = new BroadcastChannel(channelName);
  channel.onmessage = (event: unknown) => {
    const { threadId: id, rows, names } = (event as { data: Told }).data;
    threads.set(id, { rows, names });
    if (threads.size <= threadsAtMost) return;
    const [oldest = id] = threads.keys();
    gone = joinRows([gone, threads.get(oldest)?.rows ?? []]);
    threads.delete(oldest);
  };
  (channel as unknown as { unref(): void }).unref();
  const look = new KernelLook({ pids: () => Promise.resolve(new Map([[process.pid, 'self']])) });
  const report = (): LedgerReport => {
    count();
    const told = [...threads.values()];
    return {
      instance,
      rows: joinRows([ledger.rows(), ...told.map(({ rows }) => rows), gone]),
      names: Object.assign({}, ...told.map(({ names }) => names), ledger.names()) as Record<string, string>,
    };
  };
  kept = {
    ledger,
    report,
    async wholeReport() {
      const kernel = await look.look();
      return { ...report(), kernel };
    },
  };
  return kept;
}

/** `hasDatagrams: false`: of a thread that counts the packets it sends itself. */
export function reportToLedger({ hasDatagrams = true } = {}): void {
  const ledger = new ConnectionLedger(500);
  const { count } = hook(ledger, hasDatagrams);
  const channel = new BroadcastChannel(channelName);
  (channel as unknown as { unref(): void }).unref();
  let told = 0;
  // A thread that never connects but to Unix sockets tells nothing.
  const tell = (): void => {
    count();
    if (ledger.version === told) return;
    told = ledger.version;
    channel.postMessage({ threadId, rows: ledger.rows(), names: ledger.names() } satisfies Told);
  };
  setInterval(tell, tellEveryMs).unref();
  process.once('exit', tell);
}
