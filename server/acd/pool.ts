/**
 * Contacts of one queue that ask for the same, and the agents who may serve them: the meeting place of the two.
 * Who is a member is worked out once, when the pool is made, so that neither side is ever scanned for the other:
 * a contact finds its agent and an agent its contact in O(log n). Agents stand by tier, then in the order of the
 * queue's strategy; the pool also counts its members by state, so a decision can say whom it ruled out.
 */
import type { AgentState } from '../contract/events.ts';
import type { AgentRecord } from './agent-state.ts';
import { type Demand, ruledOutBy, skillSum } from './demand.ts';
import { OrderedSet } from './ordered-set.ts';
import type { Strategy } from './types.ts';
import { comparePlaces, type Place } from './waiting-list.ts';

/** Since when an agent is idle. An offer that the customer ended does not reset it. */
export interface Idle {
  readonly agentId: string;
  readonly since: number;
  readonly order: number;
}

export function compareIdle(a: Idle, b: Idle): number {
  return a.since - b.since || a.order - b.order;
}

/** A member of a queue as its pools see it. `position`: place in the site file; `tier`: 1 is asked first. */
export interface Member {
  readonly agent: AgentRecord;
  readonly position: number;
  readonly tier: number;
}

/** A Ready agent. `rank`: what the strategy orders by, smaller first; `weight`: share in a draw. */
export interface Candidate {
  readonly agentId: string;
  readonly tier: number;
  readonly rank: number;
  readonly weight: number;
  readonly idle: Idle;
}

interface Standing {
  readonly agentId: string;
  readonly position: number;
  readonly tier: number;
  readonly skillSum: number;
}

/** How many of those ruled out are named. */
const namedPerRule = 5;
const compareStandings = (a: Standing, b: Standing): number => a.position - b.position;
const compareCandidates = (a: Candidate, b: Candidate): number =>
  a.rank - b.rank || compareIdle(a.idle, b.idle);
/** Occupancy changes while agents wait, so it is worked out anew once in this time. */
const occupancyEveryMs = 60_000;

export class Pool {
  readonly demand: Demand;
  readonly strategy: Strategy;
  readonly open = new OrderedSet<Place>(comparePlaces);
  /** Members of the queue whom the demand rules out, by rule: how many, and the first of them. */
  readonly #ruledOut = new Map<string, { count: number; first: string[] }>();
  readonly #members = new Map<string, Standing>();
  readonly #ready = new Map<string, Candidate>();
  readonly #tiers: { tier: number; candidates: OrderedSet<Candidate> }[] = [];
  readonly #byState = new Map<AgentState, OrderedSet<Standing>>();
  #occupancyAt = 0;

  constructor(demand: Demand, strategy: Strategy, queueMembers: Iterable<Member>) {
    this.demand = demand;
    this.strategy = strategy;
    for (const { agent, position, tier } of queueMembers) {
      const rule = ruledOutBy(demand, agent.config, tier);
      if (rule) this.#ruleOut(rule, agent.id);
      else {
        const standing = {
          agentId: agent.id,
          position,
          tier,
          skillSum: skillSum(agent.config, demand.skills),
        };
        this.#members.set(agent.id, standing);
        this.join(agent);
      }
    }
  }

  get readySize(): number {
    return this.#ready.size;
  }

  has(agentId: string): boolean {
    return this.#members.has(agentId);
  }

  join(agent: AgentRecord): void {
    const standing = this.#members.get(agent.id);
    if (!standing) return;
    this.#inState(agent.state).add(standing);
    if (agent.state === 'ready' && agent.idle) this.#stand(this.#candidate(agent, agent.idle, standing));
  }

  leave(agent: AgentRecord): void {
    const standing = this.#members.get(agent.id);
    if (!standing) return;
    this.#inState(agent.state).delete(standing);
    const candidate = this.#ready.get(agent.id);
    if (!candidate) return;
    this.#ready.delete(agent.id);
    this.#tier(candidate.tier).delete(candidate);
  }

  /** Those of the best tier that has anybody Ready. */
  best(): OrderedSet<Candidate> | undefined {
    return this.#tiers.find(({ candidates }) => candidates.size > 0)?.candidates;
  }

  /** In the order of tiers and rank. */
  first(count: number): Candidate[] {
    const found: Candidate[] = [];
    for (const { candidates } of this.#tiers) {
      if (found.length >= count) break;
      found.push(...candidates.firstFew(count - found.length));
    }
    return found;
  }

  candidate(agentId: string): Candidate | undefined {
    return this.#ready.get(agentId);
  }

  ready(): Iterable<Candidate> {
    return this.#ready.values();
  }

  /** Everybody whom this decision ruled out, by rule or by state; sorted by name so that records compare equal. */
  ruledOut(): { counts: Record<string, number>; agents: Record<string, string[]> } {
    const found = new Map(this.#ruledOut);
    for (const [state, standings] of this.#byState)
      if (state !== 'ready' && standings.size > 0) {
        const first = standings.firstFew(namedPerRule).map(({ agentId }) => agentId);
        found.set(state, { count: standings.size, first });
      }
    const sorted = [...found].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      counts: Object.fromEntries(sorted.map(([rule, { count }]) => [rule, count])),
      agents: Object.fromEntries(sorted.map(([rule, { first }]) => [rule, first])),
    };
  }

  countOf(state: AgentState): number {
    return this.#byState.get(state)?.size ?? 0;
  }

  /** To be called with the time of a decision before `best`: ranks that depend on it are brought up to date. */
  refresh(at: number, agentOf: (agentId: string) => AgentRecord | undefined): void {
    const mark = at - (at % occupancyEveryMs);
    if (this.strategy !== 'least-occupied' || mark === this.#occupancyAt) return;
    this.#occupancyAt = mark;
    for (const agentId of Array.from(this.#ready.keys())) {
      const agent = agentOf(agentId);
      if (!agent) continue;
      this.leave(agent);
      this.join(agent);
    }
  }

  #stand(candidate: Candidate): void {
    this.#ready.set(candidate.agentId, candidate);
    this.#tier(candidate.tier).add(candidate);
  }

  #tier(tier: number): OrderedSet<Candidate> {
    const known = this.#tiers.find((one) => one.tier === tier);
    if (known) return known.candidates;
    const candidates = new OrderedSet<Candidate>(compareCandidates, ({ weight }) => weight);
    this.#tiers.push({ tier, candidates });
    this.#tiers.sort((a, b) => a.tier - b.tier);
    return candidates;
  }

  #candidate(agent: AgentRecord, idle: Idle, standing: Standing): Candidate {
    return {
      agentId: agent.id,
      tier: standing.tier,
      rank: this.#rank(agent, standing),
      weight: Math.max(1, standing.skillSum),
      idle,
    };
  }

  #rank(agent: AgentRecord, { position, skillSum: levels }: Standing): number {
    switch (this.strategy) {
      case 'longest-idle':
        return 0;
      case 'least-occupied':
        return occupancyOf(agent, this.#occupancyAt);
      case 'fewest-contacts':
        return agent.handled ?? 0;
      case 'most-skilled':
        return -levels;
      case 'round-robin':
      case 'linear':
      case 'weighted-random':
        return position;
    }
  }

  #ruleOut(rule: string, agentId: string): void {
    const known = this.#ruledOut.get(rule) ?? { count: 0, first: [] };
    if (known.first.length < namedPerRule) known.first.push(agentId);
    this.#ruledOut.set(rule, { ...known, count: known.count + 1 });
  }

  #inState(state: AgentState): OrderedSet<Standing> {
    const known = this.#byState.get(state);
    if (known) return known;
    const standings = new OrderedSet<Standing>(compareStandings);
    this.#byState.set(state, standings);
    return standings;
  }
}

/** Share of the time since log-in that went into contacts, in thousandths, as of `at`. */
export function occupancyOf(agent: AgentRecord, at: number): number {
  const loggedInMs = at - (agent.loggedInAt ?? at);
  return loggedInMs <= 0 ? 0 : Math.min(1000, Math.round((1000 * (agent.busyMs ?? 0)) / loggedInMs));
}
