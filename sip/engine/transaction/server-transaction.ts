/**
 * The shell around the two server machines: owns the last answer, the timers and the way back to the peer. It
 * decides nothing: the `*-state.ts` tables do. RFC 3261 17.2.
 */
import type { TimerWheel } from '../timer-wheel.ts';
import { WheelTimer } from '../timer-wheel.ts';
import type { Timings } from './timings.ts';
import type { Outbound } from '../transport/flow.ts';
import { nextInviteServer } from './invite-server-state.ts';
import type { InviteServerEvent, InviteServerState } from './invite-server-state.ts';
import { nextNonInviteServer } from './non-invite-server-state.ts';
import type { NonInviteServerEvent, NonInviteServerState } from './non-invite-server-state.ts';

export interface ServerSpace {
  readonly wheel: TimerWheel;
  readonly timings: Timings;
  forgetServer(transaction: ServerTransaction): void;
}

export class ServerTransaction {
  readonly key: string;
  readonly isInvite: boolean;
  readonly sourceAddress: string;
  state: InviteServerState | NonInviteServerState;
  readonly back: Outbound;
  lastAnswer = '';
  /** What the core attached; the engine knows its type. Dropped at the final answer of a non-INVITE. */
  request: unknown;
  /** Counted against its source as long as no final answer was given. */
  isHalfOpen: boolean;
  readonly #space: ServerSpace;
  #retransmitMs = 0;
  #retransmit: WheelTimer | undefined;
  #limit: WheelTimer | undefined;
  #limitEvent: InviteServerEvent | NonInviteServerEvent = 'timer-j';

  constructor(space: ServerSpace, key: string, isInvite: boolean, back: Outbound, sourceAddress: string) {
    this.#space = space;
    this.key = key;
    this.isInvite = isInvite;
    this.back = back;
    this.sourceAddress = sourceAddress;
    this.state = isInvite ? 'proceeding' : 'trying';
    this.isHalfOpen = isInvite;
  }

  get isAnswered(): boolean {
    return this.state !== 'proceeding' && this.state !== 'trying';
  }

  repeat(): void {
    this.#step('repeat', 'repeat', '');
  }

  ack(): void {
    if (this.isInvite) this.#step('ack', 'repeat', '');
  }

  provisional(text: string): void {
    this.#step('send-provisional', 'send-provisional', text);
  }

  final(status: number, text: string): void {
    this.#step(status < 300 ? 'send-success' : 'send-failure', 'send-final', text);
  }

  abandon(): void {
    this.state = 'terminated';
    this.#release();
  }

  #step(inviteEvent: InviteServerEvent, otherEvent: NonInviteServerEvent, text: string): void {
    const step = this.isInvite
      ? nextInviteServer(this.state as InviteServerState, inviteEvent)
      : nextNonInviteServer(this.state as NonInviteServerState, otherEvent);
    if (step === undefined) return;
    this.state = step.state;
    for (const effect of step.effects) this.#apply(effect, text);
  }

  #apply(
    effect:
      | NonNullable<ReturnType<typeof nextInviteServer>>['effects'][number]
      | NonNullable<ReturnType<typeof nextNonInviteServer>>['effects'][number],
    text: string,
  ): void {
    const { timings } = this.#space;
    const isReliable = this.back.isReliable;
    switch (effect) {
      case 'send':
        this.lastAnswer = text;
        this.back.send(text);
        return;
      case 'resend':
        if (this.lastAnswer !== '') this.back.send(this.lastAnswer);
        return;
      case 'start-g':
        if (!isReliable) this.#startRetransmit(timings.t1Ms);
        return;
      case 'restart-g':
        this.#startRetransmit(Math.min(this.#retransmitMs * 2, timings.t2Ms));
        return;
      case 'start-h':
        this.#startLimit('timer-h', timings.giveUpMs);
        return;
      case 'start-i':
        this.#startLimit('timer-i', isReliable ? 0 : timings.t4Ms);
        return;
      case 'start-l':
        this.#startLimit('timer-l', timings.giveUpMs);
        return;
      case 'start-j':
        this.#startLimit('timer-j', isReliable ? 0 : timings.giveUpMs);
        return;
      case 'stop-timers':
        this.#stopTimers();
        return;
      case 'report-no-ack':
        return;
      case 'release':
        this.#release();
        return;
    }
  }

  #startRetransmit(delayMs: number): void {
    this.#retransmitMs = delayMs;
    this.#retransmit ??= new WheelTimer(() => this.#step('timer-g', 'repeat', ''));
    this.#space.wheel.set(this.#retransmit, delayMs);
  }

  #startLimit(event: InviteServerEvent | NonInviteServerEvent, delayMs: number): void {
    this.#limitEvent = event;
    this.#limit ??= new WheelTimer(() =>
      this.#step(this.#limitEvent as InviteServerEvent, this.#limitEvent as NonInviteServerEvent, ''),
    );
    this.#space.wheel.set(this.#limit, delayMs);
  }

  #stopTimers(): void {
    if (this.#retransmit !== undefined) this.#space.wheel.cancel(this.#retransmit);
    if (this.#limit !== undefined) this.#space.wheel.cancel(this.#limit);
  }

  #release(): void {
    this.#stopTimers();
    this.#space.forgetServer(this);
    this.request = undefined;
    this.lastAnswer = '';
  }
}
