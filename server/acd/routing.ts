/**
 * Who gets whom, and why. Pure and deterministic: the same state gives the same choice, and the decision record
 * (N4) says what it was made from. A contact goes to the first agent by its queue's strategy among those its demand
 * admits; an agent who becomes Ready takes, over all its queues, the contact that is first in the order of places.
 * Cost: O(log n) in agents and in waiting contacts, O(p) in the pools of one agent; nobody is scanned.
 */
import type { Counterfactual, Decision } from '../contract/decision.ts';
import { type Channel, channels } from '../contract/events.ts';
import type { AcdState } from './acd-state.ts';
import type { AgentRecord } from './agent-state.ts';
import type { ContactIn } from './contact-state.ts';
import { factsOf } from './demand.ts';
import type { OrderedSet } from './ordered-set.ts';
import { type Candidate, occupancyOf, type Pool } from './pool.ts';
import type { QueueState } from './queue-state.ts';
import { comparePlaces, type Place } from './waiting-list.ts';
import { standingOf } from './workload.ts';

const candidatesShown = 5;
/** More phones than this never ring for one contact. */
const rungAtMost = 50;

/** For a contact that waits: the agent its queue's strategy puts first. */
export function chooseAgent(
  state: AcdState,
  queue: QueueState,
  contact: ContactIn<'waiting'>,
  at: number,
): string | undefined {
  const pool = queue.poolWith(contact.id);
  if (queue.isRetired || !pool) return undefined;
  pool.refresh(at);
  const best = pool.best();
  return best && chooseFrom(best, pool, queue, drawOf(state, contact))?.agentId;
}

/** Where all are rung: everybody of the best tier that has anybody, in the order of the site file. */
export function allAgents(state: AcdState, queue: QueueState, contact: ContactIn<'waiting'>): AgentRecord[] {
  const best = queue.poolWith(contact.id)?.best()?.firstFew(rungAtMost) ?? [];
  return best.flatMap(({ agentId }) => state.agents.get(agentId) ?? []);
}

function chooseFrom(
  best: OrderedSet<Candidate>,
  pool: Pool,
  queue: QueueState,
  draw: number,
): Candidate | undefined {
  switch (pool.strategy) {
    case 'round-robin': {
      const last = queue.positionOf(queue.lastAgentId) ?? -1;
      return best.firstWhere(({ rank }) => rank > last) ?? best.first();
    }
    case 'weighted-random':
      return best.draw(draw);
    default:
      return best.first();
  }
}

/** A number from 0 to below 1 that only the site's seed, the contact and the attempt decide (FNV-1a, then mixed). */
function drawOf(state: AcdState, { id, attempt }: ContactIn<'waiting'>): number {
  let hash = 0x811c9dc5;
  for (const char of `${state.site.seed ?? 1}:${id}.${attempt + 1}`)
    hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 4294967296;
}

/** Told from the record: a pool would have to be brought up to date for it. */
const isFreeFor = (state: AcdState, agent: AgentRecord, channel: Channel): boolean =>
  standingOf(agent, channel, state.site.blocks) === 'ready';

/** For an agent who is free: the contact to serve next over all its queues. */
export function chooseContact(state: AcdState, agent: AgentRecord): Place | undefined {
  const free = channels.filter((channel) => isFreeFor(state, agent, channel));
  if (free.length === 0) return undefined;
  let best: Place | undefined;
  state.forEachPool(agent, ({ open, demand }) => {
    const place = free.includes(demand.channel) ? open.first() : undefined;
    if (place && (!best || comparePlaces(place, best) < 0)) best = place;
  });
  return best;
}

/** The record of a choice, drawn from the state before the offer. */
export function describeDecision(
  state: AcdState,
  queue: QueueState,
  contact: ContactIn<'waiting'>,
  agent: AgentRecord,
  trigger: Decision['trigger'],
  at: number,
): Decision {
  const pool = queue.poolWith(contact.id);
  if (!pool) throw new Error(`contact ${contact.id} waits in no pool`);
  pool.refresh(at);
  const shown = shownOf(pool, agent.id);
  const scoreOf = (candidate: Candidate) => scoreIn(state, pool, candidate, at);
  const counterfactual =
    trigger === 'contact'
      ? otherAgent(pool, agent)
      : (otherContact(state, contact, agent) ?? otherAgent(pool, agent));
  const demand = factsOf(pool.demand);
  const { counts, agents } = pool.ruledOut((one, count) => queue.membersIn(one, count));
  return {
    strategy: queue.config.strategy,
    chosen: agent.id,
    trigger,
    ...(demand && { demand }),
    candidates: shown.map((one) => ({
      agentId: one.agentId,
      idleSince: one.idle.since,
      score: scoreOf(one),
    })),
    candidateCount: pool.readySize,
    ruledOut: counts,
    ruledOutAgents: agents,
    contactPosition: queue.waiting.position(contact.place) ?? 0,
    waitingCount: queue.waiting.size,
    ...(counterfactual === undefined ? {} : { counterfactual }),
  };
}

/** The first few, the chosen one among them: a turn or a draw may fall to anybody. */
function shownOf(pool: Pool, chosen: string): Candidate[] {
  const first = pool.first(candidatesShown);
  const mine = pool.candidate(chosen);
  if (!mine || first.some(({ agentId }) => agentId === chosen)) return first;
  return [mine, ...first.slice(0, candidatesShown - 1)];
}

/**
 * What the strategy compares, in its own unit: idle ms, occupancy in thousandths, contacts taken, place in the site
 * file (from 0), levels added up, or share in the draw.
 */
function scoreIn(state: AcdState, { strategy }: Pool, candidate: Candidate, at: number): number {
  const agent = state.agents.get(candidate.agentId);
  switch (strategy) {
    case 'longest-idle':
      return at - candidate.idle.since;
    case 'least-occupied':
      return agent ? occupancyOf(agent, at) : candidate.rank;
    case 'most-skilled':
      return -candidate.rank;
    case 'weighted-random':
      return candidate.weight;
    case 'fewest-contacts':
    case 'round-robin':
    case 'linear':
    case 'ring-all':
      return candidate.rank;
  }
}

/** What would have made the next best agent the first. */
function otherAgent(pool: Pool, chosen: AgentRecord): Counterfactual | undefined {
  const mine = pool.candidate(chosen.id);
  const other = mine && nextBest(pool, mine);
  if (!other || !mine) return undefined;
  const { agentId } = other;
  if (other.tier > mine.tier) return { kind: 'tier', agentId, tier: other.tier, chosenTier: mine.tier };
  switch (pool.strategy) {
    // With the same tier, the others ring as well.
    case 'ring-all':
      return undefined;
    case 'round-robin':
      return { kind: 'turn', agentId };
    case 'weighted-random':
      return { kind: 'draw', agentId, share: other.weight };
    default:
      return gapTo(pool, mine, other);
  }
}

/** The second best; in turns, who comes next. */
function nextBest(pool: Pool, mine: Candidate): Candidate | undefined {
  const isOther = ({ agentId }: Candidate) => agentId !== mine.agentId;
  const next = pool.strategy === 'round-robin' && pool.best()?.firstWhere(({ rank }) => rank > mine.rank);
  return next || pool.first(2).find(isOther);
}

function gapTo(
  pool: Pool,
  mine: Candidate,
  { agentId, load, rank, idle }: Candidate,
): Counterfactual | undefined {
  if (load > mine.load) return { kind: 'load', agentId, count: load - mine.load };
  const gap = rank - mine.rank;
  if (gap > 0) return byGap(pool, agentId, gap);
  const ms = idle.since - mine.idle.since;
  if (load < mine.load || gap < 0 || ms < 0) return undefined;
  return ms === 0 ? { kind: 'same-moment', agentId } : { kind: 'idle', agentId, ms };
}

function byGap({ strategy }: Pool, agentId: string, count: number): Counterfactual {
  switch (strategy) {
    case 'least-occupied':
      return { kind: 'occupancy', agentId, points: count / 10 };
    case 'fewest-contacts':
      return { kind: 'contacts', agentId, count };
    case 'most-skilled':
      return { kind: 'levels', agentId, count };
    default:
      return { kind: 'places', agentId, count };
  }
}

/** The contact this agent would have had if the chosen one had left an instant before. */
function otherContact(
  state: AcdState,
  chosen: ContactIn<'waiting'>,
  agent: AgentRecord,
): Counterfactual | undefined {
  let best: { place: Place; queueId: string } | undefined;
  state.forEachPool(agent, (pool, queue) => {
    const first = pool.open.first();
    const place = first?.contactId === chosen.id ? pool.open.firstFew(2)[1] : first;
    if (!place || (best && comparePlaces(place, best.place) >= 0)) return;
    if (isFreeFor(state, agent, pool.demand.channel)) best = { place, queueId: queue.config.id };
  });
  if (!best) return undefined;
  const { queueId, place } = best;
  const { contactId, rank, servedAs } = place;
  if (rank < chosen.place.rank)
    return { kind: 'contact-priority', contactId, queueId, priority: chosen.place.rank };
  return { kind: 'contact-sooner', contactId, queueId, ms: servedAs - chosen.place.servedAs + 1 };
}
