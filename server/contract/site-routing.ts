/**
 * The part of the site model that says who may serve whom, in which order, and how that loosens with the wait. Skill
 * demands are text as people write it (`loans >= 3 and (it_law >= 2 or tax >= 1)`); config/skill-demand.ts reads it.
 */
import { z } from 'zod';
import { type Work, works } from './events.ts';
import { agentNumber, dialled, id, language, name, seconds } from './site-values.ts';

const skillId = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,39}$/, 'use letters, digits and underscores');
const priority = z.number().int().min(0).max(100);
const headStartSec = seconds(86_400);
const skillText = z.string().trim().min(1).max(500);

export const strategies = [
  'longest-idle',
  'least-occupied',
  'fewest-contacts',
  'round-robin',
  'linear',
  'ring-all',
  'most-skilled',
  'weighted-random',
] as const;
export type Strategy = (typeof strategies)[number];

/** How many contacts of each channel an agent may have in hand at once. */
export const defaultCapacity: Readonly<Record<Work, number>> = { voice: 1, chat: 3, mail: 5 };

/** While one of these is in hand, which others are not offered: a mail keeps nothing away, so a call may interrupt it. */
export const defaultBlocks: Readonly<Record<Work, readonly Work[]>> = {
  voice: ['chat', 'mail'],
  chat: ['voice'],
  mail: [],
};

const textCapacity = z.number().int().min(0).max(100);
const capacity = z.strictObject({
  /** A phone takes one call at a time. */
  voice: z.number().int().min(0).max(1).optional(),
  chat: textCapacity.optional(),
  mail: textCapacity.optional(),
});
const blocked = (own: Work) =>
  z
    .array(z.enum(works))
    .max(works.length)
    .refine((list) => !list.includes(own), 'the capacity says how many of one channel go together')
    .optional();

export const skillSchema = z.strictObject({ id: skillId, name: name.optional() });

export const routingSchema = z.strictObject({
  /** How long a wait one step of priority is worth; absent: priority is strict, no wait outweighs it. */
  priorityWorthSec: seconds(86_400).optional(),
  /** Starts the draws of weighted-random; the same seed draws the same again. */
  seed: z.number().int().min(0).max(4_294_967_295).default(1),
  /** Of every agent who has none of their own. */
  capacity: capacity.optional(),
  /** Which channels are not offered while a contact of this one is in hand. */
  blocks: z
    .strictObject({ voice: blocked('voice'), chat: blocked('chat'), mail: blocked('mail') })
    .optional(),
});

export const overflowReasons = [
  'max-wait',
  'max-length',
  'no-agents',
  'all-not-ready',
  'contacts-per-agent',
  'estimated-wait',
  'emergency',
] as const;
const overflowTarget = z
  .strictObject({
    queue: id.optional(),
    message: id.optional(),
    /** One of the numbers of this site. */
    number: dialled.optional(),
  })
  .refine((to) => Object.keys(to).length === 1, 'name one of queue, message and number');

/** Where contacts go, and when: without a rule for it they hear the queue's overflow message. */
export const overflowSchema = z.strictObject({
  when: z.enum(overflowReasons),
  /** Of contacts-per-agent. */
  above: z.number().min(0.1).max(1000).optional(),
  /** Of estimated-wait. */
  aboveSec: seconds(86_400).min(1).optional(),
  to: overflowTarget,
});

/** What a queue adds to its contacts and asks of its agents. */
export const queueRouting = {
  strategy: z.enum(strategies).default('longest-idle'),
  /** Added to the priority of each of its contacts. */
  weight: priority.default(0),
  headStartSec: headStartSec.default(0),
  skills: skillText.optional(),
  /** After so long a wait these skills instead; without `skills`, nothing any more. */
  relax: z
    .array(z.strictObject({ afterSec: seconds(86_400).min(1), skills: skillText.optional() }))
    .max(20)
    .default([]),
  /** Agents must speak the caller's language; after `fallbackAfterSec` `fallback` will do (absent: any). */
  language: z
    .strictObject({ fallbackAfterSec: seconds(86_400).min(1).optional(), fallback: language.optional() })
    .optional(),
  overflow: z.array(overflowSchema).max(20).default([]),
  /** A caller who hung up while waiting and is back within this time takes the old place. 0: never. */
  returnWithinSec: seconds(3600).default(0),
  /** Who called this queue of late, whatever came of it, comes to that one instead. */
  recall: z.strictObject({ queue: id, withinHours: z.number().int().min(1).max(720).default(24) }).optional(),
  /** A caller who was helped of late waits so long for the same agent first. */
  lastAgent: z
    .strictObject({
      withinHours: z.number().int().min(1).max(720).default(24),
      waitSec: seconds(3600).min(1).default(30),
    })
    .optional(),
  /** Offers not answered in a row until an agent is taken out of the way. */
  rona: z
    .strictObject({
      after: z.number().int().min(1).max(20).default(1),
      becomes: z.enum(['not-ready', 'logged-out']).default('not-ready'),
    })
    .default({ after: 1, becomes: 'not-ready' }),
  /** After how long a wait the agents of tier 2, 3, ... are asked too. */
  tierAfterSec: z.array(seconds(86_400).min(1)).max(9).default([]),
};

export const agentRouting = {
  skills: z.record(skillId, z.number().int().min(1).max(10)).default({}),
  languages: z.array(language).max(3).default([]),
  /** By queue; an agent not named here is of tier 1. */
  tiers: z.record(id, z.number().int().min(1).max(10)).default({}),
  capacity: capacity.optional(),
};

/** What a contact brings along by the number it dialled, or by who calls. */
export const wishes = {
  priority: priority.optional(),
  headStartSec: headStartSec.optional(),
  skills: skillText.optional(),
  /** This agent alone for `agentWaitSec`, then the queue. */
  agent: agentNumber.optional(),
  agentWaitSec: seconds(3600).min(1).optional(),
};

/** Callers treated specially, by the number they call from; one that ends in * is a beginning. */
export const callerSchema = z.strictObject({
  from: z.string().regex(/^\+?[0-9]{1,20}\*?$/, 'use digits, with an optional leading + and a closing *'),
  name: name.optional(),
  ...wishes,
});
