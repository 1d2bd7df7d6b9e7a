/**
 * One queue: who waits in it, in which order, and the pools in which they meet its agents. Indexes only: everything
 * here is a function of the records and of the site (acd-state.ts).
 */
import type { AgentRecord } from './agent-state.ts';
import { type ContactRecord, placeOf } from './contact-state.ts';
import { type Demand, demandOf, keyOf } from './demand.ts';
import { type Member, Pool } from './pool.ts';
import type { AcdQueue } from './types.ts';
import { type Place, WaitingList } from './waiting-list.ts';

/** A member by the site; `position`: place in the site file. */
export interface RosterEntry {
  readonly agentId: string;
  readonly position: number;
  readonly tier: number;
}

export class QueueState {
  readonly config: AcdQueue;
  /** Taken out of the site while contacts were bound to it; it takes no more and goes with the last of them. */
  readonly isRetired: boolean;
  readonly waiting = new WaitingList();
  contactCount = 0;
  /** The agent of its newest offer: from where round robin goes on. */
  lastAgentId: string | undefined;
  readonly #roster = new Map<string, RosterEntry>();
  readonly #agentOf: (agentId: string) => AgentRecord | undefined;
  readonly #pools = new Map<string, Pool>();
  /** Those on their own agent's account, by agent. */
  readonly #personal = new Map<string, Pool>();
  readonly #openIn = new Map<string, Pool>();

  constructor(
    config: AcdQueue,
    isRetired: boolean,
    agentOf: (agentId: string) => AgentRecord | undefined = () => undefined,
  ) {
    this.config = config;
    this.isRetired = isRetired;
    this.#agentOf = agentOf;
  }

  /** How many wait for an agent, those on offer left out. */
  get openSize(): number {
    return this.#openIn.size;
  }

  enrol(entry: RosterEntry): void {
    this.#roster.set(entry.agentId, entry);
  }

  roster(): Iterable<RosterEntry> {
    return this.#roster.values();
  }

  positionOf(agentId: string | undefined): number | undefined {
    return agentId === undefined ? undefined : this.#roster.get(agentId)?.position;
  }

  /** Every pool whose contacts this agent may be asked about, now or when it is Ready. */
  *poolsOf(agentId: string): Iterable<Pool> {
    if (this.#roster.has(agentId)) for (const pool of this.#pools.values()) if (pool.has(agentId)) yield pool;
    const personal = this.#personal.get(agentId);
    if (personal) yield personal;
  }

  /** All pools with anybody open. */
  *busyPools(): Iterable<Pool> {
    for (const pool of this.#pools.values()) if (pool.open.size > 0) yield pool;
    yield* this.#personal.values();
  }

  personalPool(agentId: string): Pool | undefined {
    return this.#personal.get(agentId);
  }

  /** Where a waiting contact is open; undefined for one that is not open here. */
  poolWith(contactId: string): Pool | undefined {
    return this.#openIn.get(contactId);
  }

  put(before: ContactRecord | undefined, after: ContactRecord | undefined): void {
    const oldPlace = placeOf(before);
    const place = placeOf(after);
    if (oldPlace && oldPlace !== place) this.waiting.remove(oldPlace);
    if (place && oldPlace !== place) this.waiting.put(place);
    if (before?.state === 'waiting') this.#close(before.place);
    if (after?.state === 'waiting') this.#open(after);
  }

  #open({ place, traits }: ContactRecord & { state: 'waiting' }): void {
    const pool = this.poolFor(demandOf(this.config, traits));
    pool.open.add(place);
    this.#openIn.set(place.contactId, pool);
    if (pool.demand.agentId !== undefined) this.#personal.set(pool.demand.agentId, pool);
  }

  #close(place: Place): void {
    const pool = this.#openIn.get(place.contactId);
    if (!pool) return;
    this.#openIn.delete(place.contactId);
    pool.open.delete(place);
    if (pool.demand.agentId !== undefined && pool.open.size === 0) this.#personal.delete(pool.demand.agentId);
  }

  /** The pool of a demand. Those of one agent are kept while somebody waits in them alone: they could be as many as agents. */
  poolFor(demand: Demand): Pool {
    if (demand.agentId !== undefined)
      return this.#personal.get(demand.agentId) ?? this.#make(demand, this.#onlyMember(demand.agentId));
    const key = keyOf(demand);
    const known = this.#pools.get(key);
    if (known) return known;
    const pool = this.#make(demand, this.#members());
    this.#pools.set(key, pool);
    return pool;
  }

  #make(demand: Demand, members: Iterable<Member>): Pool {
    return new Pool(demand, this.config.strategy, members);
  }

  *#members(): Iterable<Member> {
    for (const { agentId, position, tier } of this.#roster.values()) {
      const agent = this.#agentOf(agentId);
      if (agent) yield { agent, position, tier };
    }
  }

  *#onlyMember(agentId: string): Iterable<Member> {
    const agent = this.#agentOf(agentId);
    if (agent) yield { agent, position: 0, tier: 1 };
  }
}
