/**
 * Says where the worlds that must agree do not: routing (contacts, agents), call control (legs), the media engine
 * (sessions) and the SIP engine (dialogs). Pure: looks at one moment and at what the looks before saw; mends nothing.
 * Race it stops: what is on its way between two worlds looks like drift for a moment, so a difference is real only when
 * the very same one is there in successive looks (`Looks`).
 */
import type { LegView } from '../../sip/port.ts';
import type { AgentView, ContactView } from '../acd/types.ts';

/** The difference, and whom it is about. Two looks saw the same one when all of it is equal. */
export type Drift =
  /** The caller's leg is gone. */
  | { kind: 'contact-without-leg'; contactId: string }
  /** On offer, and the agent's phone is neither dialled nor ringing. */
  | { kind: 'offer-without-leg'; contactId: string; offerId: string }
  /** Connected, and the agent's leg is not up. */
  | { kind: 'talk-without-leg'; contactId: string; offerId: string }
  /** The agent of an offer or a talk is busy with something else. */
  | { kind: 'contact-without-agent'; contactId: string; agentId: string }
  /** Reserved, Ringing, Talking or Hold, and the contact is gone or another's. */
  | { kind: 'agent-without-contact'; agentId: string; since: number }
  /** The time of a state was over, and nobody came to end it. */
  | { kind: 'agent-overdue'; agentId: string; until: number }
  | { kind: 'deadline-overdue'; at: number }
  /** Given up on for a failed offer, though its phone is there. */
  | { kind: 'agent-kept-away'; agentId: string; phoneId: string; since: number }
  /** Routing and the registrar disagree on whether a phone is there. */
  | { kind: 'phone-disagreed'; phoneId: string; isRegistered: boolean }
  | { kind: 'leg-without-contact'; legId: string; role: 'in' | 'out' }
  | { kind: 'leg-without-media'; legId: string }
  | { kind: 'media-without-leg'; sessionId: string }
  | { kind: 'leg-without-dialog'; legId: string; dialogId: string }
  | { kind: 'dialog-without-leg'; dialogId: string };

export type DriftKind = Drift['kind'];

export const driftKinds: readonly DriftKind[] = [
  'contact-without-leg',
  'offer-without-leg',
  'talk-without-leg',
  'contact-without-agent',
  'agent-without-contact',
  'agent-overdue',
  'deadline-overdue',
  'agent-kept-away',
  'phone-disagreed',
  'leg-without-contact',
  'leg-without-media',
  'media-without-leg',
  'leg-without-dialog',
  'dialog-without-leg',
];

/** Everything as it is in one turn of the event loop, but for the lists of the engines, which are a moment older. */
export interface Worlds {
  /** ms UTC, of the clock that routing's times are of. */
  now: number;
  nextDeadline: number | undefined;
  /** Contacts that are calls. */
  contacts: Iterable<ContactView>;
  agents: Iterable<AgentView>;
  legs: readonly LegView[];
  /** Phones of the site: what routing and what the registrar thinks. */
  phones: Iterable<{ phoneId: string; isRouted: boolean; isRegistered: boolean }>;
  /** Undefined: could not be asked, and is not compared. */
  sessions: readonly string[] | undefined;
  dialogs: readonly string[] | undefined;
  /** Contacts, offers and legs that for a known reason stand alone. */
  isExcused: (id: string) => boolean;
}

/** How far beyond its time a state may be: a process that stood still first carries out what is due. */
export const overdueMarginMs = 2000;
/** Before an agent whose phone failed is tried again; a phone that registers anew is tried at once. */
export const keptAwayMs = 60_000;

const phoneTaking = new Set<LegView['state'] | undefined>(['dialing', 'alerting']);

export function findDrifts(worlds: Worlds): Drift[] {
  const legs = new Map(worlds.legs.map((leg) => [leg.legId, leg]));
  const found: Drift[] = [];
  const contacts = new Map<string, ContactView>();
  const offers = new Set<string>();
  const agents = new Map<string, AgentView>();
  for (const agent of worlds.agents) agents.set(agent.id, agent);
  for (const contact of worlds.contacts) {
    contacts.set(contact.id, contact);
    for (const { offerId } of offersOf(contact)) offers.add(offerId);
    compareContact(contact, legs, agents, worlds.isExcused, found);
  }
  for (const agent of agents.values()) compareAgent(agent, contacts, worlds, found);
  comparePhones(worlds, agents, found);
  for (const leg of worlds.legs) {
    const isOwned = contacts.has(leg.legId) || (leg.role === 'out' && offers.has(leg.legId));
    if (!isOwned && leg.state !== 'closing' && !worlds.isExcused(leg.legId))
      found.push({ kind: 'leg-without-contact', legId: leg.legId, role: leg.role });
  }
  compareEngines(worlds, found);
  const { nextDeadline, now } = worlds;
  if (nextDeadline !== undefined && nextDeadline < now - overdueMarginMs)
    found.push({ kind: 'deadline-overdue', at: nextDeadline });
  return found;
}

/** One drift at most for each of its agents; with the caller's leg, all the rest of a contact goes too. */
function compareContact(
  contact: ContactView,
  legs: ReadonlyMap<string, LegView>,
  agents: ReadonlyMap<string, AgentView>,
  isExcused: Worlds['isExcused'],
  found: Drift[],
): void {
  const { id: contactId, state } = contact;
  if (needsCustomer(contact) && !legs.has(contactId)) {
    if (!isExcused(contactId)) found.push({ kind: 'contact-without-leg', contactId });
    return;
  }
  for (const { offerId, agentId } of offersOf(contact)) {
    const legState = legs.get(offerId)?.state;
    if (!isBusyWith(agents.get(agentId), contact))
      found.push({ kind: 'contact-without-agent', contactId, agentId });
    else if (state === 'connected') {
      if (legState !== 'up') found.push({ kind: 'talk-without-leg', contactId, offerId });
    } else if (!phoneTaking.has(legState) && !isExcused(offerId))
      found.push({ kind: 'offer-without-leg', contactId, offerId });
  }
}

/** Nobody is on the line of a callback that waits, or whose customer is only about to be called. */
const needsCustomer = ({ channel, isReached }: ContactView): boolean =>
  channel !== 'callback' || isReached === true;

/** The offers that are out, or the one that was taken. */
function offersOf({
  state,
  offers,
  offerId,
  agentId,
}: ContactView): readonly { offerId: string; agentId: string }[] {
  if (state === 'offered') return offers ?? [];
  if (state !== 'connected' || offerId === undefined || agentId === undefined) return [];
  return [{ offerId, agentId }];
}

function isBusyWith(agent: AgentView | undefined, contact: ContactView): boolean {
  if (agent?.contactId !== contact.id) return false;
  if (contact.state === 'offered') return agent.state === 'reserved' || agent.state === 'ringing';
  return agent.state === 'talking' || agent.state === 'hold';
}

function compareAgent(
  agent: AgentView,
  contacts: ReadonlyMap<string, ContactView>,
  { now }: Worlds,
  found: Drift[],
): void {
  const { id: agentId, state, since, until } = agent;
  if (state === 'reserved' || state === 'ringing' || state === 'talking' || state === 'hold') {
    const contact = contacts.get(agent.contactId ?? '');
    const isTheirs = contact && offersOf(contact).some((offer) => offer.agentId === agentId);
    if (!isTheirs || !isBusyWith(agent, contact)) {
      found.push({ kind: 'agent-without-contact', agentId, since });
      return;
    }
  }
  if (until !== undefined && until < now - overdueMarginMs)
    found.push({ kind: 'agent-overdue', agentId, until });
}

function comparePhones(worlds: Worlds, agents: ReadonlyMap<string, AgentView>, found: Drift[]): void {
  const there = new Set<string>();
  for (const { phoneId, isRouted, isRegistered } of worlds.phones) {
    if (isRouted !== isRegistered) found.push({ kind: 'phone-disagreed', phoneId, isRegistered });
    else if (isRegistered) there.add(phoneId);
  }
  for (const { id: agentId, state, phoneId, since } of agents.values()) {
    if (state !== 'unreachable' || phoneId === undefined || !there.has(phoneId)) continue;
    if (since < worlds.now - keptAwayMs) found.push({ kind: 'agent-kept-away', agentId, phoneId, since });
  }
}

function compareEngines(worlds: Worlds, found: Drift[]): void {
  // What a leg owns is crossed off; what is left has none.
  const sessions = worlds.sessions && new Set(worlds.sessions);
  const dialogs = worlds.dialogs && new Set(worlds.dialogs);
  for (const { legId, state, dialogId, hasMedia } of worlds.legs) {
    const isSilent = sessions?.delete(legId) === false && hasMedia && state !== 'closing';
    const isCut = dialogId !== undefined && dialogs?.delete(dialogId) === false && state === 'up';
    if (isSilent) found.push({ kind: 'leg-without-media', legId });
    else if (isCut) found.push({ kind: 'leg-without-dialog', legId, dialogId });
  }
  for (const sessionId of sessions ?? []) found.push({ kind: 'media-without-leg', sessionId });
  for (const dialogId of dialogs ?? []) found.push({ kind: 'dialog-without-leg', dialogId });
}

/** A real drift, and how often it was mended before without being gone. */
export interface RealDrift {
  drift: Drift;
  attempt: number;
}

const looksNeeded = 2;
/** What the engine has that we do not know may be a message in our own backlog; it costs no agent, so it can wait. */
const looksForDialogs = 5;

/** What successive looks have seen. */
export class Looks {
  private seen = new Map<string, { looks: number; attempt: number }>();

  /** Those of `found` that were there often enough; each then starts anew, so that its repair has the time of two looks. */
  confirm(found: readonly Drift[], limit: number): RealDrift[] {
    const real: RealDrift[] = [];
    const seen: typeof this.seen = new Map();
    for (const drift of found) {
      const key = Object.values(drift).join(' ');
      const before = this.seen.get(key) ?? { looks: 0, attempt: 0 };
      const looks = before.looks + 1;
      const needed = drift.kind === 'dialog-without-leg' ? looksForDialogs : looksNeeded;
      if (looks >= needed && real.length < limit) {
        real.push({ drift, attempt: before.attempt + 1 });
        seen.set(key, { looks: 0, attempt: before.attempt + 1 });
      } else seen.set(key, { looks, attempt: before.attempt });
    }
    this.seen = seen;
    return real;
  }

  /** The worlds could not be looked at: what was seen before counts no more. */
  forget(): void {
    this.seen.clear();
  }
}
