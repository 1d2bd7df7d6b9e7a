/**
 * Names of everything that is counted and of every figure made of it (kpi.md), of what they are asked for (scope) and over
 * which time (window). Screens, reports and alerts ask by these names; server/stats computes them, in one place.
 */
import { z } from 'zod';
import { channels } from './events.ts';
import { attributions, figureNames, type FigureName, windowNames } from './figure-facts.ts';

export * from './figure-facts.ts';

/** Whole numbers that add up over time, queues, channels, numbers and trunks; ...Ms are ms. */
export const contactCounts = [
  /** Reached us: counted when it is known whether it enters a queue, at the instant of its arrival. */
  'arrived',
  /** Of them: ended without entering a queue. */
  'contained',
  /** Entered the queue, or flowed out at its door. */
  'offered',
  'answered',
  'answeredInTarget',
  'abandoned',
  /** Not before the short-abandon time. */
  'abandonedInTarget',
  'shortAbandoned',
  'flowedOut',
  /** Had a service-level event: answered, abandoned (not short), or the target time passed, whichever came first. */
  'serviceLevelOffered',
  'answeredWaitMs',
  'abandonedWaitMs',
  /** To agents. */
  'offers',
  'rona',
  'rejected',
  'handled',
  'transferred',
  'talkMs',
  'holdMs',
  'wrapUpMs',
  /** Contacts that got their first answer of an agent, and how long that took from queue entry. */
  'replied',
  'firstReplyMs',
  'reached',
  'notReached',
] as const;
export type ContactCount = (typeof contactCounts)[number];

/** ms that agents were in a state; they add up over agents and time, and not over queues. */
export const agentTimes = [
  /** Ready with nothing in hand. */
  'readyMs',
  /** Ready for more, with chats or mails in hand. */
  'textMs',
  'notReadyMs',
  'reservedMs',
  'ringingMs',
  'talkingMs',
  'holdingMs',
  'wrappingMs',
  'unreachableMs',
] as const;
export type AgentTime = (typeof agentTimes)[number];

export const countNames = [...contactCounts, ...agentTimes] as const;
export type CountName = (typeof countNames)[number];
/** `longestWaitMs` is a maximum: of those whose wait was over. */
export type FigureCounts = Record<CountName, number> & { longestWaitMs: number };

const id = '[A-Za-z0-9][A-Za-z0-9._-]{0,39}';
const channel = channels.join('|');
/**
 * What a figure is asked for: `site`; `queue:ID`, of which one channel `queue:ID/CHANNEL`; `channel:CHANNEL`; `number:N`,
 * `branch:N/BRANCH` (what became of its callers before a queue); `trunk:ID`; `team:ID`; `agent:ID`.
 */
export const scopePattern = new RegExp(
  `^(site|queue:${id}(/(${channel}))?|channel:(${channel})|number:[^/\\s]{1,80}|branch:[^/\\s]{1,80}/[a-z-]{1,40}|trunk:${id}|team:${id}|agent:\\d{1,10})$`,
);
export const scopeSchema = z.string().regex(scopePattern, 'no such scope');

export const figureSchema = z.enum(figureNames as [FigureName, ...FigureName[]]);
export const windowSchema = z.enum(windowNames);
export const attributionSchema = z.enum(attributions);
