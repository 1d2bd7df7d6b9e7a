/**
 * One queue: who waits in it, in which order, and the pools in which they meet its agents. Indexes only: everything
 * here is a function of the records and of the site (acd-state.ts).
 */
import type { AgentState, Channel } from '../contract/events.ts';
import { type ContactRecord, placeOf } from './contact-state.ts';
import { answered, judged, noPace, type Pace } from './estimate.ts';
import { ChangeList } from './change-list.ts';
import { type Demand, demandOf, keyOf } from './demand.ts';
import { type Floor, type Member, Pool } from './pool.ts';
import type { AcdQueue } from './types.ts';
import { OrderedSet } from './ordered-set.ts';
import { type Place, WaitingList } from './waiting-list.ts';

/** A member by the site; `position`: place in the site file. */
export interface RosterEntry {
  readonly agentId: string;
  readonly position: number;
  readonly tier: number;
}

/** What a queue remembers that no record tells. */
export interface QueueMemory {
  /** The agent of its newest offer: from where round robin goes on. */
  readonly lastAgentId?: string;
  readonly pace?: Pace;
  /** Since when somebody waits without a break. */
  readonly busySince?: number;
}

const nobody: Floor = { agentOf: () => undefined, standingOf: () => 'logged-out' };

export class QueueState {
  readonly config: AcdQueue;
  /** Taken out of the site while contacts were bound to it; it takes no more and goes with the last of them. */
  readonly isRetired: boolean;
  readonly waiting = new WaitingList();
  /** Agents whose record changed, for the pools to read when they are asked. */
  readonly changes = new ChangeList();
  contactCount = 0;
  lastAgentId: string | undefined;
  pace: Pace = noPace;
  #busySince: number | undefined;
  readonly #byState = new Map<AgentState, OrderedSet<RosterEntry>>();
  /** The pools of each member. */
  readonly #poolsOf = new Map<string, Pool[]>();
  readonly #roster = new Map<string, RosterEntry>();
  readonly #floor: Floor;
  readonly #pools = new Map<string, Pool>();
  /** Those on their own agent's account, by agent and channel. */
  readonly #personal = new Map<string, Map<Channel, Pool>>();
  readonly #openIn = new Map<string, Pool>();

  constructor(config: AcdQueue, isRetired: boolean, floor: Floor = nobody) {
    this.config = config;
    this.isRetired = isRetired;
    this.#floor = floor;
  }

  get memory(): QueueMemory {
    return {
      ...(this.lastAgentId !== undefined && { lastAgentId: this.lastAgentId }),
      ...(this.pace !== noPace && { pace: this.pace }),
      ...(this.#busySince !== undefined && { busySince: this.#busySince }),
    };
  }

  recall({ lastAgentId, pace, busySince }: QueueMemory): void {
    this.lastAgentId = lastAgentId;
    this.pace = pace ?? noPace;
    this.#busySince = busySince;
  }

  /** Members who are logged in and reachable. */
  get present(): number {
    return this.#roster.size - this.countOf('logged-out') - this.countOf('unreachable');
  }

  countOf(state: AgentState): number {
    return this.#byState.get(state)?.size ?? 0;
  }

  /** The first of them in the order of the site file. */
  membersIn(state: AgentState, count: number): readonly RosterEntry[] {
    return this.#byState.get(state)?.firstFew(count) ?? [];
  }

  /** A member's record changed, its state perhaps. */
  noteMember(agentId: string, before: AgentState, after: AgentState): void {
    const entry = this.#roster.get(agentId);
    if (!entry) return;
    this.changes.note(agentId);
    if (before === after) return;
    this.#inState(before).delete(entry);
    this.#inState(after).add(entry);
  }

  #inState(state: AgentState): OrderedSet<RosterEntry> {
    const known = this.#byState.get(state);
    if (known) return known;
    const entries = new OrderedSet<RosterEntry>((a, b) => a.position - b.position);
    this.#byState.set(state, entries);
    return entries;
  }

  /** Does it send anybody away because of who is there? */
  get watchesPresence(): boolean {
    return (
      this.config.overflow?.some(({ when }) => when === 'no-agents' || when === 'all-not-ready') ?? false
    );
  }

  /** The pace of its answers; `told`: what the answered caller had been told of its wait. */
  noteAnswer(at: number, told: { at: number; ms: number } | undefined): void {
    const from = Math.max(this.#busySince ?? at, this.pace.lastAt);
    this.pace = answered(this.pace, at, at - from);
    if (told) this.pace = judged(this.pace, told.ms, at - told.at);
  }

  /** How many wait for an agent, those on offer left out. */
  get openSize(): number {
    return this.#openIn.size;
  }

  enrol(entry: RosterEntry): void {
    this.#roster.set(entry.agentId, entry);
    this.#inState(this.#floor.agentOf(entry.agentId)?.state ?? 'logged-out').add(entry);
  }

  roster(): Iterable<RosterEntry> {
    return this.#roster.values();
  }

  positionOf(agentId: string | undefined): number | undefined {
    return agentId === undefined ? undefined : this.#roster.get(agentId)?.position;
  }

  /** Every pool that a member shares with others. */
  poolsOf(agentId: string): readonly Pool[] {
    return this.#poolsOf.get(agentId) ?? [];
  }

  /** All pools with anybody open. */
  *busyPools(): Iterable<Pool> {
    for (const pool of this.#pools.values()) if (pool.open.size > 0) yield pool;
    for (const pools of this.#personal.values()) yield* pools.values();
  }

  personalPools(agentId: string): Iterable<Pool> {
    return this.#personal.get(agentId)?.values() ?? [];
  }

  /** Where a waiting contact is open; undefined for one that is not open here. */
  poolWith(contactId: string): Pool | undefined {
    return this.#openIn.get(contactId);
  }

  put(before: ContactRecord | undefined, after: ContactRecord | undefined, at: number): void {
    const oldPlace = placeOf(before);
    const place = placeOf(after);
    if (oldPlace && oldPlace !== place) this.waiting.remove(oldPlace);
    if (place && oldPlace !== place) this.waiting.put(place);
    if (this.waiting.size > 0) this.#busySince ??= at;
    else if (oldPlace) this.#busySince = undefined;
    if (before?.state === 'waiting') this.#close(before.place);
    if (after?.state === 'waiting') this.#open(after);
  }

  #open({ place, traits, channel }: ContactRecord & { state: 'waiting' }): void {
    const pool = this.poolFor(demandOf(this.config, traits, channel));
    pool.open.add(place);
    this.#openIn.set(place.contactId, pool);
    const { agentId } = pool.demand;
    if (agentId === undefined) return;
    const personal = this.#personal.get(agentId) ?? new Map<Channel, Pool>();
    this.#personal.set(agentId, personal.set(channel, pool));
  }

  #close(place: Place): void {
    const pool = this.#openIn.get(place.contactId);
    if (!pool) return;
    this.#openIn.delete(place.contactId);
    pool.open.delete(place);
    const { agentId, notAgentId, channel } = pool.demand;
    if (pool.open.size > 0) return;
    if (notAgentId !== undefined) this.#drop(pool);
    if (agentId === undefined) return;
    const personal = this.#personal.get(agentId);
    personal?.delete(channel);
    if (personal?.size === 0) this.#personal.delete(agentId);
  }

  /** Those that leave out one agent could be as many as agents: they are kept while somebody waits in them. */
  #drop(pool: Pool): void {
    this.#pools.delete(keyOf(pool.demand));
    for (const agentId of pool.memberIds) {
      const pools = this.#poolsOf.get(agentId);
      const index = pools?.indexOf(pool) ?? -1;
      if (index >= 0) pools?.splice(index, 1);
    }
  }

  /** The pool of a demand. Those of one agent are kept while somebody waits in them alone: they could be as many as agents. */
  poolFor(demand: Demand): Pool {
    if (demand.agentId !== undefined)
      return (
        this.#personal.get(demand.agentId)?.get(demand.channel) ??
        this.#make(demand, this.#onlyMember(demand.agentId))
      );
    const key = keyOf(demand);
    const known = this.#pools.get(key);
    if (known) return known;
    const pool = this.#make(demand, this.#members());
    this.#pools.set(key, pool);
    for (const agentId of pool.memberIds) {
      const pools = this.#poolsOf.get(agentId);
      if (pools) pools.push(pool);
      else this.#poolsOf.set(agentId, [pool]);
    }
    return pool;
  }

  #make(demand: Demand, members: Iterable<Member>): Pool {
    return new Pool(demand, this.config.strategy, members, { floor: this.#floor, changes: this.changes });
  }

  *#members(): Iterable<Member> {
    for (const { agentId, position, tier } of this.#roster.values()) {
      const agent = this.#floor.agentOf(agentId);
      if (agent) yield { agent, position, tier };
    }
  }

  *#onlyMember(agentId: string): Iterable<Member> {
    const agent = this.#floor.agentOf(agentId);
    if (agent) yield { agent, position: 0, tier: 1 };
  }
}
