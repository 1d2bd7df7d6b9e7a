/** Decisions in the reader's own words: rules, scores in the unit of the strategy, demands, and what would have changed it. */
import type { DecisionView, DemandView, OfferResult } from '../../../server/contract/rest-decisions.ts';
import type { Counterfactual, SkillDemand } from '../../../server/contract/decision.ts';
import { fill, plural } from '../../shared/words.ts';
import type { NameOf } from '../names.ts';
import { formats, language, words, type TextKey } from '../reading.ts';

const lookUp = (table: Readonly<Record<string, TextKey>>, key: string): string => {
  const word = table[key];
  return word === undefined ? key : words.value[word];
};

const strategyWord: Record<string, TextKey> = {
  'longest-idle': 'strategyLongestIdle',
  'least-occupied': 'strategyLeastOccupied',
  'fewest-contacts': 'strategyFewestContacts',
  'round-robin': 'strategyRoundRobin',
  linear: 'strategyLinear',
  'ring-all': 'strategyRingAll',
  'most-skilled': 'strategyMostSkilled',
  'weighted-random': 'strategyWeightedRandom',
};
const strategyRule: Record<string, TextKey> = {
  'longest-idle': 'ruleLongestIdle',
  'least-occupied': 'ruleLeastOccupied',
  'fewest-contacts': 'ruleFewestContacts',
  'round-robin': 'ruleRoundRobin',
  linear: 'ruleLinear',
  'ring-all': 'ruleRingAll',
  'most-skilled': 'ruleMostSkilled',
  'weighted-random': 'ruleWeightedRandom',
};
const outWord: Record<string, TextKey> = {
  skill: 'outSkill',
  language: 'outLanguage',
  tier: 'outTier',
  channel: 'outChannel',
  'at-capacity': 'outAtCapacity',
  'other-work': 'outOtherWork',
  'no-phone': 'outNoPhone',
  'not-the-preferred': 'outPreferred',
  'passed-it-on': 'outGiver',
  'logged-out': 'stateLoggedOut',
  'not-ready': 'stateNotReady',
  reserved: 'stateReserved',
  ringing: 'stateRinging',
  talking: 'stateTalking',
  hold: 'stateHold',
  'wrap-up': 'stateWrapUp',
  unreachable: 'stateUnreachable',
};
const resultWord: Record<OfferResult, TextKey> = {
  open: 'offerOpen',
  answered: 'offerAnswered',
  rona: 'offerRona',
  rejected: 'offerRejected',
  'phone-unreachable': 'offerPhone',
  'contact-gone': 'offerContactGone',
  'agent-left': 'offerAgentLeft',
  'answered-elsewhere': 'offerElsewhere',
  interrupted: 'offerInterrupted',
};
const flowWord: Record<string, TextKey> = {
  'max-wait': 'flowMaxWait',
  'max-length': 'flowMaxLength',
  'no-agents': 'flowNoAgents',
  'all-not-ready': 'flowAllNotReady',
  'contacts-per-agent': 'flowContactsPerAgent',
  'estimated-wait': 'flowEstimatedWait',
  emergency: 'flowEmergency',
  'queue-removed': 'flowQueueRemoved',
};

export const strategyName = (strategy: string): string => lookUp(strategyWord, strategy);
export const outText = (rule: string): string => lookUp(outWord, rule);
export const resultText = (result: OfferResult): string => words.value[resultWord[result]];
export const flowText = (reason: string): string => lookUp(flowWord, reason);
/** What the strategy does, as a sentence; none for one that is not known here. */
export function strategyText(strategy: string): string {
  const word = strategyRule[strategy];
  return word === undefined ? '' : words.value[word];
}

const locales = { en: 'en-GB', ru: 'ru-RU', it: 'it-IT' } as const;
const tenths = (value: number): string =>
  new Intl.NumberFormat(locales[language.value], { maximumFractionDigits: 1 }).format(value);
const space = '\u00a0';

/** 6 min 2 s: within a sentence, digits with a colon could be a time of day. */
export function spoken(ms: number): string {
  const w = words.value;
  const part = (value: string | number, unit: string) => `${value}${space}${unit}`;
  if (ms < 1000) return part(Math.round(ms), w.unitMs);
  if (ms < 10_000) return part(tenths(ms / 1000), w.unitSec);
  const total = Math.round(ms / 1000);
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor(total / 60) % 60, total % 60];
  const parts: string[] = [];
  if (hours > 0) parts.push(part(hours, w.unitHour));
  if (minutes > 0) parts.push(part(minutes, w.unitMin));
  if (seconds > 0 && hours === 0) parts.push(part(seconds, w.unitSec));
  return parts.join(' ');
}

export function scoreText(strategy: string, score: number): string {
  const w = words.value;
  switch (strategy) {
    case 'longest-idle':
      return fill(w.scoreIdle, { time: spoken(score) });
    case 'least-occupied':
      return fill(w.scoreOccupancy, { share: tenths(score / 10) });
    case 'fewest-contacts':
      return plural(language.value, w.scoreContacts, score);
    case 'most-skilled':
      return plural(language.value, w.scoreLevels, score);
    case 'round-robin':
    case 'linear':
    case 'ring-all':
      return fill(w.scorePlace, { place: score + 1 });
    case 'weighted-random':
      return fill(w.scoreShare, { share: score });
    default:
      return tenths(score);
  }
}

function skillsText(demand: SkillDemand, isInner = false): string {
  if ('skill' in demand) return `${demand.skill}${space}≥${space}${demand.level}`;
  const w = words.value;
  const [parts, word] = 'all' in demand ? [demand.all, w.demandAnd] : [demand.any, w.demandOr];
  const text = parts.map((part) => skillsText(part, parts.length > 1)).join(` ${word} `);
  return isInner && parts.length > 1 ? `(${text})` : text;
}
export { skillsText };

function languageText(code: string): string {
  try {
    return new Intl.DisplayNames([locales[language.value]], { type: 'language' }).of(code) ?? code;
  } catch {
    return code;
  }
}

/** What a contact asks for; the record's own English where no facts are known. */
export function demandText(demand: DemandView | undefined, nameOf: NameOf): string {
  const w = words.value;
  if (!demand) return w.demandAnybody;
  if (!demand.facts) return demand.text;
  const { agentId, notAgentId, skills, languages, maxTier } = demand.facts;
  if (agentId !== undefined) return fill(w.demandOnly, { agent: nameOf.agent(agentId) ?? agentId });
  const parts = [
    ...(skills ? [skillsText(skills)] : []),
    ...(languages
      ? [fill(w.demandLanguage, { languages: languages.map(languageText).join(` ${w.demandOr} `) })]
      : []),
    ...(maxTier > 1 ? [fill(w.demandTiers, { tier: maxTier })] : []),
    ...(notAgentId === undefined
      ? []
      : [fill(w.demandNot, { agent: nameOf.agent(notAgentId) ?? notAgentId })]),
  ];
  return parts.length === 0 ? w.demandAnybody : parts.join(', ');
}

export function otherwiseText(fact: Counterfactual, chosenId: string, nameOf: NameOf): string {
  const w = words.value;
  const agent = 'agentId' in fact ? (nameOf.agent(fact.agentId) ?? fact.agentId) : '';
  const queue = 'queueId' in fact ? (nameOf.queue(fact.queueId) ?? fact.queueId) : '';
  const counted = (forms: typeof w.otherwiseContacts, count: number) =>
    fill(plural(language.value, forms, count), { agent });
  switch (fact.kind) {
    case 'tier':
      return fill(w.otherwiseTier, { agent, tier: fact.tier, chosenTier: fact.chosenTier });
    case 'turn':
      return fill(w.otherwiseTurn, { agent });
    case 'draw':
      return fill(w.otherwiseDraw, { agent, share: fact.share });
    case 'occupancy':
      return fill(w.otherwiseOccupancy, { agent, points: tenths(fact.points) });
    case 'load':
      return counted(w.otherwiseLoad, fact.count);
    case 'contacts':
      return counted(w.otherwiseContacts, fact.count);
    case 'levels':
      return counted(w.otherwiseLevels, fact.count);
    case 'places':
      return counted(w.otherwisePlaces, fact.count);
    case 'idle':
      return fill(w.otherwiseIdle, { agent, time: spoken(fact.ms) });
    case 'same-moment':
      return fill(w.otherwiseSameMoment, { agent, chosen: nameOf.agent(chosenId) ?? chosenId });
    case 'contact-sooner':
      return fill(w.otherwiseContactSooner, { queue, time: spoken(fact.ms) });
    case 'contact-priority':
      return fill(w.otherwiseContactPriority, { queue, priority: fact.priority });
  }
}

/** Anna, Boris and 3 more. */
export function namesText(agentIds: readonly string[], count: number, nameOf: NameOf): string {
  const named = agentIds.map((id) => nameOf.agent(id) ?? id).join(', ');
  const rest = count - agentIds.length;
  if (rest <= 0) return named;
  const more = plural(language.value, words.value.decisionsMore, rest, formats.value.number(rest));
  return named === '' ? formats.value.number(count) : `${named} ${more}`;
}

/** Why it came to this, in a sentence. */
export function leadText(decision: DecisionView, agent: string): string {
  const w = words.value;
  if (decision.trigger === 'agent') return fill(w.decisionsByAgent, { agent });
  return fill(plural(language.value, w.decisionsFree, decision.candidateCount), { agent });
}
