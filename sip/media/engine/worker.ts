/**
 * A worker thread of the media engine: joins the sockets' back end, the sessions and the threads' message ports.
 * With dgram it lives on node's event loop. With koffi it blocks in epoll and is woken by an eventfd; node's own loop
 * then gets a turn now and then, for its housekeeping only.
 */
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';
import { reportToLedger } from '../../system/ledger/process-ledger.ts';
import { DgramBackend } from './dgram-sockets.ts';
import { KoffiBackend } from './koffi-sockets.ts';
import { monotonicMs } from './monotonic.ts';
import { RtpCore } from './rtp-core.ts';
import { SocketPool } from './rtp-sockets.ts';
import type { DiskToWorker, ToWorker, WorkerSettings } from './thread-messages.ts';

export interface WorkerStart {
  settings: WorkerSettings;
  diskPort: MessagePort;
}

const { settings, diskPort } = workerData as WorkerStart;
const main = parentPort as MessagePort;

// Its packets are counted by its sessions (traffic.ts).
reportToLedger({ hasDatagrams: false });

function runOnEventLoop(): void {
  const now = { isStale: true };
  const backend = new DgramBackend(settings.bind, () => {
    // Packets that arrive in one turn of the loop share one reading of the clock.
    if (now.isStale) {
      now.isStale = false;
      setImmediate(() => {
        now.isStale = true;
        core.flushOutbox();
      });
      core.nowMs = monotonicMs();
    }
  });
  const pool = new SocketPool(backend, settings.ports, new Uint8Array(settings.ownPorts));
  const core = new RtpCore(settings, pool, {
    disk: (message, transfer) => diskPort.postMessage(message, transfer ? [transfer] : []),
    post: (message) => main.postMessage(message),
  });
  main.on('message', (batch: ToWorker[]) => {
    core.nowMs = monotonicMs();
    for (const message of batch) core.handle(message);
    core.flushOutbox();
    schedule();
  });
  diskPort.on('message', (message: DiskToWorker) => {
    core.nowMs = monotonicMs();
    core.promptLoaded(message.path, message.law, message.clip, message.error ?? '');
    core.flushOutbox();
    schedule();
  });
  let timer: NodeJS.Timeout | undefined;
  let dueAtMs = Infinity;
  function schedule(): void {
    const nowMs = monotonicMs();
    const atMs = nowMs + Math.max(0, core.sleepMs(nowMs));
    if (timer && atMs >= dueAtMs - 0.5) return;
    if (timer) clearTimeout(timer);
    dueAtMs = atMs;
    timer = setTimeout(onTimer, Math.max(1, Math.round(atMs - nowMs)));
  }
  function onTimer(): void {
    timer = undefined;
    dueAtMs = Infinity;
    core.tick(monotonicMs());
    core.flushOutbox();
    schedule();
  }
  core.tick(monotonicMs());
  schedule();
}

/** Node's loop gets a turn this often: collector tasks and termination live there. */
const TURN_EVERY_MS = 50;

function runOnEpoll(): void {
  const backend = new KoffiBackend(settings.bind, settings.wakeFd);
  const pool = new SocketPool(backend, settings.ports, new Uint8Array(settings.ownPorts));
  const core = new RtpCore(settings, pool, {
    disk: (message, transfer) => diskPort.postMessage(message, transfer ? [transfer] : []),
    post: (message) => main.postMessage(message),
  });
  const readClock = (): void => {
    core.nowMs = monotonicMs();
  };
  const listen = (): void => {
    for (let got = receiveMessageOnPort(main); got; got = receiveMessageOnPort(main)) {
      for (const message of got.message as ToWorker[]) core.handle(message);
    }
    for (let got = receiveMessageOnPort(diskPort); got; got = receiveMessageOnPort(diskPort)) {
      const { path, law, clip, error } = got.message as DiskToWorker;
      core.promptLoaded(path, law, clip, error ?? '');
    }
  };
  const turn = (): void => {
    const untilMs = monotonicMs() + TURN_EVERY_MS;
    do {
      const sleepMs = core.sleepMs(core.nowMs);
      const isCalled = backend.poll(sleepMs <= 0 ? 0 : Math.max(1, Math.round(sleepMs)), readClock);
      if (isCalled) listen();
      if (core.sleepMs(core.nowMs) < 0.5) core.tick(core.nowMs);
      core.flushOutbox();
    } while (core.nowMs < untilMs);
    setImmediate(turn);
  };
  core.tick(monotonicMs());
  turn();
}

if (settings.sockets === 'koffi') runOnEpoll();
else runOnEventLoop();
