/**
 * What every event adds to which count: the one fold behind live boards, roll-ups and reports, so that they cannot disagree
 * (N1). Pure: no clock, no I/O; what it finds it tells a sink, which knows windows or tables.
 *
 * A contact's time in one queue is a stay. It is measured by the definitions in force when it began (N13): a target changed at
 * noon leaves the morning as it was. Its service-level event is at the first of: answered; abandoned, not short; target time
 * passed. The last needs no event: `advance` finds it, and it stands at the instant at which the target ran out.
 *
 *   queued --> answered --> handled (ended or passed on) --> wrap-up added when it is over
 *      \---> abandoned, flowed out
 */
import { decodeNext } from '../acd/agent-state.ts';
import { type Channel, type DraftOf, type HearthlineEvent, workOf } from '../contract/events.ts';
import { type Delta, longestWaitPlace, placeOf } from './figure-cells.ts';
import { AgentClock, type AgentClockState } from './agent-clock.ts';
import { type FoldSite, siteOfEvent } from './fold-site.ts';
import type { ContactKey, FigureSink, Stay } from './stay.ts';

export type { ContactKey, FigureSink, Stay } from './stay.ts';

/** A contact that is not over. */
export interface InHand {
  readonly channel: Channel;
  readonly numberId: string;
  readonly trunkId: string;
  readonly boundQueueId: string;
  readonly arrivedAt: number;
  ordinal: number;
  isCounted: boolean;
  /** An agent has answered the customer. */
  isReplied: boolean;
  stay?: Stay;
}

export interface FoldState {
  readonly site: FoldSite;
  readonly contacts: readonly (readonly [string, InHand])[];
  /** The stay that an agent's wrap-up is for. */
  readonly wrapping: readonly (readonly [string, Stay])[];
  readonly agents: AgentClockState;
}

type ContactEvent = Extract<HearthlineEvent, { type: `contact.${string}` | `offer.${string}` }>;

export class FigureFold {
  #site: FoldSite;
  #version = 0;
  readonly #sink: FigureSink;
  readonly #contacts: Map<string, InHand>;
  readonly #wrapping: Map<string, Stay>;
  readonly #agents: AgentClock;
  /** Stays without a service-level event yet, by target time; in each, the first runs out first. */
  readonly #undecided = new Map<number, Set<Stay>>();

  /** `state`: what `state()` gave, after a trip through JSON. */
  constructor(site: FoldSite, sink: FigureSink, state?: FoldState) {
    this.#site = state?.site ?? site;
    this.#sink = sink;
    this.#contacts = new Map(state?.contacts);
    this.#wrapping = new Map(state?.wrapping);
    this.#agents = new AgentClock(sink, this.#site, state?.agents);
    for (const stay of this.stays()) this.#await(stay);
  }

  /** Grows with every event. */
  get version(): number {
    return this.#version;
  }

  get site(): FoldSite {
    return this.#site;
  }

  /** Who is in which state and what runs now; boards ask. */
  get agents(): AgentClock {
    return this.#agents;
  }

  /** Definitions of a site that no event has told of. */
  define(site: FoldSite): void {
    this.#site = site;
    this.#agents.setSite(site);
  }

  /** Whatever ran out before `at` is counted. */
  advance(at: number): void {
    for (const stay of this.overdue(at)) {
      this.#decide(stay, stay.queuedAt + stay.targetMs);
      this.#sink.stay(stay);
    }
  }

  /** Those whose target has run out and that are not counted yet: nothing has happened since. Changes nothing. */
  overdue(now: number): Stay[] {
    const found: Stay[] = [];
    for (const [targetMs, stays] of this.#undecided)
      for (const stay of stays) {
        if (now - stay.queuedAt <= targetMs) break;
        found.push(stay);
      }
    return found;
  }

  apply(event: HearthlineEvent): void {
    this.#version += 1;
    this.advance(event.at);
    switch (event.type) {
      case 'site.applied':
        this.#applySite(event);
        return;
      case 'agent.state-changed':
        this.#changeAgent(event);
        return;
      case 'agent.logged-in':
      case 'agent.logged-out':
      case 'phone.registered':
      case 'phone.unregistered':
      case 'recording.started':
      case 'recording.completed':
      case 'recording.failed':
      case 'emergency.switched':
      case 'server.started':
        return;
      default:
        this.#applyContact(event);
    }
  }

  inHand(): Iterable<Pick<InHand, 'channel' | 'trunkId'>> {
    return this.#contacts.values();
  }

  /** Of the contacts in hand, in the order of their entry. */
  stays(): Stay[] {
    const stays = [...this.#contacts.values()].flatMap(({ stay }) => stay ?? []);
    return stays.sort((a, b) => a.queuedAt - b.queuedAt);
  }

  state(): FoldState {
    return {
      site: this.#site,
      contacts: [...this.#contacts],
      wrapping: [...this.#wrapping],
      agents: this.#agents.state(),
    };
  }

  #applySite(event: DraftOf<'site.applied'>): void {
    const next = siteOfEvent(event.data, this.#site);
    const isNew = next.definition !== this.#site.definition;
    this.#site = next;
    this.#agents.setSite(next);
    if (isNew) this.#sink.defined(next, event.at);
  }

  #changeAgent(event: DraftOf<'agent.state-changed'>): void {
    // What comes after the contact in hand is no change of state yet.
    if (decodeNext(event)) return;
    const agentId = event.agentId ?? '';
    const { from, to, forMs } = event.data;
    this.#agents.change(agentId, to, event.at, forMs, from);
    if (from === 'wrap-up') this.#addWrapUp(agentId, event.at, forMs, event.queueId);
    if (to !== 'wrap-up') this.#wrapping.delete(agentId);
  }

  #addWrapUp(agentId: string, at: number, forMs: number, queueId: string | undefined): void {
    const stay = this.#wrapping.get(agentId);
    const delta = [placeOf.wrapUpMs, forMs];
    if (stay) {
      stay.wrapUpMs += forMs;
      this.#count(stay, at, delta);
      this.#work(agentId, stay.key, at, delta);
      this.#sink.stay(stay);
    } else if (queueId !== undefined) {
      // Its contact is not known: the log begins in the middle.
      const key: ContactKey = { queueId, channel: 'voice', numberId: '', trunkId: '', branch: '' };
      this.#sink.count(key, at, at, delta);
      this.#work(agentId, key, at, delta);
    }
  }

  #applyContact(event: ContactEvent): void {
    const contactId = event.contactId ?? '';
    if (event.type === 'contact.arrived') {
      const { channel, numberId, trunkId = '' } = event.data;
      this.#contacts.set(contactId, {
        channel,
        numberId,
        trunkId,
        boundQueueId: event.queueId ?? '',
        arrivedAt: event.at,
        ordinal: 0,
        isCounted: false,
        isReplied: false,
      });
      return;
    }
    const contact = this.#contacts.get(contactId);
    if (!contact) return;
    switch (event.type) {
      case 'contact.queued':
        this.#enter(contactId, contact, event.queueId ?? contact.boundQueueId, event.at);
        return;
      case 'contact.flowed-out':
        this.#flowOut(contactId, contact, event);
        return;
      case 'contact.offered':
        this.#offer(contact, event.agentId, event.at, [placeOf.offers, 1]);
        return;
      case 'offer.withdrawn':
        if (event.data.reason === 'rona') this.#offer(contact, event.agentId, event.at, [placeOf.rona, 1]);
        if (event.data.reason === 'rejected')
          this.#offer(contact, event.agentId, event.at, [placeOf.rejected, 1]);
        return;
      case 'contact.answered':
        this.#answer(contact, event);
        return;
      case 'contact.abandoned':
        this.#abandon(contact, event);
        return;
      case 'contact.replied':
        this.#reply(contact, event);
        return;
      case 'contact.reached':
        this.#offer(contact, event.agentId, event.at, [placeOf.reached, 1]);
        return;
      case 'contact.not-reached':
        this.#offer(contact, event.agentId, event.at, [placeOf.notReached, 1]);
        return;
      case 'contact.transferred':
        this.#handle(contact, event.at, event.data, true);
        return;
      case 'contact.ended':
        this.#end(contactId, contact, event);
        return;
      case 'contact.announced':
      case 'contact.relaxed':
      case 'contact.dialled':
      case 'contact.held':
      case 'contact.resumed':
      case 'offer.alerted':
        return;
    }
  }

  /** Once a contact, as soon as it is known what becomes of it. */
  #arrive(contact: InHand, branch: string): void {
    if (contact.isCounted) return;
    contact.isCounted = true;
    const { channel, numberId, trunkId, arrivedAt } = contact;
    const key: ContactKey = { queueId: '', channel, numberId, trunkId, branch };
    const delta = [placeOf.arrived, 1];
    if (branch !== 'queue') delta.push(placeOf.contained, 1);
    this.#sink.count(key, arrivedAt, arrivedAt, delta);
  }

  #enter(contactId: string, contact: InHand, queueId: string, at: number): Stay {
    this.#arrive(contact, 'queue');
    const { channel, numberId, trunkId } = contact;
    const { targetMs, shortAbandonMs } = this.#site.queues[queueId] ?? { targetMs: 0, shortAbandonMs: 0 };
    contact.ordinal += 1;
    const stay: Stay = {
      contactId,
      ordinal: contact.ordinal,
      key: { queueId, channel, numberId, trunkId, branch: '' },
      queuedAt: at,
      targetMs,
      shortAbandonMs,
      definition: this.#site.definition,
      wrapUpMs: 0,
    };
    contact.stay = stay;
    this.#await(stay);
    this.#count(stay, at, [placeOf.offered, 1]);
    this.#sink.stay(stay);
    return stay;
  }

  #await(stay: Stay): void {
    if (stay.outcome !== undefined || stay.serviceLevelAt !== undefined) return;
    const same = this.#undecided.get(stay.targetMs);
    if (same) same.add(stay);
    else this.#undecided.set(stay.targetMs, new Set([stay]));
  }

  #count(stay: Stay, at: number, delta: Delta): void {
    this.#sink.count(stay.key, at, stay.queuedAt, delta);
  }

  #work(agentId: string | undefined, key: ContactKey, at: number, delta: Delta): void {
    if (agentId !== undefined) this.#sink.work(agentId, this.#site.teams[agentId] ?? '', key, at, delta);
  }

  #offer(contact: InHand, agentId: string | undefined, at: number, delta: Delta): void {
    const { stay } = contact;
    if (!stay) return;
    this.#count(stay, at, delta);
    this.#work(agentId, stay.key, at, delta);
  }

  #decide(stay: Stay, at: number): void {
    if (stay.serviceLevelAt !== undefined) return;
    stay.serviceLevelAt = at;
    this.#undecided.get(stay.targetMs)?.delete(stay);
    this.#count(stay, at, [placeOf.serviceLevelOffered, 1]);
  }

  #leave(stay: Stay, outcome: NonNullable<Stay['outcome']>, at: number, waitMs: number): void {
    stay.outcome = outcome;
    stay.leftAt = at;
    stay.waitMs = waitMs;
    stay.isInTarget = waitMs <= stay.targetMs;
    const same = this.#undecided.get(stay.targetMs);
    same?.delete(stay);
    if (same?.size === 0) this.#undecided.delete(stay.targetMs);
    this.#count(stay, at, [longestWaitPlace, waitMs]);
  }

  #answer(contact: InHand, { agentId, at, data: { waitMs } }: DraftOf<'contact.answered'>): void {
    const { stay, channel } = contact;
    if (!stay || stay.outcome !== undefined) return;
    this.#decide(stay, at);
    this.#leave(stay, 'answered', at, waitMs);
    stay.agentId = agentId ?? '';
    stay.teamId = this.#site.teams[stay.agentId] ?? '';
    const delta = [placeOf.answered, 1, placeOf.answeredWaitMs, waitMs];
    if (stay.isInTarget) delta.push(placeOf.answeredInTarget, 1);
    // Who picks up speaks: of a call the first answer is the answer.
    if (workOf(channel) === 'voice') delta.push(...firstReply(contact, stay, at, waitMs));
    this.#count(stay, at, delta);
    this.#work(agentId, stay.key, at, delta);
    if (workOf(channel) !== 'voice') this.#agents.takeText(stay.agentId, 1, at);
    this.#sink.stay(stay);
  }

  #reply(contact: InHand, { agentId, at, data }: DraftOf<'contact.replied'>): void {
    const { stay, channel } = contact;
    if (!stay || workOf(channel) === 'voice') return;
    const delta = firstReply(contact, stay, at, data.responseMs ?? at - stay.queuedAt);
    if (delta.length === 0) return;
    this.#count(stay, at, delta);
    this.#work(agentId, stay.key, at, delta);
    this.#sink.stay(stay);
  }

  #abandon({ stay }: InHand, { at, data: { waitMs } }: DraftOf<'contact.abandoned'>): void {
    if (!stay || stay.outcome !== undefined) return;
    stay.isShort = waitMs < stay.shortAbandonMs;
    if (!stay.isShort) this.#decide(stay, at);
    this.#leave(stay, 'abandoned', at, waitMs);
    const delta = [placeOf.abandoned, 1, placeOf.abandonedWaitMs, waitMs];
    if (stay.isShort) delta.push(placeOf.shortAbandoned, 1);
    else if (stay.isInTarget) delta.push(placeOf.abandonedInTarget, 1);
    this.#count(stay, at, delta);
    this.#sink.stay(stay);
  }

  /** Also of a contact that found no room and so never waited: offered and flowed out at once. */
  #flowOut(contactId: string, contact: InHand, { at, queueId, data }: DraftOf<'contact.flowed-out'>): void {
    const isWaiting = contact.stay !== undefined && contact.stay.outcome === undefined;
    const stay = isWaiting
      ? contact.stay!
      : this.#enter(contactId, contact, queueId ?? contact.boundQueueId, at);
    this.#leave(stay, 'flowed-out', at, data.waitMs);
    this.#count(stay, at, [placeOf.flowedOut, 1]);
    this.#sink.stay(stay);
  }

  #handle(
    contact: InHand,
    at: number,
    { talkMs, holdMs }: { talkMs: number; holdMs: number },
    isTransferred: boolean,
  ): void {
    const { stay } = contact;
    if (stay?.outcome !== 'answered' || stay.handledAt !== undefined) return;
    Object.assign(stay, { handledAt: at, talkMs, holdMs, isTransferred });
    const delta = [placeOf.handled, 1, placeOf.talkMs, talkMs, placeOf.holdMs, holdMs];
    if (isTransferred) delta.push(placeOf.transferred, 1);
    this.#count(stay, at, delta);
    this.#work(stay.agentId, stay.key, at, delta);
    const agentId = stay.agentId ?? '';
    if (workOf(contact.channel) === 'voice') this.#wrapping.set(agentId, stay);
    else this.#agents.takeText(agentId, -1, at);
    this.#sink.stay(stay);
  }

  #end(contactId: string, contact: InHand, { at, data }: DraftOf<'contact.ended'>): void {
    // Not its reason: that may be what a stranger's phone said.
    this.#arrive(contact, data.outcome);
    const { stay } = contact;
    if (stay && stay.outcome === undefined) {
      // Routing lets nobody go so; a log that was cut might.
      this.#leave(stay, 'flowed-out', at, at - stay.queuedAt);
      this.#count(stay, at, [placeOf.flowedOut, 1]);
      this.#sink.stay(stay);
    }
    this.#handle(contact, at, data, false);
    this.#contacts.delete(contactId);
  }
}

function firstReply(contact: InHand, stay: Stay, at: number, responseMs: number): Delta {
  if (contact.isReplied) return [];
  contact.isReplied = true;
  Object.assign(stay, { repliedAt: at, responseMs });
  return [placeOf.replied, 1, placeOf.firstReplyMs, responseMs];
}
