/**
 * The desk's socket: its frames, and how current they are. How it is opened, given up and opened again is
 * shared/ticket-socket.ts. May not know what the frames mean. After `staleAfterMs` of silence the page is told, so that it
 * is grey within 2 s.
 */
import { batch, signal, type ReadonlySignal } from '@preact/signals';
import type { DeskFrame } from '../../server/contract/desk.ts';
import { createClockOffset } from '../shared/clock-offset.ts';
import {
  createTicketSocket,
  staleAfterMs,
  type SocketEnv,
  type TicketOutcome,
} from '../shared/ticket-socket.ts';

export type DeskConnection = 'connecting' | 'live' | 'stale' | 'ended';

export interface DeskSocket {
  connection: ReadonlySignal<DeskConnection>;
  /** Whole seconds since what is shown was known to be current. */
  silentSec: ReadonlySignal<number>;
  /** Server's clock in whole seconds; changes once a second. */
  serverSec: ReadonlySignal<number>;
  /** The server's clock as far as it is known, ms UTC. */
  serverNow: () => number;
  start: () => void;
  stop: () => void;
}

export interface DeskSocketOptions {
  openTicket: () => Promise<TicketOutcome>;
  /** False: a frame was lost; the socket is given up, and the desk comes anew by the next one. */
  onFrame: (frame: Extract<DeskFrame, { type: 'desk' | 'message' }>) => boolean;
  /** The socket is gone; another one follows. */
  onCut: () => void;
  /** The session ended or was narrowed. The next ticket says what is left of it. */
  onRevoked: () => void;
  /** No further try: no ticket is given. */
  onEnd: () => void;
  env: SocketEnv;
}

export function createDeskSocket(options: DeskSocketOptions): DeskSocket {
  const { env } = options;
  const clock = createClockOffset();
  const serverNow = () => env.wallNow() + clock.offsetMs();
  const connection = signal<DeskConnection>('connecting');
  const silentSec = signal(0);
  const serverSec = signal(Math.floor(serverNow() / 1000));
  /** The last frame that proved what is shown to be current: before its first desk, a new socket's beats prove nothing. */
  let freshAt = env.monotonicNow();
  let hasDesk = false;

  const take = (frame: DeskFrame) => {
    if (frame.type === 'revoked') {
      connection.value = 'connecting';
      line.again();
      options.onRevoked();
      return;
    }
    clock.addHint(env.wallNow(), frame.serverAt);
    batch(() => {
      if (frame.type !== 'beat') {
        if (!options.onFrame(frame)) {
          line.again();
          return;
        }
        hasDesk ||= frame.type === 'desk';
      }
      if (!hasDesk) return;
      line.settle();
      freshAt = line.heardAt();
      connection.value = 'live';
    });
  };

  const line = createTicketSocket({
    env,
    openTicket: options.openTicket,
    onDial: () => {
      hasDesk = false;
      clock.reset();
    },
    onMessage: (data) => take(JSON.parse(data) as DeskFrame),
    onDrop: options.onCut,
    onRefused: () => {
      connection.value = 'ended';
      options.onEnd();
    },
    onTick: (now) => {
      const oldMs = now - freshAt;
      batch(() => {
        if (oldMs > staleAfterMs && connection.value === 'live') connection.value = 'stale';
        silentSec.value = Math.floor(Math.max(0, oldMs) / 1000);
        serverSec.value = Math.floor(serverNow() / 1000);
      });
    },
  });

  return {
    connection,
    silentSec,
    serverSec,
    serverNow,
    start: () => {
      if (line.isRunning()) return;
      freshAt = env.monotonicNow();
      connection.value = 'connecting';
      line.start();
    },
    stop: line.stop,
  };
}
