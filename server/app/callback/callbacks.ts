/**
 * Calling customers back (S13): a request waits until it is due and customers may be called, then in its queue like any call;
 * when its agent has picked up, the customer's number is called by the trunk, and when the customer has, it is a call like
 * any other. Who is not reached is called again, as a contact of its own on the same thread (next-try.ts).
 *
 * Never lost, never called twice for nothing: what is to come next is committed when the old contact is closed, in one
 * transaction; a start finds contacts that ended before that was written, and asks history whether the customer was
 * reached. Race stopped: the customer picks up in the moment the agent hangs up. Routing decides; whoever is left hears
 * the end.
 */
import type { CallControl, CallEvent } from '../../../sip/port.ts';
import type { EventOf, HearthlineEvent, NotReachedCause } from '../../contract/events.ts';
import type { SiteCallbacks } from '../../contract/site-callbacks.ts';
import type { AcdShell } from '../acd-shell.ts';
import type { ActiveSite } from '../active-site.ts';
import type { ClockPort, LoggerPort, PromptPort } from '../ports.ts';
import { behind } from '../text/behind.ts';
import type { OpenText } from '../text/ports.ts';
import { type Attempt, nextTry, type NextTry } from './next-try.ts';
import { asDialled, callableNumber } from './phone-number.ts';
import type { CallbackStorePort } from './ports.ts';

/** `busyMs`: how long the agent hears that it came to nothing. */
export const usualTimings = { lookEveryMs: 1000, busyMs: 2000 };
const firstAttempt: Attempt = { attempt: 1, faults: 0 };
/** Of a site that no longer says anything of callbacks, for those asked for before. */
const usualTries = { tries: 3, retryMin: 15 };

export interface CallbacksParts {
  shell: AcdShell;
  calls: Pick<CallControl, 'dial' | 'hangup' | 'play' | 'hasLeg'>;
  site: Pick<ActiveSite, 'site' | 'isOpen' | 'language'>;
  prompts: Pick<PromptPort, 'file'>;
  store: CallbackStorePort;
  clock: ClockPort;
  logger: LoggerPort;
  timings?: typeof usualTimings;
}

/** The desk, once it has taken over what was kept. */
export interface CallbackDesk {
  text(contactId: string): OpenText | undefined;
  /** A contact that was made for another try. */
  show(text: OpenText): void;
  /** A line in the thread, for agents alone. */
  note(contactId: string, event: EventOf<'contact.not-reached'>): void;
}

/** A customer who is being called, while the agent listens. */
interface Calling {
  readonly offerId: string;
  startedAt: number;
  /** The call of an agent before is still being given up: its leg has the same id. */
  isBehind?: boolean;
  timer?: NodeJS.Timeout;
  cause?: NotReachedCause;
}

export class Callbacks {
  readonly #parts: CallbacksParts;
  readonly #timings: typeof usualTimings;
  readonly #desk: Promise<CallbackDesk>;
  #begin: (desk: CallbackDesk) => void = () => undefined;
  #texts: CallbackDesk['text'] = () => undefined;
  /** Every callback that routing knows. */
  readonly #known = new Set<string>();
  /** Not in their queue yet. */
  readonly #pending = new Set<string>();
  readonly #calling = new Map<string, Calling>();
  readonly #tries = new Map<string, NextTry>();
  /** What comes after a contact that is about to end; null: nothing. */
  readonly #verdicts = new Map<string, NextTry | null>();
  readonly #reached = new Set<string>();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: CallbacksParts) {
    this.#parts = parts;
    this.#timings = parts.timings ?? usualTimings;
    this.#desk = new Promise((resolve) => {
      this.#begin = resolve;
    });
    parts.shell.onEvent((event) => this.#onEvent(event));
  }

  /** Before the desk brings in what was kept: how often each has been called. */
  async load(): Promise<void> {
    for (const [contactId, tries] of await this.#parts.store.tries()) this.#tries.set(contactId, tries);
    for (const { id, channel, state, isReached } of Array.from(this.#parts.shell.acd.contacts())) {
      if (channel !== 'callback') continue;
      this.#known.add(id);
      if (isReached) this.#reached.add(id);
      if (state === 'greeting') this.#pending.add(id);
    }
  }

  /** The desk is open. */
  begin(desk: CallbackDesk): void {
    this.#texts = (contactId) => desk.text(contactId);
    this.#begin(desk);
    this.#timer = setInterval(() => this.#look(), this.#timings.lookEveryMs);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** The customer's, where it is known. */
  numberOf(contactId: string): string | undefined {
    return this.#texts(contactId)?.customer.address;
  }

  isCalling(contactId: string): boolean {
    return this.#calling.has(contactId);
  }

  /** Requests for this number within a day, that of `externalId` left out. */
  async isTooMany(number: string, externalId: string): Promise<boolean> {
    const { store, site, clock } = this.#parts;
    const atMost = site.site.callbacks?.perNumberPerDay ?? 0;
    return (await store.requests(number, clock.now() - 86_400_000, externalId)) >= atMost;
  }

  /** The agent has picked up: it hears that the customer's phone rings. */
  async call(contactId: string, offerId: string): Promise<void> {
    const { calls, prompts, site, clock } = this.#parts;
    const calling: Calling = { offerId, startedAt: clock.now() };
    this.#calling.set(contactId, calling);
    calls.play(offerId, 'ring-back', [prompts.file('ring-back', site.language)], { isLoop: true });
    await this.#desk;
    if (this.#calling.get(contactId) !== calling) return;
    calling.isBehind = calls.hasLeg(contactId);
    if (!calling.isBehind) this.#dial(contactId, calling);
  }

  #dial(contactId: string, calling: Calling): void {
    const { calls, site, shell, clock } = this.#parts;
    const way = this.#wayTo(contactId);
    if (typeof way === 'string') return this.#failed(contactId, calling, way);
    const { trunkId, number, rules } = way;
    const { attempt } = this.#tries.get(contactId) ?? firstAttempt;
    shell.record({
      type: 'contact.dialled',
      at: clock.now(),
      contactId,
      ...this.#whereOf(contactId),
      data: { trunkId, attempt },
    });
    calling.startedAt = clock.now();
    calling.timer = setTimeout(() => {
      calls.hangup(contactId, 'no answer');
      this.#failed(contactId, calling, 'no-answer');
    }, rules.ringSec * 1000);
    calls.dial(contactId, {
      trunkId,
      number,
      near: calling.offerId,
      pii: { from: rules.callerId },
      displayName: site.site.site.name,
    });
  }

  /** True when the event is of a customer who is being called. */
  onCallEvent(event: CallEvent, connect: (contactId: string, offerId: string) => void): boolean {
    if (event.type !== 'dial.alerted' && event.type !== 'dial.answered' && event.type !== 'dial.failed')
      return false;
    const { legId: contactId } = event;
    const calling = this.#calling.get(contactId);
    if (!calling) return this.#late(event);
    if (calling.isBehind) {
      if (event.type !== 'dial.failed') return true;
      calling.isBehind = false;
      this.#dial(contactId, calling);
    } else if (event.type === 'dial.failed') this.#failed(contactId, calling, causeOf(event));
    if (event.type === 'dial.answered') this.#reach(contactId, calling, connect);
    return true;
  }

  /** The agent has gone before the customer was there. */
  agentHungUp(contactId: string): void {
    const calling = this.#calling.get(contactId);
    if (calling) this.#giveUp(contactId, calling, calling.cause ?? 'agent-hung-up');
  }

  /** Of a contact that ended and whose row is open: a crash came between. Answers the contact that comes next, if any. */
  async settle(text: OpenText, endedAt: number): Promise<OpenText | undefined> {
    const { store, clock } = this.#parts;
    const tries = this.#tries.get(text.contactId) ?? firstAttempt;
    const isDone = await store.wasReached(text.contactId);
    const next = isDone ? undefined : nextTry(tries, 'interrupted', this.#rules(), clock.now());
    return this.#goOn(text.contactId, endedAt, next);
  }

  /** Answered or failed when nobody waited for it any more. */
  #late(event: CallEvent & { legId: string }): boolean {
    const isOurs = this.#parts.shell.acd.contact(event.legId)?.channel === 'callback';
    if (isOurs && event.type === 'dial.answered')
      this.#parts.calls.hangup(event.legId, 'nobody waits any more');
    return isOurs;
  }

  #rules(): Pick<SiteCallbacks, 'tries' | 'retryMin'> {
    return this.#parts.site.site.callbacks ?? usualTries;
  }

  /** Asked again at each call: the site may allow less than it did when the request came. */
  #wayTo(contactId: string): { trunkId: string; number: string; rules: SiteCallbacks } | NotReachedCause {
    const { site } = this.#parts;
    const rules = site.site.callbacks;
    const outbound = site.site.trunks.find(({ id }) => id === rules?.trunk)?.outbound;
    if (!rules || !outbound) return 'no-line';
    const callable = callableNumber(this.numberOf(contactId) ?? '', rules);
    if (typeof callable === 'string') return 'wrong-number';
    return { trunkId: rules.trunk, number: asDialled(callable.number, outbound), rules };
  }

  #whereOf(contactId: string): { agentId?: string; queueId?: string } {
    const { agentId, queueId } = this.#parts.shell.acd.contact(contactId) ?? {};
    return { ...(agentId !== undefined && { agentId }), ...(queueId !== undefined && { queueId }) };
  }

  #reach(contactId: string, calling: Calling, connect: (contactId: string, offerId: string) => void): void {
    const { shell, calls, clock } = this.#parts;
    const { agentId } = shell.acd.contact(contactId) ?? {};
    this.#forgetCall(contactId);
    const ringMs = clock.now() - calling.startedAt;
    if (agentId === undefined || shell.run({ type: 'contact.reached', contactId, ringMs }).ignored)
      return calls.hangup(contactId, 'nobody waits any more');
    connect(contactId, calling.offerId);
  }

  /** The agent hears it, and is then free for wrap-up. */
  #failed(contactId: string, calling: Calling, cause: NotReachedCause): void {
    const { calls, prompts, site } = this.#parts;
    if (calling.cause) return;
    clearTimeout(calling.timer);
    calling.cause = cause;
    calls.play(calling.offerId, 'busy', [prompts.file('busy', site.language)]);
    calling.timer = setTimeout(() => this.#giveUp(contactId, calling, cause), this.#timings.busyMs);
  }

  #giveUp(contactId: string, calling: Calling, cause: NotReachedCause): void {
    const { shell, clock } = this.#parts;
    this.#forgetCall(contactId);
    const tries = this.#tries.get(contactId) ?? firstAttempt;
    const next = nextTry(tries, cause, this.#rules(), clock.now());
    this.#verdicts.set(contactId, next ?? null);
    shell.record({
      type: 'contact.not-reached',
      at: clock.now(),
      contactId,
      ...this.#whereOf(contactId),
      data: { cause, attempt: tries.attempt, ...(next && { retryAt: next.notBefore }) },
    });
    const type = cause === 'agent-hung-up' ? 'contact.agent-hung-up' : 'contact.fail';
    shell.run({ type, contactId, reason: `not reached: ${cause}` });
  }

  #forgetCall(contactId: string): void {
    clearTimeout(this.#calling.get(contactId)?.timer);
    this.#calling.delete(contactId);
  }

  #onEvent(event: HearthlineEvent): void {
    const { contactId = '' } = event;
    switch (event.type) {
      case 'contact.arrived':
        if (event.data.channel !== 'callback') return;
        this.#known.add(contactId);
        this.#pending.add(contactId);
        return;
      case 'contact.reached':
        this.#reached.add(contactId);
        return;
      case 'contact.not-reached':
        void this.#desk.then((desk) => desk.note(contactId, event));
        return;
      case 'contact.transferred':
        // Passed on before the customer was there: the next agent's call begins anew.
        if (this.#calling.has(contactId)) {
          this.#forgetCall(contactId);
          this.#parts.calls.hangup(contactId, 'passed on');
        }
        return;
      case 'contact.ended':
        return this.#ended(event);
      default:
    }
  }

  #ended({ contactId = '', at, data }: EventOf<'contact.ended'>): void {
    const { clock } = this.#parts;
    this.#pending.delete(contactId);
    this.#forgetCall(contactId);
    const verdict = this.#verdicts.get(contactId);
    this.#verdicts.delete(contactId);
    const wasReached = this.#reached.delete(contactId);
    if (!this.#known.delete(contactId)) return;
    const tries = this.#tries.get(contactId) ?? firstAttempt;
    // Closed at the desk, or by what nobody foresaw: a fault of ours is made good.
    const isDone = wasReached || data.endedBy === 'agent';
    const unforeseen = isDone ? undefined : nextTry(tries, 'interrupted', this.#rules(), clock.now());
    const next = verdict === undefined ? unforeseen : (verdict ?? undefined);
    behind(this.#parts.logger, async () => {
      const text = await this.#goOn(contactId, at, next);
      if (text) (await this.#desk).show(text);
    });
  }

  /** The contact is closed, and the next of its thread made if there is to be one. */
  async #goOn(contactId: string, at: number, next: NextTry | undefined): Promise<OpenText | undefined> {
    const { store } = this.#parts;
    const text = next ? await store.again(contactId, at, next) : undefined;
    if (!next) await store.close(contactId, at);
    this.#tries.delete(contactId);
    if (text && next) this.#tries.set(text.contactId, next);
    return text;
  }

  /** Into their queues with those that are due, while customers may be called. */
  #look(): void {
    const { shell, site, clock } = this.#parts;
    const rules = site.site.callbacks;
    const now = clock.now();
    if (!rules || (rules.hours !== undefined && !site.isOpen(rules.hours, now))) return;
    for (const contactId of this.#pending) {
      if ((this.#tries.get(contactId)?.notBefore ?? 0) > now) continue;
      const { ignored } = shell.run({ type: 'contact.enqueue', contactId });
      if (!ignored || ignored === 'unknown-contact' || ignored === 'not-allowed-in-state')
        this.#pending.delete(contactId);
    }
  }
}

function causeOf({ cause, status }: Extract<CallEvent, { type: 'dial.failed' }>): NotReachedCause {
  if ([404, 410, 484, 604].includes(status)) return 'wrong-number';
  switch (cause) {
    case 'busy':
      return 'busy';
    case 'no-answer':
    case 'cancelled':
      return 'no-answer';
    case 'rejected':
      return status === 480 ? 'no-answer' : 'rejected';
    case 'unreachable':
    case 'fault':
      return 'no-line';
  }
}
