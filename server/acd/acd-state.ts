/**
 * The whole state of routing: records of contacts and agents, and the indexes over them. `apply` is the only
 * way in, for live commands and for a replay alike, which is what makes the two equal (design §2). Indexes
 * and deadlines are functions of the records and the site, so a snapshot holds records only.
 */
import type { EventDraft } from '../contract/events.ts';
import { type AgentEvent, type AgentRecord, foldAgent, foldText, newAgent } from './agent-state.ts';
import {
  arrivedContact,
  type ContactEvent,
  type ContactRecord,
  foldContact,
  type Offer,
  placeOf,
} from './contact-state.ts';
import { contactDue } from './contact-due.ts';
import { Deadlines } from './deadlines.ts';
import type { Floor, Pool } from './pool.ts';
import { type QueueMemory, QueueState } from './queue-state.ts';
import type { AcdQueue, AcdSite } from './types.ts';
import { type Entry, type Place, placeIn } from './waiting-list.ts';
import { isCall, standingOf } from './workload.ts';

export interface AcdSnapshot {
  version: 1;
  now: number;
  site: AcdSite;
  retiredQueues: AcdQueue[];
  contacts: ContactRecord[];
  agents: AgentRecord[];
  phones: string[];
  placeCount: number;
  idleCount: number;
  memories?: Record<string, QueueMemory>;
  emergencies?: string[];
}

const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
const emptySite: AcdSite = { version: 0, queues: [], agents: [], phoneIds: [] };

export class AcdState {
  site: AcdSite = emptySite;
  /** Time of the newest event. */
  now = 0;
  readonly contacts = new Map<string, ContactRecord>();
  readonly agents = new Map<string, AgentRecord>();
  readonly queues = new Map<string, QueueState>();
  readonly registeredPhones = new Set<string>();
  readonly deadlines = new Deadlines();
  /** Queues whose switch is on; the empty string is the whole site. */
  readonly emergencies = new Set<string>();
  readonly contactByOffer = new Map<string, string>();
  readonly agentByPhone = new Map<string, string>();
  #knownPhones = new Set<string>();
  #tiedAgents = new Map<string, string>();
  #placeCount = 0;
  #idleCount = 0;
  /** Queues in which somebody waits for this agent alone. */
  readonly #personalQueues = new Map<string, Set<string>>();
  readonly #freshPlace = (entry: Omit<Entry, 'order'>, queueId: string): Place =>
    this.#placeOfEntry({ order: ++this.#placeCount, ...entry }, queueId);
  readonly #nextIdle = (): number => ++this.#idleCount;
  readonly #floor: Floor = {
    agentOf: (agentId) => this.agents.get(agentId),
    standingOf: (agent, channel) => standingOf(agent, channel, this.site.blocks),
  };

  isEmergency(queueId: string): boolean {
    return this.emergencies.has('') || this.emergencies.has(queueId);
  }

  isKnownPhone(phoneId: string): boolean {
    return this.#knownPhones.has(phoneId);
  }

  /** The agent that the site ties to this phone. */
  tiedAgent(phoneId: string): string | undefined {
    return this.#tiedAgents.get(phoneId);
  }

  /** Every pool whose contacts this agent may be asked about. */
  forEachPool(agent: AgentRecord, visit: (pool: Pool, queue: QueueState) => void): void {
    for (const queueId of agent.config.queueIds) {
      const queue = this.queues.get(queueId);
      if (!queue) continue;
      for (const pool of queue.poolsOf(agent.id)) visit(pool, queue);
    }
    // Contacts that want this very agent may wait in queues it is no member of.
    for (const queueId of this.#personalQueues.get(agent.id) ?? []) {
      const queue = this.queues.get(queueId);
      if (queue) for (const pool of queue.personalPools(agent.id)) visit(pool, queue);
    }
  }

  /** Those who are open and wait for this agent alone. */
  waitingForAgent(agentId: string): Place[] {
    const queueIds = [...(this.#personalQueues.get(agentId) ?? [])].sort();
    return queueIds.flatMap((queueId) =>
      [...(this.queues.get(queueId)?.personalPools(agentId) ?? [])].flatMap(({ open }) => [...open]),
    );
  }

  apply(event: EventDraft): void {
    this.now = Math.max(this.now, event.at);
    switch (event.type) {
      case 'site.applied':
        this.#applySite(event.data.acd as AcdSite);
        return;
      case 'phone.registered':
        this.registeredPhones.add(event.data.phoneId);
        return;
      case 'phone.unregistered':
        this.registeredPhones.delete(event.data.phoneId);
        return;
      case 'agent.logged-in':
      case 'agent.logged-out':
      case 'agent.state-changed':
        this.#applyToAgent(event);
        return;
      case 'contact.arrived':
      case 'contact.queued':
      case 'contact.announced':
      case 'contact.relaxed':
      case 'contact.offered':
      case 'offer.alerted':
      case 'offer.withdrawn':
      case 'contact.answered':
      case 'contact.reached':
      case 'contact.held':
      case 'contact.resumed':
      case 'contact.abandoned':
      case 'contact.flowed-out':
      case 'contact.transferred':
      case 'contact.ended':
        this.#applyToContact(event);
        return;
      case 'emergency.switched':
        if (event.data.isOn) this.emergencies.add(event.queueId ?? '');
        else this.emergencies.delete(event.queueId ?? '');
        return;
      case 'contact.dialled':
      case 'contact.replied':
      case 'contact.not-reached':
      case 'recording.started':
      case 'recording.completed':
      case 'recording.failed':
      case 'server.started':
        return;
    }
  }

  #applyToContact(event: ContactEvent): void {
    const id = event.contactId;
    if (id === undefined) return;
    const before = this.contacts.get(id);
    if (event.type === 'contact.arrived') {
      if (!before) this.#putContact(undefined, arrivedContact(event));
      return;
    }
    if (!before) return;
    const after = foldContact(before, event, this.#freshPlace);
    if (after !== before) this.#putContact(before, after);
    this.#applyToHands(before, event);
    if (event.type !== 'contact.offered' && event.type !== 'contact.answered') return;
    const queue = this.queues.get(event.queueId ?? '');
    if (event.type === 'contact.answered')
      queue?.noteAnswer(event.at, before.state === 'offered' ? before.told : undefined);
    else if (queue) queue.lastAgentId = event.agentId;
  }

  /** Text contacts lie beside their agent's state. */
  #applyToHands(contact: ContactRecord, event: ContactEvent): void {
    if (isCall(contact.channel)) return;
    switch (event.type) {
      case 'contact.offered':
      case 'offer.withdrawn':
      case 'contact.answered':
      case 'contact.transferred':
      case 'contact.ended': {
        const agent = this.agents.get(event.agentId ?? '');
        if (agent) this.#putAgent(agent, foldText(agent, event, contact.channel, this.#nextIdle));
        return;
      }
      default:
        return;
    }
  }

  #placeOfEntry(entry: Entry, queueId: string): Place {
    const config = this.queues.get(queueId)?.config;
    return config
      ? placeIn(this.site, config, entry)
      : { ...entry, rank: entry.priority, servedAs: entry.queuedAt };
  }

  #putContact(before: ContactRecord | undefined, after: ContactRecord | undefined): void {
    const id = (after ?? before)?.id ?? '';
    if (after) this.contacts.set(id, after);
    else this.contacts.delete(id);
    const oldQueue = before && this.queues.get(before.queueId);
    const newQueue = after && this.queues.get(after.queueId);
    if (oldQueue === newQueue) newQueue?.put(before, after, this.now);
    else {
      oldQueue?.put(before, undefined, this.now);
      newQueue?.put(undefined, after, this.now);
      this.#moveBetweenQueues(before, after);
    }
    if (before?.state === 'waiting' || after?.state === 'waiting') this.#notePersonal(before, after);
    for (const offerId of offersOf(before)) this.contactByOffer.delete(offerId);
    for (const offerId of offersOf(after)) this.contactByOffer.set(offerId, id);
    // Nothing else has deadlines, and most events are about contacts that do not wait.
    if (placeOf(before) ?? placeOf(after))
      this.deadlines.set('contact', id, after && newQueue && contactDue(newQueue.config, after));
  }

  #notePersonal(before: ContactRecord | undefined, after: ContactRecord | undefined): void {
    for (const contact of [before, after]) {
      const agentId = contact?.state === 'waiting' ? contact.traits.preferred?.agentId : undefined;
      if (!contact || agentId === undefined) continue;
      const queueIds = this.#personalQueues.get(agentId) ?? new Set();
      const isWaitedFor = [...(this.queues.get(contact.queueId)?.personalPools(agentId) ?? [])].length > 0;
      if (isWaitedFor) queueIds.add(contact.queueId);
      else queueIds.delete(contact.queueId);
      if (queueIds.size > 0) this.#personalQueues.set(agentId, queueIds);
      else this.#personalQueues.delete(agentId);
    }
  }

  #moveBetweenQueues(before: ContactRecord | undefined, after: ContactRecord | undefined): void {
    const old = before && this.queues.get(before.queueId);
    if (old) {
      old.contactCount -= 1;
      if (old.isRetired && old.contactCount === 0) this.queues.delete(old.config.id);
    }
    const queue = after && this.queues.get(after.queueId);
    if (queue) queue.contactCount += 1;
  }

  #applyToAgent(event: AgentEvent): void {
    const before = event.agentId === undefined ? undefined : this.agents.get(event.agentId);
    if (before) this.#putAgent(before, foldAgent(before, event, this.#nextIdle));
  }

  #putAgent(before: AgentRecord, after: AgentRecord): void {
    const { id } = after;
    if (isOtherwiseFree(before, after)) {
      for (const queueId of after.config.queueIds)
        this.queues.get(queueId)?.noteMember(id, before.state, after.state);
      for (const queueId of this.#personalQueues.get(id) ?? []) this.queues.get(queueId)?.changes.note(id);
    }
    if (before.phoneId !== undefined && before.phoneId !== after.phoneId)
      this.agentByPhone.delete(before.phoneId);
    if (after.phoneId !== undefined) this.agentByPhone.set(after.phoneId, id);
    this.#setAgentDeadline(after);
    if (after.isRemoved && after.loggedInAt === undefined && after.state === 'logged-out' && !after.inHand)
      this.agents.delete(id);
    else this.agents.set(id, after);
  }

  #setAgentDeadline(agent: AgentRecord): void {
    const ends = agent.state === 'wrap-up' ? agent.until : undefined;
    this.deadlines.set('agent', agent.id, ends === undefined ? undefined : { kind: 'wrap-up', at: ends });
  }

  #applySite(site: AcdSite): void {
    const inUse = new Set([...this.contacts.values()].map((contact) => contact.queueId));
    const listed = new Set(site.queues.map((queue) => queue.id));
    const retired = [...this.queues.values()]
      .map((queue) => queue.config)
      .filter((queue) => inUse.has(queue.id) && !listed.has(queue.id));
    const configs = new Map(site.agents.map((agent) => [agent.id, agent]));
    for (const agent of this.agents.values()) {
      const config = configs.get(agent.id);
      if (config) this.agents.set(agent.id, { ...agent, config, isRemoved: false });
      else if (agent.loggedInAt === undefined && !agent.inHand) this.agents.delete(agent.id);
      // Out of every queue at once, whatever it still has in hand.
      else
        this.agents.set(agent.id, { ...agent, config: { ...agent.config, queueIds: [] }, isRemoved: true });
    }
    for (const config of site.agents)
      if (!this.agents.has(config.id)) this.agents.set(config.id, newAgent(config));
    this.#rebuild(site, retired, this.#memories());
  }

  /** Indexes anew from the records: after a changed site or from a snapshot, both rare. */
  #rebuild(site: AcdSite, retired: AcdQueue[], memories: Record<string, QueueMemory>): void {
    this.site = site;
    this.#knownPhones = new Set(site.phoneIds);
    this.#tiedAgents = new Map(
      site.agents.flatMap((a) => (a.phoneId === undefined ? [] : [[a.phoneId, a.id]])),
    );
    this.queues.clear();
    this.deadlines.clear();
    this.contactByOffer.clear();
    this.agentByPhone.clear();
    this.#personalQueues.clear();
    for (const config of site.queues) this.queues.set(config.id, new QueueState(config, false, this.#floor));
    for (const config of retired) this.queues.set(config.id, new QueueState(config, true));
    for (const [queueId, memory] of Object.entries(memories)) this.queues.get(queueId)?.recall(memory);
    site.agents.forEach(({ id: agentId, queueIds, tiers }, position) => {
      for (const queueId of queueIds)
        this.queues.get(queueId)?.enrol({ agentId, position, tier: tiers?.[queueId] ?? 1 });
    });
    for (const agent of this.agents.values()) {
      if (agent.phoneId !== undefined) this.agentByPhone.set(agent.phoneId, agent.id);
      this.#setAgentDeadline(agent);
    }
    for (const contact of this.contacts.values())
      this.#putContact(
        undefined,
        placed(contact, (entry) => this.#placeOfEntry(entry, contact.queueId)),
      );
  }

  toSnapshot(): AcdSnapshot {
    const queues = [...this.queues.values()];
    return {
      version: 1,
      now: this.now,
      site: this.site,
      retiredQueues: queues
        .filter((queue) => queue.isRetired)
        .map((queue) => queue.config)
        .sort(byId),
      contacts: [...this.contacts.values()].sort(byId),
      agents: [...this.agents.values()].sort(byId),
      phones: [...this.registeredPhones].sort(),
      placeCount: this.#placeCount,
      idleCount: this.#idleCount,
      memories: this.#memories(),
      emergencies: [...this.emergencies].sort(),
    };
  }

  #memories(): Record<string, QueueMemory> {
    return Object.fromEntries(
      [...this.queues].sort(([a], [b]) => (a < b ? -1 : 1)).map(([queueId, { memory }]) => [queueId, memory]),
    );
  }

  load(snapshot: unknown): void {
    const { version } = snapshot as { version?: unknown };
    if (version !== 1) throw new Error(`routing snapshot of unknown version ${String(version)}`);
    // A copy: the caller may go on using what it passed in, and records are shared by reference here.
    const loaded = structuredClone(snapshot) as AcdSnapshot;
    this.now = loaded.now;
    this.#placeCount = loaded.placeCount;
    this.#idleCount = loaded.idleCount;
    for (const one of loaded.emergencies ?? []) this.emergencies.add(one);
    for (const phoneId of loaded.phones) this.registeredPhones.add(phoneId);
    for (const agent of loaded.agents) this.agents.set(agent.id, agent);
    for (const contact of loaded.contacts) this.contacts.set(contact.id, withTraits(contact));
    this.#rebuild(loaded.site, loaded.retiredQueues, loaded.memories ?? {});
  }
}

/** Whether anything changed that says what an agent may be offered. */
const isOtherwiseFree = (before: AgentRecord, after: AgentRecord): boolean =>
  before.state !== after.state ||
  before.idle !== after.idle ||
  before.inHand !== after.inHand ||
  before.next !== after.next;

const noOffers: readonly string[] = [];

/** The offers that are out, or the one that was taken and is being talked on. */
function offersOf(contact: ContactRecord | undefined): readonly string[] {
  if (contact?.state === 'offered') return contact.offers.map(({ offerId }) => offerId);
  return contact?.state === 'connected' ? [contact.offerId] : noOffers;
}

/** The contact with its place under the site that came into force. */
function placed(contact: ContactRecord, placeFor: (entry: Entry) => Place): ContactRecord {
  return placeOf(contact) && 'place' in contact ? { ...contact, place: placeFor(contact.place) } : contact;
}

/** Snapshots made before contacts had demands of their own know no traits. */
function withTraits(contact: ContactRecord): ContactRecord {
  const { language = '' } = contact as Partial<ContactRecord>;
  if (!('place' in contact)) return { ...contact, language };
  const { traits = { language, relaxedMs: 0 }, offer } = contact as Partial<typeof contact> & {
    offer?: Offer;
  };
  // Made before several phones could ring for one contact.
  if (contact.state === 'offered' && offer) return { ...contact, language, traits, offers: [offer] };
  return { ...contact, language, traits };
}
