/**
 * What the parts of the engine share: tables, clock, sockets, apps, and the frames that go to an app. It makes
 * no decision about a request; the `uas*`, `uac*` and `orphans.ts` files do.
 */
import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { EngineConfig } from '../config.ts';
import type { AppConnection } from '../control/connection.ts';
import { AppRegistry } from '../control/registry.ts';
import { DialogStore } from '../dialog/dialog-store.ts';
import type { Dialog } from '../dialog/dialog.ts';
import type { Metrics } from '../metrics.ts';
import { TimerWheel, WheelTimer } from '../timer-wheel.ts';
import type { ClientSpace, ClientTransaction } from '../transaction/client-transaction.ts';
import type { ServerSpace, ServerTransaction } from '../transaction/server-transaction.ts';
import type { Timings } from '../transaction/timings.ts';
import type { Outbound } from '../transport/flow.ts';
import type { TransportLayer } from '../transport/transport-layer.ts';
import { hostText } from '../wire/uri.ts';

export type CdrKind = 'attempt' | 'start' | 'stop';

export class Core implements ClientSpace, ServerSpace {
  readonly config: EngineConfig;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly wheel: TimerWheel;
  readonly timings: Timings;
  readonly apps = new AppRegistry<AppConnection>();
  readonly dialogs = new DialogStore();
  readonly clients = new Map<string, ClientTransaction>();
  readonly servers = new Map<string, ServerTransaction>();
  /** INVITEs without a final answer, by source address. */
  readonly halfOpen = new Map<string, number>();
  readonly transport: TransportLayer;

  constructor(config: EngineConfig, log: Logger, metrics: Metrics, transport: TransportLayer) {
    this.config = config;
    this.log = log;
    this.metrics = metrics;
    this.timings = config.timings;
    // A twenty-fifth of T1 keeps the pace of retransmissions; no finer than needed, since every tick wakes us.
    this.wheel = new TimerWheel(Math.min(20, Math.max(2, Math.floor(config.timings.t1Ms / 25))));
    this.transport = transport;
  }

  forgetClient(key: string): void {
    this.clients.delete(key);
  }

  forgetServer(transaction: ServerTransaction): void {
    if (this.servers.get(transaction.key) === transaction) this.servers.delete(transaction.key);
    this.closeHalfOpen(transaction);
  }

  openHalfOpen(transaction: ServerTransaction): void {
    const source = transaction.sourceAddress;
    this.halfOpen.set(source, (this.halfOpen.get(source) ?? 0) + 1);
  }

  /** Once per INVITE: at its final answer, or when it is forgotten without one. */
  closeHalfOpen(transaction: ServerTransaction): void {
    if (!transaction.isHalfOpen) return;
    transaction.isHalfOpen = false;
    const source = transaction.sourceAddress;
    const left = (this.halfOpen.get(source) ?? 1) - 1;
    if (left <= 0) this.halfOpen.delete(source);
    else this.halfOpen.set(source, left);
  }

  /** `address:port` of ours towards a peer, as it goes into URIs. */
  ownHostPort(flow: Outbound): string {
    return `${hostText(flow.localAddress)}:${flow.localPort}`;
  }

  ownContact(flow: Outbound): string {
    return flow.protocol === 'tcp'
      ? `<sip:${this.ownHostPort(flow)};transport=tcp>`
      : `<sip:${this.ownHostPort(flow)}>`;
  }

  /** An event of the network, or of ours, in a frame for the app. `extra` is appended to the header line. */
  sendSip(
    app: AppConnection,
    source: 'network' | 'application',
    peer: Outbound | undefined,
    transactionId: string,
    dialogId: string,
    text: string,
    extra = '',
  ): void {
    const bytes = peer === undefined ? 0 : text.length;
    const address =
      peer === undefined
        ? '||0'
        : source === 'application'
          ? `${peer.protocol}|${peer.localAddress}|${peer.localPort}`
          : `${peer.protocol}|${peer.remoteAddress}|${peer.remotePort}`;
    app.send(
      `${randomUUID()}|sip|${source}|${bytes}|${address}|${frameTime()}|${transactionId}|${dialogId}|${extra}\r\n${text}`,
    );
  }

  /** Tells one of the apps that asked for call records; costs nothing when none did. */
  cdr(kind: CdrKind, source: 'network' | 'application', detail: string, text: string): void {
    const verb = `cdr:${kind}`;
    const app = this.apps.pick(verb);
    if (app === undefined) return;
    const tail = detail === '' ? '' : `|${detail}`;
    app.send(`${randomUUID()}|${verb}|${source}|${frameTime()}${tail}\r\n${text}`);
  }

  /** The app that a dialog's requests go to at present; adopts the dialog for a successor of its owner. */
  ownerOf(dialog: Dialog): AppConnection | undefined {
    const { owner } = dialog;
    if (owner !== undefined && this.apps.has(owner)) return owner;
    const successor = this.apps.ownerFor(dialog.ownerTag);
    if (successor?.isReady === true) {
      dialog.owner = successor;
      return successor;
    }
    dialog.owner = undefined;
    return undefined;
  }

  /** Forgets a subscription some time after it should have been refreshed. */
  expireSubscription(dialog: Dialog, expiresSec: number): void {
    dialog.expiry ??= new WheelTimer(() => this.removeDialog(dialog));
    const seconds = Math.min(Math.max(expiresSec, 0), 86_400);
    this.wheel.set(dialog.expiry, seconds * 1_000 + this.timings.giveUpMs);
  }

  removeDialog(dialog: Dialog): void {
    if (dialog.state === 'terminated') return;
    dialog.state = 'terminated';
    if (dialog.repetition !== undefined) {
      this.wheel.cancel(dialog.repetition.timer);
      dialog.repetition = undefined;
    }
    if (dialog.expiry !== undefined) this.wheel.cancel(dialog.expiry);
    this.dialogs.remove(dialog);
  }
}

let lastSecond = -1;
let secondText = '';

/** `HH:MM:SS.uuuuuu` in UTC, as frames carry it. */
export function frameTime(): string {
  const now = performance.timeOrigin + performance.now();
  const second = Math.floor(now / 1000);
  if (second !== lastSecond) {
    lastSecond = second;
    secondText = new Date(second * 1000).toISOString().slice(11, 19);
  }
  const micros = Math.floor((now - second * 1000) * 1000);
  return `${secondText}.${String(micros).padStart(6, '0')}`;
}
