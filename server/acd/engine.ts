/**
 * The routing engine (design §5): takes a command, decides, and answers with the events that it has already
 * applied. Pure: no clock, no random, no I/O; time comes with the command. `apply` folds the same events from
 * the log, and both leave the same state, so a restart is a snapshot and a replay.
 * The events of one command belong together: append them to the log in one step.
 */
import type { EventDraft } from '../contract/events.ts';
import { AcdState } from './acd-state.ts';
import { handleAgent, handlePhone } from './agent-commands.ts';
import type { AgentRecord } from './agent-state.ts';
import { announce, handleContact } from './contact-commands.ts';
import { endRinging } from './offer-end.ts';
import { type ContactRecord, placeOf } from './contact-state.ts';
import type { Deadline } from './deadlines.ts';
import { assertInvariants } from './invariants.ts';
import { estimateMs } from './estimate.ts';
import { flowOut } from './overflow.ts';
import { relax } from './relaxation.ts';
import { repair } from './repair.ts';
import { Session } from './session.ts';
import { applySite, switchEmergency } from './site-commands.ts';
import type { Acd, AcdCommand, AcdResult, AgentView, ContactView, IgnoredReason } from './types.ts';

/** `snapshot`: what `toSnapshot` gave, also after a trip through JSON. */
export function createAcd(snapshot?: unknown): Acd {
  const state = new AcdState();
  if (snapshot !== undefined && snapshot !== null) state.load(snapshot);
  const session = new Session(state);
  return {
    handle: (command) => handle(session, command),
    apply: (event) => state.apply(event),
    toSnapshot: () => state.toSnapshot(),
    nextDeadline: () => state.deadlines.next()?.at,
    agent: (agentId) => viewAgent(state.agents.get(agentId)),
    agentAtPhone: (phoneId) => viewAgent(state.agents.get(state.agentByPhone.get(phoneId) ?? '')),
    contact: (contactId) => viewContact(state.contacts.get(contactId)),
    contactOfOffer: (offerId) => viewContact(state.contacts.get(state.contactByOffer.get(offerId) ?? '')),
    contacts: () => viewAll(state),
    position: (contactId) => {
      const contact = state.contacts.get(contactId);
      const place = placeOf(contact);
      return contact && place ? state.queues.get(contact.queueId)?.waiting.position(place) : undefined;
    },
    waiting: (queueId) => state.queues.get(queueId)?.waiting.size ?? 0,
    estimatedWaitMs: (queueId, at) => {
      const queue = state.queues.get(queueId);
      return queue && estimateMs(queue.pace, queue.waiting.size + 1, at);
    },
    emergencies: () => [...state.emergencies].sort(),
    isRegistered: (phoneId) => state.registeredPhones.has(phoneId),
    registeredPhones: () => [...state.registeredPhones],
    assertInvariants: () => assertInvariants(state),
  };
}

function handle(session: Session, command: AcdCommand): AcdResult {
  session.begin(command.at);
  const ignored = dispatch(session, command);
  session.settle();
  const events: EventDraft[] = session.events;
  return ignored === undefined ? { events } : { events, ignored };
}

function dispatch(session: Session, command: AcdCommand): IgnoredReason | undefined {
  switch (command.type) {
    case 'site.apply':
      return applySite(session, command.site);
    case 'tick':
      tick(session);
      return undefined;
    case 'emergency.switch':
      return switchEmergency(session, command);
    case 'repair':
      repair(session);
      return undefined;
    case 'agent.login':
    case 'agent.logout':
    case 'agent.ready':
    case 'agent.not-ready':
    case 'agent.end-wrap-up':
    case 'agent.extend-wrap-up':
      return handleAgent(session, command);
    case 'phone.registered':
    case 'phone.unregistered':
      return handlePhone(session, command);
    case 'contact.arrive':
    case 'contact.enqueue':
    case 'contact.leave':
    case 'contact.fail':
    case 'contact.finish':
    case 'contact.agent-hung-up':
    case 'contact.transfer':
    case 'contact.reached':
    case 'contact.hold':
    case 'contact.resume':
    case 'offer.alerted':
    case 'offer.accepted':
    case 'offer.failed':
    case 'offers.interrupt':
      return handleContact(session, command);
  }
}

/** One deadline after the other in time order, each settled before the next, as if each had come alone. */
function tick(session: Session): void {
  for (;;) {
    const due = session.state.deadlines.next();
    if (!due || due.at > session.at) return;
    carryOut(session, due);
    session.settle();
    // A deadline that changed nothing would come again for ever; only a bug of ours leaves one.
    const next = session.state.deadlines.next();
    if (next && next.kind === due.kind && next.id === due.id && next.at === due.at)
      throw new Error(`deadline ${due.kind} of ${due.id} was not met`);
  }
}

function carryOut(session: Session, due: Deadline): void {
  if (due.kind === 'wrap-up') {
    session.moveOn(due.id);
    return;
  }
  const contact = session.state.contacts.get(due.id);
  if (due.kind === 'ring' && contact?.state === 'offered') endRinging(session, contact);
  if (due.kind === 'max-wait' && contact?.state === 'waiting')
    flowOut(session, contact, { reason: 'max-wait' });
  if (due.kind === 'relax' && contact?.state === 'waiting') relax(session, contact);
  if (due.kind === 'announce' && contact?.state === 'waiting') announce(session, contact);
}

function* viewAll(state: AcdState): Iterable<ContactView> {
  for (const contact of state.contacts.values()) {
    const view = viewContact(contact);
    if (view) yield view;
  }
}

function viewAgent(agent: AgentRecord | undefined): AgentView | undefined {
  if (!agent) return undefined;
  const { id, state, reason, isSystemReason, since, until, phoneId, contactId, inHand, next } = agent;
  const pending =
    next?.to === 'not-ready' ? ({ to: 'not-ready', reason: next.reason } as const) : next && { to: next.to };
  return {
    id,
    state,
    since,
    ...(reason === undefined ? {} : { reason }),
    ...(isSystemReason ? { isSystemReason } : {}),
    ...(until === undefined ? {} : { until }),
    ...(phoneId === undefined ? {} : { phoneId }),
    ...(contactId === undefined ? {} : { contactId }),
    ...(inHand ? { inHand } : {}),
    ...(pending ? { pending } : {}),
  };
}

function viewContact(contact: ContactRecord | undefined): ContactView | undefined {
  if (!contact) return undefined;
  const base = {
    id: contact.id,
    channel: contact.channel,
    queueId: contact.queueId,
    arrivedAt: contact.arrivedAt,
    ...(contact.isReached && { isReached: true }),
  };
  switch (contact.state) {
    case 'greeting':
      return { ...base, state: 'greeting' };
    case 'flowed-out':
      return { ...base, state: 'flowed-out', target: contact.target };
    case 'abandoned':
      return { ...base, state: 'flowed-out' };
    case 'waiting':
      return { ...base, state: 'waiting', queuedAt: contact.place.queuedAt };
    case 'offered': {
      const offers = contact.offers.map(({ offerId, agentId, alertedAt, offeredAt, ringUntil }) => ({
        offerId,
        agentId,
        isAlerted: alertedAt !== undefined,
        at: offeredAt,
        until: ringUntil,
      }));
      const { queuedAt } = contact.place;
      return { ...base, state: 'offered', queuedAt, ...offers[0], offers };
    }
    case 'connected': {
      const { offerId, agentId, heldAt, connectedAt } = contact;
      const { queuedAt } = contact.place;
      const isHeld = heldAt !== undefined;
      return { ...base, state: 'connected', queuedAt, offerId, agentId, isHeld, connectedAt };
    }
  }
}
