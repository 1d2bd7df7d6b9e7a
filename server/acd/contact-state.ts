/**
 * The life of one contact, as a fold of its events. Pure: no clock, no lists, no agents.
 *
 *                 contact.arrived
 *                       |
 *                   greeting --------------------------------------------+
 *                       | contact.queued            | contact.flowed-out  | contact.ended
 *                       v                           | (max-length,        | (left-before-queue,
 *      +----------> waiting --- contact.announced,  |  queue-removed)     |  failed, refused)
 *      |                |        contact.relaxed    |                     |
 *      | offer.         |  |  \                     |                     |
 *      | withdrawn      |  |   \ contact.flowed-out |                     |
 *      |  contact.      |  |    +---------------> flowed-out --+          |
 *      |  offered       |  | contact.                          |          |
 *      |                v  |  abandoned                        |          |
 *      +------------ offered -----------------> abandoned -----+          |
 *                       | contact.answered                     |          v
 *                       v                                      +---->  (ended)
 *                   connected (held <-> not held) ----------------------> ^
 *                       | contact.transferred
 *                       +---------------> flowed-out
 *
 * A contact that flowed out to another queue, or was passed on, is queued there in the same command (overflow.ts,
 * transfer.ts).
 * Stops the race of a customer who leaves while an agent's phone rings: the offer is withdrawn first
 * (contact -> waiting), then abandoned, in one command, so nobody ever holds an offer without a contact.
 */
import type { SkillDemand } from '../contract/decision.ts';
import type { Channel, DraftOf } from '../contract/events.ts';
import { loosened, type Traits } from './demand.ts';
import type { Entry, Place } from './waiting-list.ts';

export interface Offer {
  readonly offerId: string;
  readonly agentId: string;
  /** Of a call. */
  readonly phoneId?: string;
  readonly offeredAt: number;
  readonly ringUntil: number;
  readonly alertedAt?: number;
}

interface Base {
  readonly id: string;
  readonly channel: Channel;
  readonly queueId: string;
  readonly arrivedAt: number;
  readonly language: string;
  /** Queues it has left by a rule since it came, or since an agent passed it on. */
  readonly left?: readonly string[];
  /** How often it was offered in the queues it has left: no two of its offers share an id. */
  readonly attempts?: number;
  /** What it takes along from the queue it left: since when it is taken to wait, and what it asked. */
  readonly carried?: { readonly since: number; readonly priority: number; readonly skills?: SkillDemand };
  /** Who passed it on last. */
  readonly giverId?: string;
  /** A callback whose customer has picked up. */
  readonly isReached?: true;
}
/** What a caller was told of its wait, and when. */
interface Told {
  readonly at: number;
  readonly ms: number;
}
interface Queued extends Base {
  readonly place: Place;
  readonly traits: Traits;
  /** How often it was offered so far. */
  readonly attempt: number;
}
export type ContactRecord =
  | (Base & { readonly state: 'greeting' })
  | (Queued & { readonly state: 'waiting'; readonly announcedAt: number; readonly told?: Told })
  | (Queued & {
      readonly state: 'offered';
      readonly announcedAt: number;
      readonly told?: Told;
      /** One, or where all are rung as many as ring; never none. */
      readonly offers: readonly Offer[];
    })
  | (Queued & {
      readonly state: 'connected';
      readonly agentId: string;
      readonly offerId: string;
      readonly connectedAt: number;
      readonly heldAt?: number;
      /** Held by a call that its agent took. */
      readonly isInterrupted?: true;
      /** Completed holds only. */
      readonly holdMs: number;
    })
  /** `target`: as in its event; where it hears a message or comes to another number. */
  | (Base & { readonly state: 'flowed-out'; readonly target: string })
  /** Between contact.abandoned and contact.ended, which one command emits together. */
  | (Base & { readonly state: 'abandoned' });

export type ContactIn<S extends ContactRecord['state']> = Extract<ContactRecord, { state: S }>;

export const placeOf = (contact: ContactRecord | undefined): Place | undefined =>
  contact && (contact.state === 'waiting' || contact.state === 'offered') ? contact.place : undefined;

export type ContactEvent = DraftOf<
  | 'contact.arrived'
  | 'contact.queued'
  | 'contact.announced'
  | 'contact.relaxed'
  | 'contact.offered'
  | 'offer.alerted'
  | 'offer.withdrawn'
  | 'contact.answered'
  | 'contact.reached'
  | 'contact.held'
  | 'contact.resumed'
  | 'contact.abandoned'
  | 'contact.flowed-out'
  | 'contact.transferred'
  | 'contact.ended'
>;

export function arrivedContact(event: DraftOf<'contact.arrived'>): ContactRecord {
  return {
    id: event.contactId ?? '',
    channel: event.data.channel,
    queueId: event.queueId ?? '',
    arrivedAt: event.at,
    language: event.data.language,
    state: 'greeting',
  };
}

// Here and in all folds on the way of a call, spreads stand last: a property added to an object that a spread began costs
// V8 of Node 20 some 2 us each, forty times a copied one (`npm run bench:acd` shows it).
const baseOf = (c: ContactRecord): Base => ({
  id: c.id,
  channel: c.channel,
  queueId: c.queueId,
  arrivedAt: c.arrivedAt,
  language: c.language,
  ...(c.left && { left: c.left }),
  ...(c.carried && { carried: c.carried }),
  ...(c.attempts && { attempts: c.attempts }),
  ...(c.giverId !== undefined && { giverId: c.giverId }),
  ...(c.isReached && { isReached: true }),
});
const queuedOf = (c: Queued & ContactRecord): Queued => ({
  place: c.place,
  traits: c.traits,
  attempt: c.attempt,
  ...baseOf(c),
});

/**
 * The contact after the event; undefined once it has ended. An event that its state does not know leaves it
 * as it is: the log is the truth, and a fold never throws on it. `fresh`: numbers and makes the place of an entry.
 */
export function foldContact(
  contact: ContactRecord,
  event: ContactEvent,
  fresh: (entry: Omit<Entry, 'order'>, queueId: string) => Place,
): ContactRecord | undefined {
  switch (event.type) {
    case 'contact.arrived':
      return contact;
    case 'contact.queued':
      return contact.state === 'greeting' || contact.state === 'flowed-out'
        ? queued(contact, event, fresh)
        : contact;
    case 'contact.relaxed':
      return contact.state === 'waiting' ? relaxed(contact, event) : contact;
    case 'contact.announced':
      return contact.state === 'waiting' ? announced(contact, event) : contact;
    case 'contact.offered':
    case 'offer.alerted':
    case 'offer.withdrawn':
    case 'contact.answered':
      return foldOffer(contact, event);
    case 'contact.reached':
      return { ...contact, isReached: true };
    case 'contact.held':
      return contact.state === 'connected' && contact.heldAt === undefined
        ? { heldAt: event.at, ...(event.data.isInterrupted && { isInterrupted: true }), ...contact }
        : contact;
    case 'contact.resumed': {
      if (contact.state !== 'connected') return contact;
      const { heldAt: _held, isInterrupted: _interrupted, ...rest } = contact;
      return { ...rest, holdMs: contact.holdMs + event.data.holdMs };
    }
    case 'contact.abandoned':
      return { state: 'abandoned', ...baseOf(contact) };
    case 'contact.flowed-out':
      return flowedOut(contact, event);
    case 'contact.transferred':
      return contact.state === 'connected' ? transferred(contact, event) : contact;
    case 'contact.ended':
      return undefined;
  }
}

function queued(
  contact: ContactIn<'greeting' | 'flowed-out'>,
  event: DraftOf<'contact.queued'>,
  fresh: (entry: Omit<Entry, 'order'>, queueId: string) => Place,
): ContactRecord {
  const queueId = event.queueId ?? contact.queueId;
  const { priority, headStartMs, skills, preferred, giver } = event.data;
  const { id: contactId, language } = contact;
  const entry = {
    contactId,
    priority,
    queuedAt: event.at,
    ...(headStartMs === undefined ? {} : { headStartMs }),
  };
  return {
    state: 'waiting',
    place: fresh(entry, queueId),
    traits: {
      language,
      relaxedMs: 0,
      ...(skills && { skills }),
      ...(preferred && { preferred }),
      ...(giver && { giver }),
    },
    attempt: contact.attempts ?? 0,
    announcedAt: event.at,
    ...baseOf(contact),
    queueId,
  };
}

function announced(
  contact: ContactIn<'waiting'>,
  { at, data: { estimateMs } }: DraftOf<'contact.announced'>,
): ContactRecord {
  return {
    state: 'waiting',
    announcedAt: at,
    ...(estimateMs !== undefined && { told: { at, ms: estimateMs } }),
    ...queuedOf(contact),
  };
}

function flowedOut(contact: ContactRecord, event: DraftOf<'contact.flowed-out'>): ContactRecord {
  const queueId = event.queueId ?? contact.queueId;
  const { target } = event.data;
  const left = [...(contact.left ?? []), queueId];
  const base = { state: 'flowed-out', target, ...baseOf(contact), queueId, left } as const;
  if (contact.state !== 'waiting') return base;
  const { place, traits, attempt } = contact;
  const { skills } = traits;
  const since = place.queuedAt - (place.headStartMs ?? 0);
  const carried = { since, priority: place.priority, ...(skills && { skills }) };
  return { ...base, carried, attempts: attempt };
}

/** Takes along how long it waited, but not what it asked: who passes it on knows better what it needs. */
function transferred(
  contact: ContactIn<'connected'>,
  { at, data: { target } }: DraftOf<'contact.transferred'>,
): ContactRecord {
  const { left: _left, ...base } = baseOf(contact);
  const { place, connectedAt, attempt, agentId } = contact;
  const waitMs = connectedAt - place.queuedAt + (place.headStartMs ?? 0);
  const carried = { since: at - waitMs, priority: place.priority };
  return { ...base, state: 'flowed-out', target, carried, attempts: attempt, giverId: agentId };
}

function relaxed(contact: ContactIn<'waiting'>, { data }: DraftOf<'contact.relaxed'>): ContactRecord {
  return { ...contact, traits: loosened(contact.traits, data.rules, data.afterMs) };
}

function foldOffer(
  contact: ContactRecord,
  event: DraftOf<'contact.offered' | 'offer.alerted' | 'offer.withdrawn' | 'contact.answered'>,
): ContactRecord {
  if (event.type === 'contact.offered') {
    if (contact.state !== 'waiting' && contact.state !== 'offered') return contact;
    const { offerId, phoneId, ringUntil, attempt } = event.data;
    const offer = {
      offerId,
      agentId: event.agentId ?? '',
      ...(phoneId !== undefined && { phoneId }),
      offeredAt: event.at,
      ringUntil,
    };
    const others = contact.state === 'offered' ? contact.offers : [];
    const { announcedAt, told } = contact;
    const offers = [...others, offer];
    return { state: 'offered', announcedAt, ...(told && { told }), offers, ...queuedOf(contact), attempt };
  }
  if (contact.state !== 'offered') return contact;
  const { offers, announcedAt, told } = contact;
  const offer = offers.find(({ offerId }) => offerId === event.data.offerId);
  if (!offer) return contact;
  switch (event.type) {
    case 'offer.alerted':
      return {
        ...contact,
        offers: offers.map((one) => (one === offer ? { alertedAt: event.at, ...one } : one)),
      };
    case 'offer.withdrawn':
      if (offers.length > 1) return { ...contact, offers: offers.filter((one) => one !== offer) };
      return { state: 'waiting', announcedAt, ...(told && { told }), ...queuedOf(contact) };
    case 'contact.answered':
      return {
        state: 'connected',
        agentId: offer.agentId,
        offerId: offer.offerId,
        connectedAt: event.at,
        holdMs: 0,
        ...queuedOf(contact),
      };
  }
}

/** The offer that is out to this agent. */
export const offerTo = (contact: ContactRecord | undefined, agentId: string): Offer | undefined =>
  contact?.state === 'offered' ? contact.offers.find((offer) => offer.agentId === agentId) : undefined;

/** The times of the talk so far, an unfinished hold included. */
export function talkOf(contact: ContactIn<'connected'>, at: number): { talkMs: number; holdMs: number } {
  const holdMs = contact.holdMs + (contact.heldAt === undefined ? 0 : at - contact.heldAt);
  return { talkMs: at - contact.connectedAt - holdMs, holdMs };
}

/** How long the agent's phone rang: from its first ring, so 0 where it never rang. */
export function ringMsOf(offer: Offer, at: number): number {
  return offer.alertedAt === undefined ? 0 : at - offer.alertedAt;
}
