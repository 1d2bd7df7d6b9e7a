/**
 * What must hold after every command. For tests and the reconciler: it looks at every record, so it is not
 * for the path of a call. Throws with the first broken rule.
 */
import type { AcdState } from './acd-state.ts';
import { type AgentRecord, isInTalk, isOnOffer } from './agent-state.ts';
import { type ContactRecord, type Offer, offerTo, placeOf } from './contact-state.ts';
import { contactDue } from './contact-due.ts';
import { ruledOutBy } from './demand.ts';
import type { Pool } from './pool.ts';
import type { QueueState } from './queue-state.ts';
import { isCall, type Standing, standingOf } from './workload.ts';

function must(isTrue: boolean, rule: string, ...about: unknown[]): asserts isTrue {
  if (!isTrue) throw new Error(`routing invariant broken: ${rule} ${about.map(String).join(' ')}`.trim());
}

export function assertInvariants(state: AcdState): void {
  const perQueue = new Map<string, { all: number; open: number; bound: number }>();
  const deadlines = { count: 0 };
  for (const contact of state.contacts.values()) {
    const queue = state.queues.get(contact.queueId);
    must(queue !== undefined, 'a contact is bound to a queue that exists', contact.id, contact.queueId);
    const sums = perQueue.get(contact.queueId) ?? { all: 0, open: 0, bound: 0 };
    sums.bound += 1;
    if (placeOf(contact)) sums.all += 1;
    if (contact.state === 'waiting') sums.open += 1;
    perQueue.set(contact.queueId, sums);
    checkContact(state, queue, contact);
    deadlines.count += contactDeadlines(state, queue, contact);
  }
  for (const agent of state.agents.values()) {
    checkAgent(state, agent);
    const at = state.deadlines.get('agent', agent.id)?.at;
    must(at === (agent.state === 'wrap-up' ? agent.until : undefined), 'timed wrap-up ends', agent.id);
    if (at !== undefined) deadlines.count += 1;
  }
  must(deadlines.count === state.deadlines.size, 'no deadline outlives what it is for');
  for (const [queueId, queue] of state.queues)
    checkQueue(state, queueId, queue, perQueue.get(queueId) ?? { all: 0, open: 0, bound: 0 });
}

function checkContact(state: AcdState, queue: QueueState, contact: ContactRecord): void {
  must(contact.state !== 'abandoned', 'an abandoned contact has ended', contact.id);
  if (contact.state === 'waiting' || contact.state === 'offered')
    must(queue.waiting.position(contact.place) !== undefined, 'who waits has a place', contact.id);
  if (contact.state === 'waiting') must(!queue.isRetired, 'nobody waits in a removed queue', contact.id);
  if (contact.state === 'offered') {
    must(contact.offers.length > 0, 'an offered contact has an offer', contact.id);
    for (const offer of contact.offers) checkOffer(state, contact, offer);
  }
  if (contact.state === 'connected' && !isCall(contact.channel))
    must(
      isInHandOf(state, contact.agentId, contact.id, false),
      'a connected text contact is in hand',
      contact.id,
    );
  if (contact.state === 'connected' && isCall(contact.channel)) {
    const agent = state.agents.get(contact.agentId);
    must(state.contactByOffer.get(contact.offerId) === contact.id, 'a taken offer is found', contact.id);
    must(
      agent?.contactId === contact.id && isInTalk(agent.state),
      'a connected contact has its agent',
      contact.id,
    );
    must((contact.heldAt !== undefined) === (agent.state === 'hold'), 'Hold means held', contact.id);
  }
}

const isInHandOf = (state: AcdState, agentId: string, contactId: string, isOffer: boolean): boolean =>
  state.agents.get(agentId)?.inHand?.some((one) => one.contactId === contactId && one.isOffer === isOffer) ??
  false;

function checkOffer(state: AcdState, { id: contactId, channel }: ContactRecord, offer: Offer): void {
  const agent = state.agents.get(offer.agentId);
  must(state.contactByOffer.get(offer.offerId) === contactId, 'an offer is found', contactId);
  if (!isCall(channel)) {
    must(isInHandOf(state, offer.agentId, contactId, true), 'offered text is with its agent', contactId);
    return;
  }
  must(
    agent?.contactId === contactId && isOnOffer(agent.state),
    'an offered contact has its agent',
    contactId,
  );
  must(agent.phoneId === offer.phoneId, 'the offer rings where the agent sits', contactId);
  must((offer.alertedAt !== undefined) === (agent.state === 'ringing'), 'Ringing means alerted', contactId);
}

function contactDeadlines(state: AcdState, queue: QueueState, contact: ContactRecord): number {
  const set = state.deadlines.get('contact', contact.id);
  const due = contactDue(queue.config, contact);
  must(set?.kind === due?.kind && set?.at === due?.at, 'the deadline fits the state', contact.id);
  return due ? 1 : 0;
}

function checkAgent(state: AcdState, agent: AgentRecord): void {
  const { id, phoneId } = agent;
  const isIn = agent.loggedInAt !== undefined;
  must((agent.state === 'logged-out') !== isIn, 'logged in has a beginning', id);
  must(isIn || phoneId === undefined, 'who is logged out sits nowhere', id);
  if (phoneId !== undefined) must(state.agentByPhone.get(phoneId) === id, 'one agent at a phone', id);
  if (agent.state === 'ready' || agent.state === 'not-ready' || isOnOffer(agent.state))
    must(phoneId === undefined || state.registeredPhones.has(phoneId), 'the phone is registered', id);
  if (isOnOffer(agent.state) || isInTalk(agent.state)) {
    must(phoneId !== undefined, 'a call needs a phone', id);
    const contact = state.contacts.get(agent.contactId ?? '');
    const holder =
      contact?.state === 'offered'
        ? offerTo(contact, id)?.agentId
        : contact?.state === 'connected'
          ? contact.agentId
          : undefined;
    must(holder === id, 'an agent with a contact is the one it points back to', id);
  }
  for (const { contactId, channel, isOffer } of agent.inHand ?? []) {
    const contact = state.contacts.get(contactId);
    const isTheirs = contact?.state === 'connected' && contact.agentId === id;
    must(!isCall(channel), 'calls are told by the state', id, contactId);
    must(isOffer ? offerTo(contact, id) !== undefined : isTheirs, 'text in hand points back', id, contactId);
  }
  if (agent.state === 'unreachable') must(agent.next !== undefined, 'unreachable knows its way back', id);
  const isLeaving = agent.state === 'logged-out' || agent.next?.to === 'logged-out';
  must(!agent.isRemoved || isLeaving, 'a removed agent is on its way out', id);
}

function checkQueue(
  state: AcdState,
  queueId: string,
  queue: QueueState,
  sums: { all: number; open: number; bound: number },
): void {
  must(queue.waiting.size === sums.all, 'the waiting list holds exactly those who wait', queueId);
  must(queue.openSize === sums.open, 'open are exactly those not on offer', queueId);
  must(queue.contactCount === sums.bound, 'contacts of a queue are counted', queueId);
  must(!queue.isRetired || sums.bound > 0, 'a removed queue goes with its last contact', queueId);
  for (const pool of queue.busyPools()) checkPool(state, queue, pool);
}

/** A pool holds exactly the members its demand admits, counted by state, and nobody waits beside a Ready one. */
function checkPool(state: AcdState, queue: QueueState, pool: Pool): void {
  const about = `${queue.config.id} ${JSON.stringify(pool.demand)}`;
  must(pool.open.size === 0 || pool.readySize === 0, 'nobody waits while an agent is Ready', about);
  const counts = new Map<Standing, number>();
  for (const { agentId, tier } of rosterFor(queue, pool)) {
    const agent = state.agents.get(agentId);
    if (!agent) continue;
    const isAdmitted = ruledOutBy(pool.demand, agent.config, tier) === undefined;
    must(pool.has(agentId) === isAdmitted, 'a pool holds those its demand admits', agentId, about);
    const standing = standingOf(agent, pool.demand.channel, state.site.blocks);
    if (isAdmitted) counts.set(standing, (counts.get(standing) ?? 0) + 1);
  }
  must(pool.readySize === (counts.get('ready') ?? 0), 'the Ready members stand in the pool', about);
  for (const [standing, count] of counts)
    must(pool.countOf(standing) === count, 'members are counted by standing', about, standing);
}

const rosterFor = (queue: QueueState, { demand }: Pool): Iterable<{ agentId: string; tier: number }> =>
  demand.agentId === undefined ? queue.roster() : [{ agentId: demand.agentId, tier: 1 }];
