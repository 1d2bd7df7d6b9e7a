/**
 * The shell around the two client machines: owns the sent text, the timers and the way to the peer; reports to
 * its owner. It decides nothing: the `*-state.ts` tables do. RFC 3261 17.1.
 */
import type { TimerWheel } from '../timer-wheel.ts';
import { WheelTimer } from '../timer-wheel.ts';
import type { Timings } from './timings.ts';
import type { Outbound } from '../transport/flow.ts';
import { nextInviteClient } from './invite-client-state.ts';
import type { InviteClientEvent, InviteClientState } from './invite-client-state.ts';
import { nextNonInviteClient } from './non-invite-client-state.ts';
import type { NonInviteClientEvent, NonInviteClientState } from './non-invite-client-state.ts';
import type { SipMessage } from '../wire/message.ts';

export interface ClientOwner {
  /** A response that the machine lets through. */
  onResponse(response: SipMessage, from: Outbound): void;
  onTimeout(): void;
  onTransportError(): void;
  /** Text of the ACK for a non-2xx final response. */
  ackFor(response: SipMessage): string;
}

export interface ClientSpace {
  readonly wheel: TimerWheel;
  readonly timings: Timings;
  forgetClient(key: string): void;
}

export class ClientTransaction {
  readonly key: string;
  readonly isInvite: boolean;
  state: InviteClientState | NonInviteClientState;
  text: string;
  out: Outbound;
  owner: ClientOwner | undefined;
  /** Another way to try, once, if the transport fails before anything came back. */
  fallback: (() => { flow: Outbound; text: string } | undefined) | undefined;
  readonly #space: ClientSpace;
  #retransmitMs: number;
  #retransmit: WheelTimer | undefined;
  #limit: WheelTimer | undefined;
  /** Which machine timer the limit timer stands for at present. */
  #limitEvent: InviteClientEvent | NonInviteClientEvent;
  #ackText = '';

  constructor(
    space: ClientSpace,
    key: string,
    isInvite: boolean,
    text: string,
    out: Outbound,
    owner: ClientOwner | undefined,
  ) {
    this.#space = space;
    this.key = key;
    this.isInvite = isInvite;
    this.state = isInvite ? 'calling' : 'trying';
    this.text = text;
    this.out = out;
    this.owner = owner;
    this.#retransmitMs = space.timings.t1Ms;
    this.#limitEvent = isInvite ? 'timer-b' : 'timer-f';
  }

  /** Sends the request for the first time and starts timers A and B, or E and F. */
  start(): void {
    this.#startLimit(this.isInvite ? 'timer-b' : 'timer-f', this.#space.timings.giveUpMs);
    if (!this.out.isReliable) this.#startRetransmit(this.#retransmitMs);
    this.out.send(this.text);
  }

  get isPending(): boolean {
    return this.state === 'calling' || this.state === 'trying' || this.state === 'proceeding';
  }

  get hasProvisional(): boolean {
    return this.state === 'proceeding';
  }

  receive(response: SipMessage, from: Outbound): void {
    const status = response.status;
    if (this.isInvite) {
      this.#stepInvite(status < 200 ? 'provisional' : status < 300 ? 'success' : 'failure', response, from);
    } else {
      this.#stepOther(status < 200 ? 'provisional' : 'final', response, from);
    }
  }

  transportError(): void {
    if (this.fallback !== undefined && (this.state === 'calling' || this.state === 'trying')) {
      const other = this.fallback();
      this.fallback = undefined;
      if (other !== undefined) {
        this.#restartOver(other.flow, other.text);
        return;
      }
    }
    if (this.isInvite) this.#stepInvite('transport-error', undefined, undefined);
    else this.#stepOther('transport-error', undefined, undefined);
  }

  /** UDP takes over from a refused TCP connection (RFC 3261 18.1.1). */
  #restartOver(out: Outbound, text: string): void {
    this.out = out;
    this.text = text;
    if (!out.isReliable && this.isPending) this.#startRetransmit(this.#retransmitMs);
    out.send(text);
  }

  /** Ends the transaction at once, without a report. */
  abandon(): void {
    this.state = 'terminated';
    this.#release();
  }

  #stepInvite(event: InviteClientEvent, response?: SipMessage, from?: Outbound): void {
    const step = nextInviteClient(this.state as InviteClientState, event);
    if (step === undefined) return;
    this.state = step.state;
    for (const effect of step.effects) this.#apply(effect, response, from);
  }

  #stepOther(event: NonInviteClientEvent, response?: SipMessage, from?: Outbound): void {
    const step = nextNonInviteClient(this.state as NonInviteClientState, event);
    if (step === undefined) return;
    this.state = step.state;
    for (const effect of step.effects) this.#apply(effect, response, from);
  }

  #apply(
    effect:
      | NonNullable<ReturnType<typeof nextInviteClient>>['effects'][number]
      | NonNullable<ReturnType<typeof nextNonInviteClient>>['effects'][number],
    response: SipMessage | undefined,
    from: Outbound | undefined,
  ): void {
    const { timings } = this.#space;
    switch (effect) {
      case 'pass-up':
        if (response !== undefined && from !== undefined) this.owner?.onResponse(response, from);
        return;
      case 'send-ack':
        if (this.#ackText === '' && response !== undefined && this.owner !== undefined) {
          this.#ackText = this.owner.ackFor(response);
        }
        if (this.#ackText !== '') this.out.send(this.#ackText);
        return;
      case 'retransmit':
        this.out.send(this.text);
        return;
      case 'stop-timers':
        this.#stopTimers();
        return;
      case 'restart-a':
        this.#startRetransmit(this.#retransmitMs * 2);
        return;
      case 'restart-e':
        this.#startRetransmit(Math.min(this.#retransmitMs * 2, timings.t2Ms));
        return;
      case 'restart-e-at-t2':
        this.#startRetransmit(timings.t2Ms);
        return;
      case 'start-d':
        this.#startLimit('timer-d', this.out.isReliable ? 0 : timings.timerDMs);
        return;
      case 'start-m':
        this.#startLimit('timer-m', timings.giveUpMs);
        return;
      case 'start-k':
        this.#startLimit('timer-k', this.out.isReliable ? 0 : timings.t4Ms);
        return;
      case 'report-timeout':
        this.owner?.onTimeout();
        return;
      case 'report-transport-error':
        this.owner?.onTransportError();
        return;
      case 'release':
        this.#release();
        return;
    }
  }

  #startRetransmit(delayMs: number): void {
    this.#retransmitMs = delayMs;
    this.#retransmit ??= new WheelTimer(() => {
      if (this.isInvite) this.#stepInvite('timer-a');
      else this.#stepOther('timer-e');
    });
    this.#space.wheel.set(this.#retransmit, delayMs);
  }

  #startLimit(event: InviteClientEvent | NonInviteClientEvent, delayMs: number): void {
    this.#limitEvent = event;
    this.#limit ??= new WheelTimer(() => {
      if (this.isInvite) this.#stepInvite(this.#limitEvent as InviteClientEvent);
      else this.#stepOther(this.#limitEvent as NonInviteClientEvent);
    });
    this.#space.wheel.set(this.#limit, delayMs);
  }

  #stopTimers(): void {
    if (this.#retransmit !== undefined) this.#space.wheel.cancel(this.#retransmit);
    if (this.#limit !== undefined) this.#space.wheel.cancel(this.#limit);
  }

  #release(): void {
    this.#stopTimers();
    this.#space.forgetClient(this.key);
    this.owner = undefined;
  }
}
