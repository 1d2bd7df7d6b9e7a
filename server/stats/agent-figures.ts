/**
 * Who is in which state now, and at which phone: the agents' and phones' part of the live fold. Counts by state,
 * by Not Ready reason and by queue are kept as the events come, so a board never looks at every agent.
 */
import { type AgentState, agentStates, type DraftOf } from '../contract/events.ts';
import type { AgentLive, PhoneLive } from '../contract/live.ts';
import { decodeNext } from '../acd/agent-state.ts';

export interface StatsAgent {
  id: string;
  name: string;
  queueIds: string[];
  teamId?: string;
}

export interface AgentNow {
  agentId: string;
  state: AgentState;
  reason?: string;
  isSystemReason?: true;
  /** 0 for an agent never seen. */
  since: number;
  until?: number;
  phoneId?: string;
  contactId?: string;
}
export interface PhoneNow {
  phoneId: string;
  isRegistered: boolean;
  /** 0 for a phone never seen. */
  since: number;
  /** It went away without signing off. */
  isLost: boolean;
  agentId?: string;
}
export interface PeopleSnapshot {
  agents: AgentNow[];
  phones: PhoneNow[];
}

const statesWithContact: ReadonlySet<AgentState> = new Set(['reserved', 'ringing', 'talking', 'hold']);

/** Tells a queue that one of its agents came or went. */
export type QueueMemberCount = (queueId: string, loggedIn: number, ready: number) => void;

export class AgentFigures {
  readonly #agents = new Map<string, AgentNow>();
  readonly #phones = new Map<string, PhoneNow>();
  readonly #byState = new Map<AgentState, number>();
  readonly #byReason = new Map<string, number>();
  readonly #members: QueueMemberCount;
  #site = new Map<string, StatsAgent>();
  #sitePhones = new Set<string>();
  #lostPhones = 0;

  constructor(members: QueueMemberCount, snapshot?: PeopleSnapshot) {
    this.#members = members;
    for (const agent of snapshot?.agents ?? []) this.#agents.set(agent.agentId, agent);
    for (const phone of snapshot?.phones ?? []) this.#phones.set(phone.phoneId, phone);
  }

  /** Queues count their members anew from here; the caller has set theirs to none. */
  setSite(agents: readonly StatsAgent[], phoneIds: readonly string[]): void {
    this.#site = new Map(agents.map((agent) => [agent.id, agent]));
    this.#sitePhones = new Set(phoneIds);
    for (const { id } of agents)
      if (!this.#agents.has(id)) this.#agents.set(id, { agentId: id, state: 'logged-out', since: 0 });
    for (const phoneId of phoneIds)
      if (!this.#phones.has(phoneId))
        this.#phones.set(phoneId, { phoneId, isRegistered: false, since: 0, isLost: false });
    for (const [id, agent] of this.#agents)
      if (!this.#site.has(id) && agent.state === 'logged-out') this.#agents.delete(id);
    for (const [id, phone] of this.#phones)
      if (!this.#sitePhones.has(id) && !phone.isRegistered) this.#phones.delete(id);
    this.#byState.clear();
    this.#byReason.clear();
    for (const agent of this.#agents.values()) this.#count(agent, 1);
    this.#lostPhones = [...this.#phones.values()].filter((phone) => phone.isLost).length;
  }

  apply(
    event: DraftOf<
      | 'agent.logged-in'
      | 'agent.logged-out'
      | 'agent.state-changed'
      | 'phone.registered'
      | 'phone.unregistered'
    >,
  ): void {
    switch (event.type) {
      case 'agent.logged-in':
        this.#sit(event.agentId ?? '', event.data.phoneId);
        return;
      case 'agent.logged-out':
        this.#standUp(event.agentId ?? '');
        return;
      case 'agent.state-changed':
        this.#change(event);
        return;
      case 'phone.registered':
      case 'phone.unregistered':
        this.#setPhone(event);
        return;
    }
  }

  #sit(agentId: string, phoneId: string | undefined): void {
    const agent = this.#agents.get(agentId) ?? { agentId, state: 'logged-out', since: 0 };
    if (!this.#agents.has(agentId)) this.#count(agent, 1);
    this.#agents.set(agentId, { ...agent, ...(phoneId !== undefined && { phoneId }) });
    if (phoneId === undefined) return;
    const phone = this.#phones.get(phoneId);
    if (phone) this.#phones.set(phoneId, { ...phone, agentId });
  }

  #standUp(agentId: string): void {
    const agent = this.#agents.get(agentId);
    if (!agent) return;
    const { phoneId, ...rest } = agent;
    const phone = phoneId === undefined ? undefined : this.#phones.get(phoneId);
    if (phone && phone.agentId === agentId) {
      const { agentId: _, ...free } = phone;
      this.#phones.set(phone.phoneId, free);
    }
    if (this.#site.has(agentId)) this.#agents.set(agentId, rest);
    else {
      this.#count(rest, -1);
      this.#agents.delete(agentId);
    }
  }

  #change(event: DraftOf<'agent.state-changed'>): void {
    // What comes after the contact in hand is no change of state yet.
    if (decodeNext(event)) return;
    const agentId = event.agentId ?? '';
    const before = this.#agents.get(agentId);
    const { to, reason, isSystemReason, until } = event.data;
    const after: AgentNow = {
      agentId,
      state: to,
      since: event.at,
      ...(reason === undefined ? {} : { reason }),
      ...(isSystemReason ? { isSystemReason } : {}),
      ...(until === undefined ? {} : { until }),
      ...(before?.phoneId === undefined ? {} : { phoneId: before.phoneId }),
      ...(event.contactId !== undefined && statesWithContact.has(to) ? { contactId: event.contactId } : {}),
    };
    if (before) this.#count(before, -1);
    this.#count(after, 1);
    this.#agents.set(agentId, after);
  }

  #setPhone(event: DraftOf<'phone.registered' | 'phone.unregistered'>): void {
    const { phoneId } = event.data;
    const before = this.#phones.get(phoneId);
    const isRegistered = event.type === 'phone.registered';
    const isLost =
      event.type === 'phone.unregistered' &&
      (event.data.reason === 'expired' || event.data.reason === 'dead');
    this.#lostPhones += Number(isLost) - Number(before?.isLost ?? false);
    if (!isRegistered && !this.#sitePhones.has(phoneId)) this.#phones.delete(phoneId);
    else {
      const agentId = before?.agentId;
      this.#phones.set(phoneId, {
        phoneId,
        isRegistered,
        since: event.at,
        isLost,
        ...(agentId === undefined ? {} : { agentId }),
      });
    }
  }

  #count(agent: AgentNow, by: 1 | -1): void {
    const { agentId, state, reason } = agent;
    this.#byState.set(state, (this.#byState.get(state) ?? 0) + by);
    if (state === 'not-ready' && reason !== undefined)
      this.#byReason.set(reason, (this.#byReason.get(reason) ?? 0) + by);
    if (state === 'logged-out') return;
    for (const queueId of this.#site.get(agentId)?.queueIds ?? [])
      this.#members(queueId, by, state === 'ready' ? by : 0);
  }

  byState(): Record<AgentState, number> {
    return Object.fromEntries(agentStates.map((state) => [state, this.#byState.get(state) ?? 0])) as Record<
      AgentState,
      number
    >;
  }

  /** Agents in these states, of `agent:ID`, `team:ID` and members of `queue:ID`; each once. Undefined: no such scope has agents. */
  countIn(states: readonly AgentState[], scopes: readonly string[]): number | undefined {
    if (!scopes.every((scope) => /^(agent|team|queue):[^/]+$/.test(scope))) return undefined;
    const wanted = new Set(scopes);
    let count = 0;
    for (const { agentId, state } of this.#agents.values()) {
      if (!states.includes(state)) continue;
      const { teamId, queueIds = [] } = this.#site.get(agentId) ?? {};
      if (
        wanted.has(`agent:${agentId}`) ||
        (teamId !== undefined && wanted.has(`team:${teamId}`)) ||
        queueIds.some((queueId) => wanted.has(`queue:${queueId}`))
      )
        count += 1;
    }
    return count;
  }

  notReadyByReason(): Record<string, number> {
    return Object.fromEntries([...this.#byReason].filter(([, count]) => count > 0));
  }

  /** Phones that went away without signing off (expired or dead) and have not come back. */
  get lostPhones(): number {
    return this.#lostPhones;
  }

  /** Those at which these agents sit. */
  lostPhonesOf(agentIds: ReadonlySet<string>): number {
    let lost = 0;
    for (const { isLost, agentId } of this.#phones.values())
      if (isLost && agentId !== undefined && agentIds.has(agentId)) lost += 1;
    return lost;
  }

  /** `unseenSince`: stands in for a time nobody knows. */
  agentsLive(unseenSince: number, textInHand: ReadonlyMap<string, number>): Record<string, AgentLive> {
    const live: Record<string, AgentLive> = {};
    for (const [id, agent] of this.#agents) {
      const known = this.#site.get(id);
      const text = textInHand.get(id);
      live[id] = {
        name: known?.name ?? id,
        queueIds: (known?.queueIds ?? []).join(','),
        ...agent,
        since: agent.since || unseenSince,
        ...(text !== undefined && { textInHand: text }),
      };
    }
    return live;
  }

  phonesLive(unseenSince: number): Record<string, PhoneLive> {
    const live: Record<string, PhoneLive> = {};
    for (const [id, { isLost: _, ...phone }] of this.#phones)
      live[id] = { ...phone, since: phone.since || unseenSince };
    return live;
  }

  toSnapshot(): PeopleSnapshot {
    return { agents: [...this.#agents.values()], phones: [...this.#phones.values()] };
  }
}
