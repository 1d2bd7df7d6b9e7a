/**
 * The joints of the engine: messages from the transports go to UAS or UAC, frames from apps likewise, connections
 * that come and go to the orphans. The only place that knows all parts.
 */
import { randomBytes } from 'node:crypto';
import type { Logger } from 'pino';
import type { EngineConfig } from '../config.ts';
import type { AppConnection, ControlHandler, SipFrame } from '../control/connection.ts';
import { SecretBook } from '../control/secret-book.ts';
import { ControlServer } from '../control/server.ts';
import { Metrics } from '../metrics.ts';
import type { Outbound, TransportEvents } from '../transport/flow.ts';
import { WheelTimer } from '../timer-wheel.ts';
import { TransportLayer } from '../transport/transport-layer.ts';
import { parseMessage } from '../wire/message.ts';
import { judge } from '../wire/validate.ts';
import { Core } from './core.ts';
import { Orphans } from './orphans.ts';
import { UacSender } from './uac-sender.ts';
import { Uac } from './uac.ts';
import { UasAnswers } from './uas-answers.ts';
import { UasInDialog } from './uas-in-dialog.ts';
import { UasOffers } from './uas-offers.ts';
import { UasProvisionals } from './uas-provisionals.ts';
import { Uas } from './uas.ts';

/** Clients switch features on by version; the protocol spoken is that of drachtio-server 0.9. */
/**
 * What an app is told at authentication. The client library reads `vN.N.N`; the rest names this start of the engine, so
 * that an app which reconnects knows whether its dialogs can still be here (ADR 3).
 */
const PROTOCOL_VERSION = `v0.9.10-hearthline-${randomBytes(4).toString('hex')}`;

export class Engine implements ControlHandler, TransportEvents {
  readonly version = PROTOCOL_VERSION;
  readonly metrics = new Metrics();
  readonly #config: EngineConfig;
  readonly #log: Logger;
  readonly #transport: TransportLayer;
  readonly #core: Core;
  readonly #offers: UasOffers;
  readonly #uas: Uas;
  readonly #answers: UasAnswers;
  readonly #sender: UacSender;
  readonly #uac: Uac;
  readonly #orphans: Orphans;
  readonly #control: ControlServer;
  readonly secrets: SecretBook;
  controlPort = 0;

  constructor(config: EngineConfig, log: Logger) {
    this.#config = config;
    this.secrets = new SecretBook(config.secret);
    this.#log = log;
    this.#transport = new TransportLayer(this);
    this.#core = new Core(config, log, this.metrics, this.#transport);
    this.#sender = new UacSender(this.#core);
    this.#uac = new Uac(this.#core, this.#sender);
    this.#offers = new UasOffers(this.#core);
    const provisionals = new UasProvisionals(this.#core, this.#offers);
    const inDialog = new UasInDialog(this.#core, this.#offers, provisionals, this.#sender);
    this.#uas = new Uas(this.#core, this.#offers, inDialog);
    this.#answers = new UasAnswers(this.#core, this.#offers, provisionals, this.#sender);
    this.#orphans = new Orphans(this.#core, this.#offers, this.#sender);
    this.#control = new ControlServer(this, this.secrets);
    this.#publishGauges();
  }

  async start(): Promise<void> {
    await this.#transport.open(this.#config.bind, this.#config.sipPort);
    this.controlPort = await this.#control.listen(this.#config.controlHost, this.#config.controlPort);
  }

  stop(): void {
    this.#control.close();
    this.#transport.close();
    this.#core.wheel.stop();
  }

  /** True once a timer of the wheel that all transactions hang on has fired, while it listens somewhere. */
  takesItsTurn(): Promise<boolean> {
    const { wheel } = this.#core;
    return new Promise((done) => {
      wheel.set(new WheelTimer(() => done(this.#transport.hostPorts !== '')), wheel.tickMs);
    });
  }

  get sipPort(): number {
    return this.#transport.port;
  }

  get hostPorts(): string {
    return this.#transport.hostPorts;
  }

  get appCount(): number {
    return this.#core.apps.size;
  }

  /** Calls that are up and not being ended, by the ids that apps use; `tag`: only those of that app. */
  callIds(tag: string | undefined): string[] {
    const ids: string[] = [];
    for (const { id, method, state, isEnding, ownerTag } of this.#core.dialogs) {
      if (method !== 'INVITE' || state !== 'confirmed' || isEnding) continue;
      if (tag === undefined || tag === ownerTag) ids.push(id);
    }
    return ids;
  }

  #publishGauges(): void {
    const core = this.#core;
    this.metrics.gauge('dialogs', () => core.dialogs.size);
    this.metrics.gauge('server_transactions', () => core.servers.size);
    this.metrics.gauge('client_transactions', () => core.clients.size);
    this.metrics.gauge('apps', () => core.apps.size);
    this.metrics.gauge('held_requests', () => this.#offers.held.size);
    this.metrics.gauge('open_app_requests', () => this.#offers.requests.size + this.#sender.requests.size);
    this.metrics.gauge('tcp_connections', () => this.#transport.tcp.size);
    this.metrics.gauge('timers', () => core.wheel.size);
    this.metrics.gauge('resident_bytes', () => process.memoryUsage.rss());
    this.metrics.total('cpu_user_seconds_total', () => process.cpuUsage().user / 1e6);
    this.metrics.total('cpu_system_seconds_total', () => process.cpuUsage().system / 1e6);
  }

  // --- transports ------------------------------------------------------------------------------------------

  onMessage(text: string, from: Outbound): void {
    this.metrics.count('messages_received_total');
    try {
      this.#onMessage(text, from);
    } catch (error) {
      // A fault of ours in one message must not take every other call down.
      this.metrics.count('faults_total');
      this.#log.error({ err: error }, 'fault while handling a message');
    }
  }

  #onMessage(text: string, from: Outbound): void {
    const msg = parseMessage(text);
    if (msg === undefined) {
      this.onGarbage('not a SIP message');
      return;
    }
    const verdict = judge(msg);
    if ('drop' in verdict) {
      this.onGarbage(verdict.drop);
    } else if ('refusal' in verdict) {
      this.#log.info(
        {
          status: verdict.refusal.status,
          reason: verdict.refusal.reason,
          pii: { source: from.remoteAddress },
        },
        'refused malformed request',
      );
      this.#uas.refuseBroken(msg, verdict.via, verdict.refusal, from);
    } else if (msg.isRequest) {
      this.#uas.onRequest(msg, verdict.essentials, from);
    } else {
      this.#uac.onResponse(msg, verdict.essentials, from);
    }
  }

  onSendError(to: Outbound): void {
    this.metrics.count('send_errors_total');
    this.#uac.onSendError(to);
  }

  onGarbage(reason: string): void {
    this.metrics.count('dropped_total');
    this.#log.debug({ reason }, 'dropped');
  }

  // --- apps ------------------------------------------------------------------------------------------------

  onAuthenticated(app: AppConnection): void {
    this.#core.apps.add(app);
    this.#orphans.onAppBack(app);
    this.#log.info({ tags: app.tags, apps: this.#core.apps.size }, 'app connected');
  }

  onReady(_app: AppConnection): void {
    this.#offers.offerHeld();
  }

  onRoute(app: AppConnection, verb: string, isAdded: boolean): void {
    if (isAdded) {
      this.#core.apps.addRoute(app, verb);
      if (this.#offers.held.size > 0) this.#offers.offerHeld();
    } else this.#core.apps.removeRoute(app, verb);
  }

  onSip(app: AppConnection, frame: SipFrame): void {
    try {
      if (frame.text.startsWith('SIP/')) this.#answers.onAppResponse(app, frame);
      else this.#uac.onFrame(app, frame);
    } catch (error) {
      this.metrics.count('faults_total');
      this.#log.error({ err: error }, 'fault while handling a frame');
      app.respond(frame.msgId, 'NOK|internal error');
    }
  }

  onClosed(app: AppConnection): void {
    this.#core.apps.remove(app);
    this.#log.info({ tags: app.tags, apps: this.#core.apps.size }, 'app disconnected');
    this.#orphans.onAppLost(app);
  }

  onRefused(reason: string): void {
    this.metrics.count('control_refused_total');
    this.#log.warn({ reason }, 'control connection refused');
  }
}
