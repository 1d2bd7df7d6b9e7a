/**
 * Every key figure by its name: pure functions over counts, used by the live boards and the reports alike, so
 * that the two cannot disagree. Each name says its variant. They answer `undefined` where a figure does not
 * exist (nothing counted yet), never 0 or NaN. Times in ms unless the name says otherwise.
 */

const ratio = (part: number, whole: number): number | undefined => (whole > 0 ? part / whole : undefined);

/** Counts of one queue in one window; T is the target time, s the short-abandon time. */
export interface ServiceLevelCounts {
  /** ANS(T): answered within T of entering the queue. */
  answeredInTarget: number;
  /** AB(T): abandoned within T, and not before s. */
  abandonedInTarget: number;
  /**
   * SLoff: contacts with a service-level event, which is the first of: answered; abandoned (not before s); T
   * passed. So a short abandon within T, and a flow-out within T, are no service-level events.
   */
  serviceLevelOffered: number;
}

const asShare = (share: number | undefined): number | undefined =>
  share === undefined ? undefined : Math.min(1, share);

/** "Abandons ignored", our default: ANS(T) / (SLoff - AB(T)). */
export function serviceLevelAbandonsIgnored(c: ServiceLevelCounts): number | undefined {
  return asShare(ratio(c.answeredInTarget, c.serviceLevelOffered - c.abandonedInTarget));
}

/** "Abandons negative": ANS(T) / SLoff. */
export function serviceLevelAbandonsNegative(c: ServiceLevelCounts): number | undefined {
  return asShare(ratio(c.answeredInTarget, c.serviceLevelOffered));
}

/** "Abandons positive": (ANS(T) + AB(T)) / SLoff. */
export function serviceLevelAbandonsPositive(c: ServiceLevelCounts): number | undefined {
  return asShare(ratio(c.answeredInTarget + c.abandonedInTarget, c.serviceLevelOffered));
}

/** "Only handled": ANS(T) / ANS. */
export function serviceLevelOnlyHandled(c: {
  answeredInTarget: number;
  answered: number;
}): number | undefined {
  return asShare(ratio(c.answeredInTarget, c.answered));
}

export interface SwitchedServiceLevel {
  answered: number;
  answeredInTarget: number;
  abandoned: number;
  flowedOut: number;
  shortAbandoned: number;
  abandonedInTarget: number;
  withFlowOuts?: boolean;
  withoutShortAbandons?: boolean;
  withoutAbandonsInTarget?: boolean;
}

/** "With switches": (ANS - ANS over T) / (ANS + AB [+ FO] [- SA] [- AB(T)]). */
export function serviceLevelWithSwitches(c: SwitchedServiceLevel): number | undefined {
  const whole =
    c.answered +
    c.abandoned +
    (c.withFlowOuts ? c.flowedOut : 0) -
    (c.withoutShortAbandons ? c.shortAbandoned : 0) -
    (c.withoutAbandonsInTarget ? c.abandonedInTarget : 0);
  return asShare(ratio(c.answeredInTarget, whole));
}

/** AB / OFF. */
export function abandonmentRate(c: { abandoned: number; offered: number }): number | undefined {
  return ratio(c.abandoned, c.offered);
}

/** (AB - SA) / (OFF - SA). */
export function abandonmentRateExcludingShort(c: {
  abandoned: number;
  offered: number;
  shortAbandoned: number;
}): number | undefined {
  return ratio(c.abandoned - c.shortAbandoned, c.offered - c.shortAbandoned);
}

/** Average speed of answer: wait of the answered (queue entry to agent connected) / ANS. */
export function asaMs(c: { answeredWaitMs: number; answered: number }): number | undefined {
  return ratio(c.answeredWaitMs, c.answered);
}

export interface HandleTimes {
  talkMs: number;
  holdMs: number;
  wrapUpMs: number;
  handled: number;
}
/** Average handle time: (talk + hold + wrap-up) / handled. */
export function ahtMs(c: HandleTimes): number | undefined {
  return ratio(c.talkMs + c.holdMs + c.wrapUpMs, c.handled);
}
export const averageTalkMs = (c: HandleTimes): number | undefined => ratio(c.talkMs, c.handled);
export const averageHoldMs = (c: HandleTimes): number | undefined => ratio(c.holdMs, c.handled);
export const averageWrapUpMs = (c: HandleTimes): number | undefined => ratio(c.wrapUpMs, c.handled);
/** Hold / handle time. */
export const holdTimeRatio = (c: HandleTimes): number | undefined =>
  ratio(c.holdMs, c.talkMs + c.holdMs + c.wrapUpMs);

export interface WorkTimes {
  talkMs: number;
  holdMs: number;
  wrapUpMs: number;
}
/** (talk + hold + wrap-up) / (talk + hold + wrap-up + ready); reserved and ringing time left out. */
export function occupancyWithoutRinging(c: WorkTimes & { readyMs: number }): number | undefined {
  const busyMs = c.talkMs + c.holdMs + c.wrapUpMs;
  return ratio(busyMs, busyMs + c.readyMs);
}
/** The same with reserved and ringing time as idle time. */
export function occupancyWithRinging(
  c: WorkTimes & { readyMs: number; ringingMs: number },
): number | undefined {
  const busyMs = c.talkMs + c.holdMs + c.wrapUpMs;
  return ratio(busyMs, busyMs + c.readyMs + c.ringingMs);
}
/** (talk + hold + wrap-up) / logged-in time. */
export function utilisation(c: WorkTimes & { loggedInMs: number }): number | undefined {
  return ratio(c.talkMs + c.holdMs + c.wrapUpMs, c.loggedInMs);
}

/** Offers that rang out / offers made to agents. */
export const ronaRate = (c: { rona: number; offers: number }): number | undefined => ratio(c.rona, c.offers);

/** Handled per hour logged in. */
export const contactsPerHour = (c: { handled: number; loggedInMs: number }): number | undefined =>
  ratio(c.handled * 3_600_000, c.loggedInMs);

/** First response: queue entry to the agent's first answer; of a call that is the answer. */
export const firstResponseMs = (c: { firstReplyMs: number; replied: number }): number | undefined =>
  ratio(c.firstReplyMs, c.replied);

/** Answered contacts that were passed on / answered. */
export const transferRate = (c: { transferred: number; answered: number }): number | undefined =>
  ratio(c.transferred, c.answered);

/** Ended before any queue, without an agent / entered. */
export const containmentRate = (c: { contained: number; entered: number }): number | undefined =>
  ratio(c.contained, c.entered);

/** First contact resolution by repeats: contacts with no other of the same customer and topic within the window / contacts. */
export const firstContactResolution = (c: { repeated: number; contacts: number }): number | undefined =>
  ratio(c.contacts - c.repeated, c.contacts);

export interface Satisfaction {
  /** Answers 4 and 5 of 5. */
  satisfied: number;
  answers: number;
  asked: number;
}
/** CSAT: answers 4-5 of 5 / answers; show it with `answers` and the response rate. */
export const csat = (c: Satisfaction): number | undefined => ratio(c.satisfied, c.answers);
export const responseRate = (c: Satisfaction): number | undefined => ratio(c.answers, c.asked);
/** NPS, -100..100: per cent 9-10 less per cent 0-6. */
export const nps = (c: { promoters: number; detractors: number; answers: number }): number | undefined =>
  c.answers > 0 ? ((c.promoters - c.detractors) / c.answers) * 100 : undefined;

/** Time in the scheduled state / scheduled time. */
export const adherence = (c: { adheredMs: number; scheduledMs: number }): number | undefined =>
  ratio(c.adheredMs, c.scheduledMs);
/** Actual on-queue time / scheduled on-queue time. */
export const conformance = (c: { onQueueMs: number; scheduledOnQueueMs: number }): number | undefined =>
  ratio(c.onQueueMs, c.scheduledOnQueueMs);
/** 1 - available / paid. */
export const shrinkage = (c: { availableMs: number; paidMs: number }): number | undefined => {
  const share = ratio(c.availableMs, c.paidMs);
  return share === undefined ? undefined : 1 - share;
};

/** Outbound: answered live with no agent within 2 s / answered live; false answers of a machine detector are in `estimated`. */
export const outboundAbandonedRate = (c: {
  abandoned: number;
  estimatedFalseMachines: number;
  liveAnswered: number;
}): number | undefined =>
  ratio(c.abandoned + c.estimatedFalseMachines, c.liveAnswered + c.estimatedFalseMachines);

export interface Accounting {
  offered: number;
  waitingAtStart: number;
  answered: number;
  abandoned: number;
  flowedOut: number;
  waiting: number;
}
/** OFF + WAIT(start) - (ANS + AB + FO + WAIT(end)): 0 at every instant, or a contact was lost or doubled. */
export function accountingGap(a: Accounting): number {
  return a.offered + a.waitingAtStart - (a.answered + a.abandoned + a.flowedOut + a.waiting);
}

/** Erlang B: share of attempts that find all `servers` busy at `erlangs` of traffic. Stable recursion. */
export function erlangB(erlangs: number, servers: number): number {
  let blocked = 1;
  for (let k = 1; k <= servers; k++) blocked = (erlangs * blocked) / (k + erlangs * blocked);
  return blocked;
}

export interface Staffing {
  /** Arrivals per second. */
  arrivalsPerSec: number;
  ahtSec: number;
  agents: number;
}

/** Erlang C: share of callers who wait; 1 where the agents cannot keep up (they would wait for ever). */
export function erlangCWaitProbability(s: Staffing): number {
  const erlangs = s.arrivalsPerSec * s.ahtSec;
  if (erlangs >= s.agents) return 1;
  const blocked = erlangB(erlangs, s.agents);
  return blocked / (1 - (erlangs / s.agents) * (1 - blocked));
}

/** Erlang C: share answered within `targetSec`. */
export function erlangCServiceLevel(s: Staffing, targetSec: number): number {
  const erlangs = s.arrivalsPerSec * s.ahtSec;
  if (erlangs >= s.agents) return 0;
  return 1 - erlangCWaitProbability(s) * Math.exp((-(s.agents - erlangs) * targetSec) / s.ahtSec);
}

/** Erlang C: mean wait, seconds; undefined where the agents cannot keep up. */
export function erlangCAsaSec(s: Staffing): number | undefined {
  const erlangs = s.arrivalsPerSec * s.ahtSec;
  return erlangs >= s.agents ? undefined : (erlangCWaitProbability(s) * s.ahtSec) / (s.agents - erlangs);
}

/**
 * Erlang C: the fewest agents with whom `targetShare` are answered within `targetSec`; `agents` of the staffing is not looked at.
 * Undefined beyond 10,000.
 */
export function erlangCAgents(
  { arrivalsPerSec, ahtSec }: Omit<Staffing, 'agents'>,
  targetShare: number,
  targetSec: number,
): number | undefined {
  const erlangs = arrivalsPerSec * ahtSec;
  if (erlangs <= 0) return 0;
  let blocked = 1;
  for (let agents = 1; agents <= 10_000; agents++) {
    blocked = (erlangs * blocked) / (agents + erlangs * blocked);
    if (agents <= erlangs) continue;
    const waits = blocked / (1 - (erlangs / agents) * (1 - blocked));
    if (1 - waits * Math.exp((-(agents - erlangs) * targetSec) / ahtSec) >= targetShare) return agents;
  }
  return undefined;
}

/** Agents on the schedule for `agents` at work: N / (1 - shrinkage). */
export const scheduledAgents = (agents: number, shrinkage: number): number | undefined =>
  shrinkage < 1 ? agents / (1 - shrinkage) : undefined;

export interface ErlangA {
  /** Share of callers who wait at all. */
  waitProbability: number;
  abandonmentRate: number;
  /** Over all callers, those who abandon included. */
  meanWaitSec: number;
  occupancy: number;
}

/**
 * Erlang A (Palm, M/M/N+M): callers abandon after an exponential patience. The states' weights are taken
 * relative to "all agents busy, nobody waits", so that nothing overflows however large the centre.
 */
export function erlangA(s: Staffing & { meanPatienceSec: number }): ErlangA {
  const { arrivalsPerSec, ahtSec, agents, meanPatienceSec } = s;
  if (arrivalsPerSec <= 0) return { waitProbability: 0, abandonmentRate: 0, meanWaitSec: 0, occupancy: 0 };
  const erlangs = arrivalsPerSec * ahtSec;
  let weight = 1;
  let freeWeight = 0;
  for (let busy = agents; busy > 0; busy--) {
    weight *= busy / erlangs;
    freeWeight += weight;
    if (weight < freeWeight * 1e-18) break;
  }
  let waitingWeight = 1;
  let queueWeight = 0;
  weight = 1;
  for (let waiting = 1; waiting < 10_000_000; waiting++) {
    weight *= arrivalsPerSec / (agents / ahtSec + waiting / meanPatienceSec);
    waitingWeight += weight;
    queueWeight += waiting * weight;
    if (waiting * weight < queueWeight * 1e-15) break;
  }
  const total = freeWeight + waitingWeight;
  const meanWaitSec = queueWeight / total / arrivalsPerSec;
  const lost = meanWaitSec / meanPatienceSec;
  return {
    waitProbability: waitingWeight / total,
    abandonmentRate: lost,
    meanWaitSec,
    occupancy: agents > 0 ? (erlangs * (1 - lost)) / agents : 0,
  };
}
