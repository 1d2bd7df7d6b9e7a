/** The part of a site that routing needs, and the faults that only show when both are seen together. */
import type { SkillDemand } from '../contract/decision.ts';
import { channels } from '../contract/events.ts';
import { ruledOutBy } from '../acd/demand.ts';
import type {
  AcdAgent,
  AcdQueue,
  AcdSite,
  Blocks,
  OverflowRule,
  OverflowTarget,
  Wishes,
  WrapUp,
} from '../acd/types.ts';
import { builtInPrompts } from '../contract/site.ts';
import { defaultBlocks } from '../contract/site-routing.ts';
import type { Site, SiteAgent, SiteFault, SiteQueue } from '../contract/site.ts';
import { readSkillDemand } from './skill-demand.ts';

const wrapUpOf = (wrapUp: SiteAgent['wrapUp']): WrapUp =>
  wrapUp.mode === 'timed'
    ? {
        mode: 'timed',
        ms: wrapUp.sec * 1000,
        ...(wrapUp.extendSec !== undefined && {
          extendMs: wrapUp.extendSec * 1000,
          extensions: wrapUp.extensions ?? 1,
        }),
      }
    : { mode: wrapUp.mode };

/** Of a text that the check has let through. */
export function skillDemand(text: string | undefined): { skills?: SkillDemand } {
  const read = text === undefined ? undefined : readSkillDemand(text);
  return read === undefined || typeof read === 'string' ? {} : { skills: read.demand };
}

function toOverflowRule({ when, above = 0, aboveSec = 0, to }: SiteQueue['overflow'][number]): OverflowRule {
  const target: OverflowTarget =
    to.queue !== undefined
      ? { kind: 'queue', queueId: to.queue }
      : to.number !== undefined
        ? { kind: 'number', number: to.number }
        : { kind: 'message', prompt: to.message ?? '' };
  if (when === 'contacts-per-agent') return { when, above, to: target };
  if (when === 'estimated-wait') return { when, aboveMs: aboveSec * 1000, to: target };
  return { when, to: target };
}

function toAcdQueue(q: SiteQueue): AcdQueue {
  const { fallbackAfterSec, fallback } = q.language ?? {};
  return {
    id: q.id,
    strategy: q.strategy,
    ringMs: q.ringSec * 1000,
    maxWaitMs: q.maxWaitSec * 1000,
    maxLength: q.maxLength,
    overflowTarget: q.overflowMessage,
    targetMs: q.serviceLevel.withinSec * 1000,
    shortAbandonMs: q.shortAbandonSec * 1000,
    announceEveryMs: q.announcePositionEverySec * 1000,
    ...(q.overflow.length > 0 && { overflow: q.overflow.map(toOverflowRule) }),
    ...((q.rona.after > 1 || q.rona.becomes !== 'not-ready') && { rona: q.rona }),
    ...(q.weight > 0 && { weight: q.weight }),
    ...(q.headStartSec > 0 && { headStartMs: q.headStartSec * 1000 }),
    ...skillDemand(q.skills),
    ...(q.relax.length > 0 && {
      relax: q.relax.map((step) => ({ afterMs: step.afterSec * 1000, ...skillDemand(step.skills) })),
    }),
    ...(q.language && {
      language: {
        ...(fallbackAfterSec !== undefined && { fallbackAfterMs: fallbackAfterSec * 1000 }),
        ...(fallback && { fallback }),
      },
    }),
    ...(q.tierAfterSec.length > 0 && { tierAfterMs: q.tierAfterSec.map((sec) => sec * 1000) }),
  };
}

const toAcdAgent = (a: SiteAgent, usual: SiteCapacity | undefined): AcdAgent => ({
  id: a.id,
  queueIds: a.queues,
  wrapUp: wrapUpOf(a.wrapUp),
  ...(a.phone && { phoneId: a.phone }),
  ...(Object.keys(a.skills).length > 0 && { skills: a.skills }),
  ...(a.languages.length > 0 && { languages: a.languages }),
  ...(Object.keys(a.tiers).length > 0 && { tiers: a.tiers }),
  ...((a.capacity ?? usual) && { capacity: withoutGaps({ ...usual, ...a.capacity }) }),
});

type SiteCapacity = NonNullable<Site['routing']['capacity']>;

const withoutGaps = (capacity: SiteCapacity): NonNullable<AcdAgent['capacity']> =>
  Object.fromEntries(Object.entries(capacity).filter(([, count]) => count !== undefined));

/** Of a channel that is not named, as usual. */
const blocksOf = ({ voice, chat, mail }: NonNullable<Site['routing']['blocks']>): Blocks => ({
  voice: voice ?? defaultBlocks.voice,
  chat: chat ?? defaultBlocks.chat,
  mail: mail ?? defaultBlocks.mail,
});

export function toAcdSite(site: Site, version: number): AcdSite {
  const { priorityWorthSec, seed, capacity, blocks } = site.routing;
  return {
    version,
    ...(priorityWorthSec !== undefined && { priorityWorthMs: priorityWorthSec * 1000 }),
    ...(seed !== 1 && { seed }),
    ...(blocks && { blocks: blocksOf(blocks) }),
    queues: site.queues.map(toAcdQueue),
    agents: site.agents.map((one) => toAcdAgent(one, capacity)),
    phoneIds: site.phones.map((p) => p.id),
    figures: {
      targetPercents: Object.fromEntries(site.queues.map((q) => [q.id, q.serviceLevel.percent])),
      teams: Object.fromEntries(site.agents.flatMap((a) => (a.team === undefined ? [] : [[a.id, a.team]]))),
    },
  };
}

/** What a contact brings along: of who calls first, then of the number dialled. */
export function wishesOf(
  number: Site['numbers'][number],
  caller: Site['callers'][number] | undefined,
): { priority?: number } & Wishes {
  const priority = caller?.priority ?? number.priority;
  const headStartSec = caller?.headStartSec ?? number.headStartSec;
  const by = caller?.agent === undefined ? number : caller;
  return {
    ...(priority !== undefined && { priority }),
    ...(headStartSec !== undefined && { headStartMs: headStartSec * 1000 }),
    ...skillDemand(caller?.skills ?? number.skills),
    ...(by.agent !== undefined && {
      preferred: { agentId: by.agent, waitMs: (by.agentWaitSec ?? defaultAgentWaitSec) * 1000 },
    }),
  };
}

const defaultAgentWaitSec = 30;

type Path = (string | number)[];

/** Texts that cannot be read, skills that are not listed, steps out of order, demands that no member could ever meet. */
export function routingFaults(site: Site): SiteFault[] {
  const faults: SiteFault[] = [];
  const fault = (path: Path, message: string) => void faults.push({ path, message });
  const known = new Set(site.skills.map((skill) => skill.id));
  const agents = new Set(site.agents.map((agent) => agent.id));
  const text = (value: string | undefined, path: Path) => {
    const read = value === undefined ? undefined : readSkillDemand(value);
    if (typeof read === 'string') fault(path, read);
    else
      for (const skill of read?.skills ?? [])
        if (!known.has(skill)) fault(path, `there is no skill "${skill}"; list it under skills`);
  };
  const rising = (values: number[], at: (index: number) => Path) =>
    values.forEach((value, index) => {
      if (index > 0 && value <= values[index - 1]!)
        fault(at(index), 'each step must come later than the one before');
    });
  site.queues.forEach((queue, i) => {
    text(queue.skills, ['queues', i, 'skills']);
    queue.relax.forEach((step, k) => text(step.skills, ['queues', i, 'relax', k, 'skills']));
    rising(
      queue.relax.map((step) => step.afterSec),
      (k) => ['queues', i, 'relax', k, 'afterSec'],
    );
    queue.overflow.forEach((rule, k) =>
      overflowFaults(site, queue, rule, ['queues', i, 'overflow', k], fault),
    );
    const { recall } = queue;
    if (recall?.queue === queue.id)
      fault(['queues', i, 'recall'], 'repeat callers need a queue of their own');
    else if (recall && !site.queues.some((one) => one.id === recall.queue))
      fault(['queues', i, 'recall', 'queue'], `there is no queue "${recall.queue}"`);
    rising(queue.tierAfterSec, (k) => ['queues', i, 'tierAfterSec', k]);
  });
  for (const [section, list] of [
    ['numbers', site.numbers],
    ['callers', site.callers],
  ] as const)
    list.forEach((one, i) => {
      text(one.skills, [section, i, 'skills']);
      if (one.agent !== undefined && !agents.has(one.agent))
        fault([section, i, 'agent'], `there is no agent "${one.agent}"`);
    });
  site.agents.forEach((agent, i) => {
    for (const skill of Object.keys(agent.skills))
      if (!known.has(skill))
        fault(['agents', i, 'skills'], `there is no skill "${skill}"; list it under skills`);
    for (const queueId of Object.keys(agent.tiers))
      if (!agent.queues.includes(queueId))
        fault(['agents', i, 'tiers'], `agent "${agent.id}" is no member of queue "${queueId}"`);
  });
  return faults.length > 0 ? faults : unmeetable(site);
}

function overflowFaults(
  site: Site,
  queue: SiteQueue,
  { when, above, aboveSec, to }: SiteQueue['overflow'][number],
  path: Path,
  fault: (path: Path, message: string) => void,
): void {
  if ((when === 'contacts-per-agent') !== (above !== undefined))
    fault(path, 'contacts-per-agent, and nothing else, says how many: above: 3');
  if ((when === 'estimated-wait') !== (aboveSec !== undefined))
    fault(path, 'estimated-wait, and nothing else, says how long: aboveSec: 300');
  if (to.queue !== undefined) {
    if (to.queue === queue.id) fault([...path, 'to'], 'a queue cannot flow out into itself');
    else if (!site.queues.some((one) => one.id === to.queue))
      fault([...path, 'to'], `there is no queue "${to.queue}"`);
  } else if (to.number !== undefined) {
    if (!site.numbers.some((one) => one.number === to.number))
      fault([...path, 'to'], `there is no number "${to.number}" of this site`);
  } else if (![...builtInPrompts, ...site.prompts.map((one) => one.id)].includes(to.message ?? ''))
    fault([...path, 'to'], `there is no prompt "${to.message}"`);
}

/** A queue with members, none of whom could ever be asked: its callers would wait for nothing. */
function unmeetable(site: Site): SiteFault[] {
  const { queues, agents } = toAcdSite(site, 0);
  return queues.flatMap((queue, i) => {
    const members = agents.filter((agent) => agent.queueIds.includes(queue.id));
    const last = queue.relax?.at(-1);
    const skills = last ? last.skills : queue.skills;
    const maxTier = 1 + (queue.tierAfterMs?.length ?? 0);
    // Any channel: which of them a queue serves is not said by the queue.
    const demands = channels.map((channel) => ({ channel, ...(skills && { skills }), maxTier }));
    const isMet = members.some((agent) =>
      demands.some((demand) => !ruledOutBy(demand, agent, agent.tiers?.[queue.id] ?? 1)),
    );
    if (members.length === 0 || isMet) return [];
    const message = `no member of queue "${queue.id}" could ever be asked: lower its skills, relax them, or let tiers in`;
    return [{ path: ['queues', i, queue.skills === undefined ? 'tierAfterSec' : 'skills'], message }];
  });
}
