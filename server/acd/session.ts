/**
 * The command that is being carried out, one after the other: collects its events, applies each at once, and remembers
 * who became free or open, so that the matching is done once, at the end of the command (`settle`). It decides nothing
 * itself except how an agent changes state; it may not touch the state other than through `emit`.
 */
import type { Decision } from '../contract/decision.ts';
import type { AgentState, EventDraft } from '../contract/events.ts';
import type { AcdState } from './acd-state.ts';
import { type AgentRecord, encodeNext, type NextStep, workingStates } from './agent-state.ts';
import { compareIdle, type Idle } from './pool.ts';
import { flowOutAll } from './overflow.ts';
import { releaseFrom } from './relaxation.ts';
import { allAgents, chooseAgent, chooseContact, describeDecision } from './routing.ts';
import { giveBackText } from './offer-end.ts';
import { resumeText } from './text-work.ts';
import { isCall } from './workload.ts';

interface ChangeDetails {
  reason?: string;
  isSystemReason?: true;
  until?: number;
  contactId?: string;
  queueId?: string;
}

const compareFree = (a: Idle, b: Idle): number => compareIdle(a, b) || (a.agentId < b.agentId ? -1 : 1);

export class Session {
  events: EventDraft[] = [];
  readonly state: AcdState;
  at = 0;
  readonly #freeAgents = new Set<string>();
  readonly #openContacts = new Set<string>();
  readonly #goneAgents = new Set<string>();
  readonly #watchedQueues = new Set<string>();

  constructor(state: AcdState) {
    this.state = state;
  }

  /** A new command, given at this time. One that broke off leaves nothing behind for it. */
  begin(at: number): void {
    this.events = [];
    // The log's times never run backwards, whatever the machine's clock does.
    this.at = Math.max(at, this.state.now);
    for (const left of [this.#freeAgents, this.#openContacts, this.#goneAgents, this.#watchedQueues])
      if (left.size > 0) left.clear();
  }

  emit(event: EventDraft): void {
    this.events.push(event);
    this.state.apply(event);
  }

  /** This contact waits for an agent: look for one before the command ends. */
  wantsAgent(contactId: string): void {
    this.#openContacts.add(contactId);
  }

  /** This agent is Ready: look for a contact before the command ends. */
  wantsContact(agentId: string): void {
    this.#freeAgents.add(agentId);
  }

  /** The only place that changes an agent's state. */
  changeAgent(agentId: string, to: AgentState, details: ChangeDetails = {}): void {
    const agent = this.state.agents.get(agentId);
    if (!agent) return;
    const { reason, isSystemReason, until } = details;
    // Leaving a contact still names it, so that wrap-up time can be credited to its queue.
    const contactId = details.contactId ?? agent.contactId;
    const queueId = details.queueId ?? agent.queueId;
    this.emit({
      type: 'agent.state-changed',
      at: this.at,
      agentId,
      ...(contactId === undefined ? {} : { contactId }),
      ...(queueId === undefined ? {} : { queueId }),
      data: {
        from: agent.state,
        to,
        forMs: agent.state === 'logged-out' ? 0 : this.at - agent.since,
        ...(reason === undefined ? {} : { reason }),
        ...(isSystemReason ? { isSystemReason } : {}),
        ...(until === undefined ? {} : { until }),
        ...(agent.phoneId === undefined ? {} : { phoneId: agent.phoneId }),
      },
    });
    if (to === 'ready') this.wantsContact(agentId);
    if (workingStates.has(agent.state) && !workingStates.has(to)) resumeText(this, agentId);
    if (to === 'logged-out' || to === 'unreachable') this.#goneAgents.add(agentId);
    for (const id of agent.config.queueIds)
      if (this.state.queues.get(id)?.watchesPresence) this.#watchedQueues.add(id);
  }

  /** Remembers, in the log, what the agent asked to come next. */
  askNext(agent: AgentRecord, next: NextStep): void {
    this.emit({
      type: 'agent.state-changed',
      at: this.at,
      agentId: agent.id,
      ...(agent.contactId === undefined ? {} : { contactId: agent.contactId }),
      ...(agent.queueId === undefined ? {} : { queueId: agent.queueId }),
      data: {
        from: agent.state,
        to: agent.state,
        reason: encodeNext(next),
        forMs: 0,
        ...(next.to === 'not-ready' && next.isSystemReason ? { isSystemReason: true } : {}),
        ...(agent.phoneId === undefined ? {} : { phoneId: agent.phoneId }),
      },
    });
    // Staying after all: text may be offered again beside the call.
    if (next.to === 'ready') this.wantsContact(agent.id);
  }

  /** `phoneId` absent: for text alone. */
  logIn(agentId: string, phoneId: string | undefined, how: 'feature-code' | 'tied-phone' | 'web'): void {
    const data = { how, ...(phoneId !== undefined && { phoneId }) };
    this.emit({ type: 'agent.logged-in', at: this.at, agentId, data });
    if (how === 'tied-phone') this.changeAgent(agentId, 'ready');
    else this.changeAgent(agentId, 'not-ready', { reason: 'just-logged-in', isSystemReason: true });
  }

  /** Now; or, where text is in hand, as soon as the last of it is closed. `isMoving`: to another phone, text and all. */
  logOut(agentId: string, reason: string, isMoving = false): void {
    if (!isMoving) giveBackText(this, agentId);
    const agent = this.state.agents.get(agentId);
    if (!agent || agent.state === 'logged-out') return;
    if (!isMoving && agent.inHand) {
      const isThere = this.isAtDesk(agent);
      if (!isThere && agent.state !== 'unreachable') this.loseAgent(agentId);
      else if (isThere && agent.state !== 'not-ready')
        this.changeAgent(agentId, 'not-ready', { reason: 'logging-out', isSystemReason: true });
      const parked = this.state.agents.get(agentId) ?? agent;
      if (parked.next?.to !== 'logged-out') this.askNext(parked, { to: 'logged-out', reason });
      return;
    }
    const loggedInMs = this.at - (agent.loggedInAt ?? this.at);
    this.changeAgent(agentId, 'logged-out', { reason });
    this.emit({ type: 'agent.logged-out', at: this.at, agentId, data: { reason, loggedInMs } });
  }

  /** Out of offer, talk or wrap-up: to what was asked for, else to `otherwise`. */
  moveOn(agentId: string, otherwise: NextStep = { to: 'ready' }): void {
    const agent = this.state.agents.get(agentId);
    if (!agent) return;
    const next = agent.next ?? otherwise;
    if (next.to === 'logged-out') this.logOut(agentId, next.reason);
    else if (!this.isAtDesk(agent)) this.loseAgent(agentId);
    else if (next.to === 'not-ready') {
      const { reason, isSystemReason } = next;
      this.changeAgent(agentId, 'not-ready', { reason, ...(isSystemReason ? { isSystemReason } : {}) });
    } else
      this.changeAgent(agentId, 'ready', next.reason ? { reason: next.reason, isSystemReason: true } : {});
  }

  /** The agent's phone is on the network, or the agent needs none. */
  isAtDesk({ phoneId }: AgentRecord): boolean {
    return phoneId === undefined || this.state.registeredPhones.has(phoneId);
  }

  loseAgent(agentId: string): void {
    this.changeAgent(agentId, 'unreachable', { reason: 'phone-unreachable', isSystemReason: true });
  }

  /** Matches those who became free or open: agents first, longest idle first, then contacts in their order. */
  settle(): void {
    if (this.#goneAgents.size > 0) {
      for (const agentId of this.#goneAgents) releaseFrom(this, agentId);
      this.#goneAgents.clear();
    }
    if (this.#watchedQueues.size > 0) this.#flowOutWatched();
    if (this.#freeAgents.size > 0) this.#serveFree();
    if (this.#openContacts.size === 0) return;
    for (const contactId of this.#openContacts) {
      const agent = this.#agentFor(contactId);
      if (agent) this.#offer(contactId, agent, 'contact');
    }
    this.#openContacts.clear();
  }

  #flowOutWatched(): void {
    for (const queueId of this.#watchedQueues) {
      const queue = this.state.queues.get(queueId);
      if (queue) flowOutAll(this, queue);
    }
    this.#watchedQueues.clear();
  }

  #serveFree(): void {
    const agents: Idle[] = [];
    for (const agentId of this.#freeAgents) {
      const agent = this.state.agents.get(agentId);
      if (agent) agents.push(agent.idle ?? { agentId, since: agent.since, order: 0 });
    }
    this.#freeAgents.clear();
    for (const { agentId } of agents.sort(compareFree)) this.#serveBy(agentId);
  }

  /** The contact that is first for this agent goes to whom its strategy puts first: mostly, but not always, the same. */
  #serveBy(agentId: string): void {
    for (;;) {
      const asking = this.state.agents.get(agentId);
      const place = asking && chooseContact(this.state, asking);
      const agent = place && this.#agentFor(place.contactId);
      if (!agent) return;
      this.#offer(place.contactId, agent, agent.id === agentId ? 'agent' : 'contact');
    }
  }

  #agentFor(contactId: string): AgentRecord | undefined {
    const contact = this.state.contacts.get(contactId);
    const queue = contact?.state === 'waiting' ? this.state.queues.get(contact.queueId) : undefined;
    if (!queue || contact?.state !== 'waiting') return undefined;
    return this.state.agents.get(chooseAgent(this.state, queue, contact, this.at) ?? '');
  }

  #offer(contactId: string, agent: AgentRecord, trigger: 'agent' | 'contact'): void {
    const contact = this.state.contacts.get(contactId);
    const queue = contact && this.state.queues.get(contact.queueId);
    if (contact?.state !== 'waiting' || !queue) return;
    const agents = queue.config.strategy === 'ring-all' ? allAgents(this.state, queue, contact) : [agent];
    // All from the same state: each record then shows the same candidates.
    const decisions = agents.map((one) =>
      describeDecision(this.state, queue, contact, one, trigger, this.at),
    );
    for (const [index, one] of agents.entries())
      this.#reserve(contactId, one, this.at + queue.config.ringMs, decisions[index]!);
  }

  #reserve(contactId: string, agent: AgentRecord, ringUntil: number, decision: Decision): void {
    const contact = this.state.contacts.get(contactId);
    if (contact?.state !== 'waiting' && contact?.state !== 'offered') return;
    const attempt = contact.attempt + 1;
    const { queueId, channel } = contact;
    const { phoneId } = isCall(channel) ? agent : { phoneId: undefined };
    this.emit({
      type: 'contact.offered',
      at: this.at,
      contactId: contact.id,
      agentId: agent.id,
      queueId,
      data: {
        offerId: `${contact.id}.${attempt}`,
        ...(phoneId !== undefined && { phoneId }),
        ringUntil,
        attempt,
        decision,
      },
    });
    if (isCall(channel))
      this.changeAgent(agent.id, 'reserved', { until: ringUntil, contactId: contact.id, queueId });
  }
}
