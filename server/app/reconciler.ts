/**
 * Agents are never stuck: once a second it compares routing, call control and both engines (drift.ts), and what is
 * really different it mends by the mildest command that makes the state whole, says so in the log and counts it.
 * Routing is only ever mended by commands through the shell, so that each repair is in the log as events and a replay
 * needs none. It holds no state of its own but what its last looks saw, and it never throws out of its timer.
 * Race it stops: its own. It looks away while an engine is not reached or a start is still taking calls over, because
 * then what differs is on its way, and adoption and takeover (call-control.md) own the repair.
 */
import type { CallControl } from '../../sip/port.ts';
import type { AgentView, ContactView } from '../acd/types.ts';
import { workOf } from '../contract/events.ts';
import type { AcdShell } from './acd-shell.ts';
import { findDrifts, Looks, type Drift, type DriftKind } from './drift.ts';
import type { ClockPort, LoggerPort } from './ports.ts';

export interface ReconcilerParts {
  shell: AcdShell;
  calls: CallControl;
  clock: ClockPort;
  logger: LoggerPort;
  agentIds: () => Iterable<string>;
  phoneIds: () => Iterable<string>;
  /** A leg that is no contact and no offer, and rightly so: a feature code, a closing message. */
  isOtherCall: (legId: string) => boolean;
  /** The calls that the SIP engine has up, by dialog id; undefined where it cannot be asked. */
  dialogs: () => Promise<readonly string[] | undefined>;
  onDrift: (kind: DriftKind) => void;
  /** How long the look held the event loop: gathering, comparing, mending. */
  onLook: (tookMs: number) => void;
}

const everyMs = 1000;
/** An engine that takes longer is not compared in this look. */
const answerMs = 800;
/** A list this late says nothing: what happened since may be in our own backlog. */
const staleMs = 500;
/** Longer than voice-calls keeps an offer whose dial failed by our own fault. */
const pausedOfferMs = 1500;
/** No look mends more, so that none holds the event loop; the rest is there at the next. */
const repairsPerLook = 50;

export class Reconciler {
  private readonly parts: ReconcilerParts;
  private readonly looks = new Looks();
  /** Agents that something happened to: also those that the site no longer has but routing does. */
  private readonly agents = new Set<string>();
  /** Offers whose dial failed by our own fault, and when: voice-calls gives them back in a moment. */
  private readonly pausedOffers = new Map<string, number>();
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;

  constructor(parts: ReconcilerParts) {
    this.parts = parts;
    parts.shell.onEvent(({ agentId }) => void (agentId && this.agents.add(agentId)));
    parts.calls.onEvent((event) => {
      if (event.type === 'dial.failed' && event.cause === 'fault')
        this.pausedOffers.set(event.legId, performance.now());
    });
  }

  /** To be called when the takeover is over. */
  start(): void {
    this.timer = setTimeout(() => void this.lookAndGoOn(), everyMs).unref();
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  private async lookAndGoOn(): Promise<void> {
    const startedAt = performance.now();
    try {
      await this.look();
    } catch (error) {
      this.looks.forget();
      this.parts.logger.error({ err: error }, 'the reconciler could not look');
    }
    if (this.isStopped) return;
    const restMs = Math.max(0, everyMs - (performance.now() - startedAt));
    this.timer = setTimeout(() => void this.lookAndGoOn(), restMs).unref();
  }

  /** One look, and the repairs that it asks for. */
  async look(): Promise<void> {
    const { calls } = this.parts;
    if (!calls.isSettled()) return this.looks.forget();
    const askedAt = performance.now();
    const [sessions, dialogs] = await Promise.all([
      within(answerMs, calls.mediaSessions()),
      within(answerMs, this.parts.dialogs()),
    ]);
    if (this.isStopped) return;
    if (!calls.isSettled()) return this.looks.forget();
    const beganAt = performance.now();
    const found = this.compare(sessions, beganAt - askedAt < staleMs ? dialogs : undefined);
    for (const { drift, attempt } of this.looks.confirm(found, repairsPerLook)) this.mend(drift, attempt);
    this.parts.onLook(performance.now() - beganAt);
  }

  private compare(sessions: readonly string[] | undefined, dialogs: readonly string[] | undefined): Drift[] {
    const { shell, calls, clock } = this.parts;
    const contacts: ContactView[] = [...shell.acd.contacts()].filter(
      ({ channel }) => workOf(channel) === 'voice',
    );
    this.dropOldPauses();
    return findDrifts({
      now: clock.now(),
      nextDeadline: shell.acd.nextDeadline(),
      contacts,
      agents: this.agentViews(contacts),
      legs: calls.legs(),
      phones: this.phones(),
      sessions,
      dialogs,
      isExcused: (id) => this.pausedOffers.has(id) || this.parts.isOtherCall(id) || calls.isExpected(id),
    });
  }

  private agentViews(contacts: readonly ContactView[]): AgentView[] {
    const { shell, agentIds } = this.parts;
    for (const agentId of agentIds()) this.agents.add(agentId);
    for (const { agentId } of contacts) if (agentId !== undefined) this.agents.add(agentId);
    const views: AgentView[] = [];
    for (const agentId of this.agents) {
      const view = shell.acd.agent(agentId);
      if (view) views.push(view);
      else this.agents.delete(agentId);
    }
    return views;
  }

  private *phones() {
    const { shell, calls, phoneIds } = this.parts;
    for (const phoneId of phoneIds()) {
      const isRouted = shell.acd.isRegistered(phoneId);
      yield { phoneId, isRouted, isRegistered: calls.isRegistered(phoneId) };
    }
  }

  private dropOldPauses(): void {
    const oldest = performance.now() - pausedOfferMs;
    for (const [offerId, at] of this.pausedOffers) if (at < oldest) this.pausedOffers.delete(offerId);
  }

  private mend(drift: Drift, attempt: number): void {
    const { kind, ...about } = drift;
    this.parts.onDrift(kind);
    // A dialog's id begins with the Call-ID, in which phones write their address.
    const { dialogId, ...ids } = { dialogId: undefined, ...about };
    this.parts.logger.warn({ kind, attempt, ...ids, ...(dialogId && { pii: { dialogId } }) }, 'drift mended');
    try {
      this.repair(drift, attempt);
    } catch (error) {
      this.parts.logger.error({ err: error, kind }, 'a drift could not be mended');
    }
  }

  private repair(drift: Drift, attempt: number): void {
    const { shell, calls } = this.parts;
    switch (drift.kind) {
      case 'contact-without-leg':
        return this.fail(drift.contactId, 'caller leg lost');
      case 'offer-without-leg':
        return this.giveBack(drift.offerId);
      case 'talk-without-leg':
        return this.fail(drift.contactId, 'agent leg lost');
      case 'contact-without-agent':
        // Routing knows how to mend itself; where it does not, the contact is not left hanging.
        if (attempt === 1) return void shell.run({ type: 'repair' });
        return this.release(drift.contactId);
      case 'agent-without-contact':
        return void shell.run({ type: 'repair' });
      case 'agent-overdue':
        return this.endOverdue(drift.agentId, drift.until);
      case 'deadline-overdue':
        shell.run({ type: 'tick' });
        return;
      case 'agent-kept-away':
        return void shell.run({ type: 'phone.registered', phoneId: drift.phoneId, transport: 'udp' });
      case 'phone-disagreed': {
        const { phoneId } = drift;
        if (drift.isRegistered) shell.run({ type: 'phone.registered', phoneId, transport: 'udp' });
        else shell.run({ type: 'phone.unregistered', phoneId, reason: 'expired' });
        return;
      }
      case 'leg-without-contact':
        return calls.hangup(drift.legId, 'belongs to no contact');
      case 'leg-without-media':
        return this.loseLeg(drift.legId, 'audio lost');
      case 'leg-without-dialog':
        return this.loseLeg(drift.legId, 'dialog lost');
      case 'media-without-leg':
        return calls.closeStrayMedia(drift.sessionId);
      case 'dialog-without-leg':
        return calls.endStrayDialog(drift.dialogId, 'belongs to no call');
    }
  }

  /** Its end hangs up whatever legs there still are. */
  private fail(contactId: string, reason: string): void {
    this.parts.shell.run({ type: 'contact.fail', contactId, reason });
  }

  /** The contact in its old place, the agent free. */
  private giveBack(offerId: string): void {
    this.parts.shell.run({ type: 'offer.failed', offerId, reason: 'interrupted' });
    this.parts.calls.hangup(offerId, 'interrupted');
  }

  private release(contactId: string): void {
    const contact = this.parts.shell.acd.contact(contactId);
    if (contact?.state === 'offered') for (const { offerId } of contact.offers ?? []) this.giveBack(offerId);
    else if (contact) this.fail(contactId, 'agent lost');
  }

  /** A leg that has lost its audio or its dialog: who waits for the agent keeps the place, any other contact ends. */
  private loseLeg(legId: string, reason: string): void {
    const { shell, calls } = this.parts;
    const contact = shell.acd.contact(legId) ?? shell.acd.contactOfOffer(legId);
    if (contact?.offers?.some(({ offerId }) => offerId === legId)) return this.giveBack(legId);
    if (contact) this.fail(contact.id, reason);
    calls.hangup(legId, reason);
  }

  private endOverdue(agentId: string, until: number): void {
    const { shell } = this.parts;
    shell.run({ type: 'tick' });
    const agent = shell.acd.agent(agentId);
    if (agent?.until !== until) return;
    // No deadline was kept for it: what the deadline would have done.
    if (agent.state === 'wrap-up') return void shell.run({ type: 'agent.end-wrap-up', agentId });
    const offers = shell.acd.contact(agent.contactId ?? '')?.offers ?? [];
    const offerId = offers.find((offer) => offer.agentId === agentId)?.offerId;
    if (offerId) shell.run({ type: 'offer.failed', offerId, reason: 'rona' });
  }
}

async function within<T>(ms: number, promise: Promise<T | undefined>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms).unref();
  });
  try {
    return await Promise.race([promise.catch(() => undefined), late]);
  } finally {
    clearTimeout(timer);
  }
}
