/**
 * What a waiting contact asks of an agent, and how that loosens while it waits. A demand is a function of the
 * queue's rules, of what the contact brought along and of how far it was relaxed; equal demands have equal keys,
 * so that contacts which ask for the same share one pool (pool.ts). Pure.
 */
import type { DemandFacts, SkillDemand } from '../contract/decision.ts';
import { type Channel, relaxRules, type RelaxRule } from '../contract/events.ts';
import type { AcdAgent, AcdQueue, Wishes } from './types.ts';
import { capacityOf } from './workload.ts';

export interface Demand {
  readonly channel: Channel;
  readonly skills?: SkillDemand;
  /** One of these; absent: any. */
  readonly languages?: readonly string[];
  readonly maxTier: number;
  /** Nobody but this agent; then nothing else is asked. */
  readonly agentId?: string;
  /** Not this one, who passed it on a moment ago. */
  readonly notAgentId?: string;
}

/** What decides the demand of one contact. */
export interface Traits extends Pick<Wishes, 'skills' | 'preferred' | 'giver'> {
  readonly language: string;
  /** Every rule that is due after no longer a wait than this has been relaxed. */
  readonly relaxedMs: number;
}

export function demandOf(queue: AcdQueue, traits: Traits, channel: Channel): Demand {
  const { preferred, giver, relaxedMs } = traits;
  if (preferred) return { channel, agentId: preferred.agentId, maxTier: 0 };
  const step = queue.relax?.findLast(({ afterMs }) => afterMs <= relaxedMs);
  const skills = step ? step.skills : bothOf(queue.skills, traits.skills);
  const languages = languagesOf(queue, traits);
  const maxTier = 1 + (queue.tierAfterMs?.filter((afterMs) => afterMs <= relaxedMs).length ?? 0);
  const notAgentId = giver?.agentId;
  return {
    channel,
    maxTier,
    ...(skills && { skills }),
    ...(languages && { languages }),
    ...(notAgentId !== undefined && { notAgentId }),
  };
}

const bothOf = (a: SkillDemand | undefined, b: SkillDemand | undefined): SkillDemand | undefined =>
  a && b ? { all: [a, b] } : (a ?? b);

function languagesOf({ language: rule }: AcdQueue, traits: Traits): string[] | undefined {
  if (!rule) return undefined;
  if (rule.fallbackAfterMs === undefined || rule.fallbackAfterMs > traits.relaxedMs) return [traits.language];
  return rule.fallback === undefined ? undefined : [...new Set([traits.language, rule.fallback])];
}

/** The next loosening: after how long a wait, and of what; undefined when nothing is left to loosen. */
export function nextRelaxation(
  queue: AcdQueue,
  traits: Traits,
): { afterMs: number; rules: RelaxRule[] } | undefined {
  const { preferred, giver } = traits;
  if (!queue.relax && !queue.language && !queue.tierAfterMs && !preferred && !giver) return undefined;
  const due: { afterMs: number; rule: RelaxRule }[] = [];
  const add = (rule: RelaxRule, afterMs: number | undefined) => {
    if (afterMs !== undefined && afterMs > traits.relaxedMs) due.push({ afterMs, rule });
  };
  for (const { afterMs } of queue.relax ?? []) add('skills', afterMs);
  add('language', queue.language?.fallbackAfterMs);
  for (const afterMs of queue.tierAfterMs ?? []) add('tier', afterMs);
  if (preferred) due.push({ afterMs: preferred.waitMs, rule: 'agent' });
  if (giver) due.push({ afterMs: giver.waitMs, rule: 'giver' });
  if (due.length === 0) return undefined;
  const afterMs = Math.min(...due.map((one) => one.afterMs));
  const rules = relaxRules.filter((rule) => due.some((one) => one.rule === rule && one.afterMs === afterMs));
  return { afterMs, rules };
}

/** What decides the demand after these rules were relaxed. */
export function loosened(traits: Traits, rules: readonly RelaxRule[], afterMs: number): Traits {
  const { preferred, giver, ...rest } = traits;
  const isPreferred = preferred && !rules.includes('agent');
  const isGiven = giver && !rules.includes('giver');
  const relaxedMs = Math.max(rest.relaxedMs, afterMs);
  return { ...rest, relaxedMs, ...(isPreferred && { preferred }), ...(isGiven && { giver }) };
}

/** Equal for equal demands. */
export function keyOf(demand: Demand): string {
  const { channel } = demand;
  if (demand.agentId !== undefined) return `${channel} agent ${demand.agentId}`;
  const skills = demand.skills ? skillsKey(demand.skills) : '';
  const not = demand.notAgentId === undefined ? '' : ` not ${demand.notAgentId}`;
  return `${channel} ${demand.maxTier} ${demand.languages?.join(' ') ?? '*'} ${skills}${not}`;
}

/** By identity: what the site asks for is the same object for every contact. */
const skillsKeys = new WeakMap<SkillDemand, string>();

function skillsKey(demand: SkillDemand): string {
  const known = skillsKeys.get(demand);
  if (known !== undefined) return known;
  let key: string;
  if ('skill' in demand) key = JSON.stringify([demand.skill, demand.level]);
  else if ('all' in demand) key = `all(${demand.all.map(skillsKey).join()})`;
  else key = `any(${demand.any.map(skillsKey).join()})`;
  skillsKeys.set(demand, key);
  return key;
}

/** As it is recorded; undefined where nothing is asked. */
export function factsOf(demand: Demand): DemandFacts | undefined {
  const { agentId, notAgentId, skills, languages, maxTier } = demand;
  const isNamed = agentId !== undefined || notAgentId !== undefined;
  if (!isNamed && !skills && !languages && maxTier <= 1) return undefined;
  return {
    maxTier,
    ...(agentId !== undefined && { agentId }),
    ...(notAgentId !== undefined && { notAgentId }),
    ...(skills && { skills }),
    ...(languages && { languages }),
  };
}

/** As a manager reads it: `loans >= 3 and (it or en) up to tier 2`. */
export function describeDemand(demand: DemandFacts): string {
  if (demand.agentId !== undefined) return `agent ${demand.agentId}`;
  const parts = [
    ...(demand.skills ? [describeSkills(demand.skills)] : []),
    ...(demand.languages ? [`language ${demand.languages.join(' or ')}`] : []),
    ...(demand.maxTier > 1 ? [`up to tier ${demand.maxTier}`] : []),
    ...(demand.notAgentId === undefined ? [] : [`not agent ${demand.notAgentId}`]),
  ];
  return parts.length === 0 ? 'anybody' : parts.join(', ');
}

export function describeSkills(demand: SkillDemand, isInner = false): string {
  if ('skill' in demand) return `${demand.skill} >= ${demand.level}`;
  const [parts, word] = 'all' in demand ? [demand.all, ' and '] : [demand.any, ' or '];
  const text = parts.map((part) => describeSkills(part, parts.length > 1)).join(word);
  return isInner && parts.length > 1 ? `(${text})` : text;
}

/** The first rule that rules this agent out; undefined for one who may be asked. */
export function ruledOutBy(
  demand: Demand,
  agent: AcdAgent,
  tier: number,
): 'channel' | 'skill' | 'language' | 'tier' | 'not-the-preferred' | 'passed-it-on' | undefined {
  if (demand.agentId !== undefined) return demand.agentId === agent.id ? undefined : 'not-the-preferred';
  if (demand.notAgentId === agent.id) return 'passed-it-on';
  if (capacityOf(agent, demand.channel) === 0) return 'channel';
  if (demand.skills && !knows(agent, demand.skills)) return 'skill';
  if (demand.languages && !demand.languages.some((one) => agent.languages?.includes(one))) return 'language';
  return tier > demand.maxTier ? 'tier' : undefined;
}

function knows(agent: AcdAgent, demand: SkillDemand): boolean {
  if ('skill' in demand) return (agent.skills?.[demand.skill] ?? 0) >= demand.level;
  return 'all' in demand
    ? demand.all.every((one) => knows(agent, one))
    : demand.any.some((one) => knows(agent, one));
}

/** The agent's levels in everything a demand names, added up. */
export function skillSum(agent: AcdAgent, demand: SkillDemand | undefined): number {
  return [...new Set(skillsIn(demand))].reduce((sum, skill) => sum + (agent.skills?.[skill] ?? 0), 0);
}

function skillsIn(demand: SkillDemand | undefined): string[] {
  if (!demand) return [];
  if ('skill' in demand) return [demand.skill];
  return ('all' in demand ? demand.all : demand.any).flatMap(skillsIn);
}
