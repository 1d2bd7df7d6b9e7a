/**
 * Contacts of one queue that ask for the same, and the agents who may serve them: the meeting place of the two.
 * Who is a member is worked out once, when the pool is made, so that neither side is ever scanned for the other:
 * a contact finds its agent and an agent its contact in O(log n). Agents stand by tier, then in the order of the
 * queue's strategy; the pool also counts its members by state, so a decision can say whom it ruled out.
 */
import type { AgentState, Channel } from '../contract/events.ts';
import type { AgentRecord } from './agent-state.ts';
import type { ChangeList } from './change-list.ts';
import { type Demand, ruledOutBy, skillSum } from './demand.ts';
import { OrderedSet } from './ordered-set.ts';
import type { Strategy } from '../contract/site-routing.ts';
import { comparePlaces, type Place } from './waiting-list.ts';
import type { Standing } from './workload.ts';

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

/**
 * An agent who may be offered a contact. `load`: text contacts in hand, where fewer come first; `rank`: what the strategy
 * orders by, smaller first; `weight`: share in a draw.
 */
export interface Candidate {
  readonly agentId: string;
  readonly tier: number;
  readonly load: number;
  readonly rank: number;
  readonly weight: number;
  readonly idle: Idle;
}

interface Membership {
  readonly position: number;
  readonly tier: number;
  readonly skillSum: number;
  /** As last looked at. */
  record: AgentRecord | undefined;
  standing: Standing | undefined;
}

/** The agents as pools see them. */
export interface Floor {
  agentOf(agentId: string): AgentRecord | undefined;
  /** May this agent be offered a contact of the channel, and if not, why. */
  standingOf(agent: AgentRecord, channel: Channel): Standing;
}

type FirstInState = (state: AgentState, count: number) => readonly { readonly agentId: string }[];

/** How many of those ruled out are named. */
const namedPerRule = 5;
const lookedAtPerState = 20;
const compareCandidates = (a: Candidate, b: Candidate): number =>
  a.load - b.load ||
  a.rank - b.rank ||
  compareIdle(a.idle, b.idle) ||
  (a.agentId < b.agentId ? -1 : a.agentId > b.agentId ? 1 : 0);
/** These ask who has had the least to do; to the others it is all one how much anybody has in hand. */
const byLoad: ReadonlySet<Strategy> = new Set(['longest-idle', 'least-occupied', 'fewest-contacts']);
/** Occupancy changes while agents wait, so it is worked out anew once in this time. */
const occupancyEveryMs = 60_000;

export class Pool {
  readonly demand: Demand;
  readonly strategy: Strategy;
  readonly open = new OrderedSet<Place>(comparePlaces);
  /** Members of the queue whom the demand rules out, by rule: how many, and the first of them. */
  readonly #ruledOut = new Map<string, { count: number; first: string[] }>();
  readonly #members = new Map<string, Membership>();
  readonly #ready = new Map<string, Candidate>();
  readonly #tiers: { tier: number; candidates: OrderedSet<Candidate> }[] = [];
  readonly #byStanding = new Map<Standing, number>();
  /** Names of all rules and standings met so far, sorted. */
  readonly #rules: string[] = [];
  readonly #floor: Floor;
  readonly #changes: ChangeList;
  /** Up to where it has read the changes; nothing yet. */
  #readTo = -1;
  #occupancyAt = 0;

  constructor(
    demand: Demand,
    strategy: Strategy,
    queueMembers: Iterable<Member>,
    { floor, changes }: { floor: Floor; changes: ChangeList },
  ) {
    this.demand = demand;
    this.strategy = strategy;
    this.#floor = floor;
    this.#changes = changes;
    for (const { agent, position, tier } of queueMembers) {
      const rule = ruledOutBy(demand, agent.config, tier);
      if (rule) this.#ruleOut(rule, agent.id);
      else {
        const levels = skillSum(agent.config, demand.skills);
        const unseen = { record: undefined, standing: undefined };
        this.#members.set(agent.id, { position, tier, skillSum: levels, ...unseen });
      }
    }
  }

  get readySize(): number {
    this.#catchUp();
    return this.#ready.size;
  }

  get memberIds(): Iterable<string> {
    return this.#members.keys();
  }

  has(agentId: string): boolean {
    return this.#members.has(agentId);
  }

  /** Looks at those who changed, or where that is less work at every member. */
  #catchUp(): void {
    const { end } = this.#changes;
    if (this.#readTo === end) return;
    const isFew = this.#readTo >= 0 && end - this.#readTo <= this.#members.size;
    const changed = isFew ? this.#changes.since(this.#readTo) : undefined;
    if (changed)
      for (const agentId of changed) {
        const member = this.#members.get(agentId);
        if (member) this.#look(agentId, member);
      }
    else for (const [agentId, member] of this.#members) this.#look(agentId, member);
    this.#readTo = end;
  }

  #look(agentId: string, member: Membership): void {
    const agent = this.#floor.agentOf(agentId);
    if (agent !== member.record) this.#restand(agentId, member, agent);
  }

  #restand(agentId: string, member: Membership, agent: AgentRecord | undefined): void {
    member.record = agent;
    const standing = agent && this.#floor.standingOf(agent, this.demand.channel);
    if (member.standing === standing && standing !== 'ready') return;
    const old = this.#ready.get(agentId);
    if (member.standing !== standing) {
      if (member.standing) this.#count(member.standing, -1);
      if (standing) this.#count(standing, 1);
      member.standing = standing;
    }
    if (old) {
      this.#ready.delete(agentId);
      this.#tier(old.tier).delete(old);
    }
    if (agent && standing === 'ready') this.#stand(this.#candidate(agent, member));
  }

  /** Those of the best tier that has anybody Ready. */
  best(): OrderedSet<Candidate> | undefined {
    this.#catchUp();
    return this.#tiers.find(({ candidates }) => candidates.size > 0)?.candidates;
  }

  /** In the order of tiers and rank. */
  first(count: number): Candidate[] {
    this.#catchUp();
    const found: Candidate[] = [];
    for (const { candidates } of this.#tiers) {
      if (found.length >= count) break;
      found.push(...candidates.firstFew(count - found.length));
    }
    return found;
  }

  candidate(agentId: string): Candidate | undefined {
    this.#catchUp();
    return this.#ready.get(agentId);
  }

  ready(): Iterable<Candidate> {
    this.#catchUp();
    return this.#ready.values();
  }

  /**
   * Everybody whom this decision ruled out, by rule or by state, sorted by name so that records compare equal; `inState`
   * gives the first members of the queue in a state, in the order of the site file.
   */
  ruledOut(inState: FirstInState): { counts: Record<string, number>; agents: Record<string, string[]> } {
    this.#catchUp();
    const counts: Record<string, number> = {};
    const agents: Record<string, string[]> = {};
    for (const rule of this.#rules) {
      const byDemand = this.#ruledOut.get(rule);
      const standing = rule as Standing;
      const count = byDemand?.count ?? this.#byStanding.get(standing) ?? 0;
      if (count === 0 || standing === 'ready') continue;
      counts[rule] = count;
      agents[rule] = byDemand?.first ?? this.#firstOf(standing, inState);
    }
    return { counts, agents };
  }

  /** Not looked for any further than is cheap: many may be in a state whom the demand rules out anyway. */
  #firstOf(standing: Standing, inState: FirstInState): string[] {
    const first: string[] = [];
    for (const state of statesOf(standing))
      for (const { agentId } of inState(state, lookedAtPerState)) {
        if (this.#members.get(agentId)?.standing === standing) first.push(agentId);
        if (first.length === namedPerRule) return first;
      }
    return first;
  }

  countOf(standing: Standing): number {
    this.#catchUp();
    return this.#byStanding.get(standing) ?? 0;
  }

  /** To be called with the time of a decision before `best`: ranks that depend on it are brought up to date. */
  refresh(at: number): void {
    const mark = at - (at % occupancyEveryMs);
    if (this.strategy !== 'least-occupied' || mark === this.#occupancyAt) return;
    this.#occupancyAt = mark;
    for (const agentId of Array.from(this.#ready.keys())) {
      const member = this.#members.get(agentId);
      if (member) this.#restand(agentId, member, this.#floor.agentOf(agentId));
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

  #candidate(agent: AgentRecord, member: Membership): Candidate {
    return {
      agentId: agent.id,
      tier: member.tier,
      load: byLoad.has(this.strategy) ? (agent.inHand?.length ?? 0) : 0,
      rank: this.#rank(agent, member),
      weight: Math.max(1, member.skillSum),
      // On a call that lets text in beside it, nobody is idle.
      idle: agent.idle ?? { agentId: agent.id, since: agent.since, order: 0 },
    };
  }

  #rank(agent: AgentRecord, { position, skillSum: levels }: Membership): number {
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
      case 'ring-all':
      case 'weighted-random':
        return position;
    }
  }

  #ruleOut(rule: string, agentId: string): void {
    if (!this.#ruledOut.has(rule)) this.#noteRule(rule);
    const known = this.#ruledOut.get(rule) ?? { count: 0, first: [] };
    if (known.first.length < namedPerRule) known.first.push(agentId);
    this.#ruledOut.set(rule, { ...known, count: known.count + 1 });
  }

  #count(standing: Standing, by: 1 | -1): void {
    const count = this.#byStanding.get(standing);
    if (count === undefined) this.#noteRule(standing);
    this.#byStanding.set(standing, (count ?? 0) + by);
  }

  #noteRule(rule: string): void {
    this.#rules.push(rule);
    this.#rules.sort();
  }
}

/** In which states agents of this standing are to be found. */
function statesOf(standing: Standing): readonly AgentState[] {
  if (standing === 'at-capacity' || standing === 'other-work') return ['ready', 'talking'];
  if (standing === 'no-phone') return ['ready'];
  return standing === 'reserved' ? ['reserved', 'ready'] : [standing];
}

/** Share of the time since log-in that went into contacts, in thousandths, as of `at`. */
export function occupancyOf(agent: AgentRecord, at: number): number {
  const loggedInMs = at - (agent.loggedInAt ?? at);
  return loggedInMs <= 0 ? 0 : Math.min(1000, Math.round((1000 * (agent.busyMs ?? 0)) / loggedInMs));
}
