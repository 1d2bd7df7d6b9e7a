/**
 * The event catalogue: every fact the system remembers, in the order it happened (design §2).
 * Events are the only source of truth: live figures, history and recovery are folds of them.
 * Personal data (numbers, names of customers) sits only under `pii`.
 */
import { z } from 'zod';
import { decisionSchema, demandFactsSchema, skillDemand } from './decision.ts';

export const agentStates = [
  'logged-out',
  'not-ready',
  'ready',
  'reserved',
  'ringing',
  'talking',
  'hold',
  'wrap-up',
  'unreachable',
] as const;
export type AgentState = (typeof agentStates)[number];

/** Reasons that only the system sets; reasons an agent chooses come from the site file. */
export const systemReasons = [
  'rona',
  'offer-rejected',
  'phone-unreachable',
  'supervisor',
  'connection-lost',
  'just-logged-in',
  /** Text is still in hand: logged out when the last of it is closed. */
  'logging-out',
] as const;
export type SystemReason = (typeof systemReasons)[number];

export const channels = ['voice', 'callback', 'chat', 'mail'] as const;
export type Channel = (typeof channels)[number];

/** What a contact takes of its agent: a callback takes what a call does. */
export const works = ['voice', 'chat', 'mail'] as const;
export type Work = (typeof works)[number];
export const workOf = (channel: Channel): Work => (channel === 'callback' ? 'voice' : channel);

/** Why an offer went away without being answered. */
export const withdrawReasons = [
  'rona',
  'rejected',
  'phone-unreachable',
  'contact-gone',
  'agent-left',
  'interrupted',
  /** All were rung, and another came first. */
  'answered-elsewhere',
] as const;
export type WithdrawReason = (typeof withdrawReasons)[number];

export const outcomes = [
  'left-before-queue',
  'answered',
  'abandoned',
  'flowed-out',
  'refused',
  'failed',
] as const;
export type Outcome = (typeof outcomes)[number];

/** Why a customer who asked to be called back was not reached. `no-line`: our trunk's trouble. */
export const notReachedCauses = [
  'busy',
  'no-answer',
  'rejected',
  'wrong-number',
  'no-line',
  'agent-hung-up',
  'interrupted',
] as const;
export type NotReachedCause = (typeof notReachedCauses)[number];

/** What loosens with the wait of a contact. */
export const relaxRules = ['skills', 'language', 'tier', 'agent', 'giver'] as const;
export type RelaxRule = (typeof relaxRules)[number];

const shape = <T extends string, D extends z.ZodRawShape>(type: T, data: D) =>
  z.object({ type: z.literal(type), data: z.object(data) });

export const eventBodies = [
  /** A contact reached us (call answered by us, greeting begins). contactId, queueId = where it is bound. */
  shape('contact.arrived', {
    channel: z.enum(channels),
    numberId: z.string(),
    language: z.string(),
    trunkId: z.string().optional(),
    phoneId: z.string().optional(),
    pii: z.object({ from: z.string(), fromName: z.string().optional() }).optional(),
  }),
  /** It entered the queue: from here the wait counts. A requeue after an unanswered offer is NOT this event. */
  shape('contact.queued', {
    channel: z.enum(channels),
    priority: z.number(),
    position: z.number(),
    /** Served as if it had begun to wait so much sooner (VIP). */
    headStartMs: z.number().optional(),
    /** What the contact itself demands, on top of its queue's rules. */
    skills: skillDemand.optional(),
    /** For so long only this agent may be asked. */
    preferred: z.object({ agentId: z.string(), waitMs: z.number() }).optional(),
    /** For so long the agent who passed it on is not asked again. */
    giver: z.object({ agentId: z.string(), waitMs: z.number() }).optional(),
  }),
  /** It has waited long enough, or its preferred agent is gone: what it asks of an agent is loosened. */
  shape('contact.relaxed', {
    rules: z.array(z.enum(relaxRules)),
    /** The wait after which the rule was due. */
    afterMs: z.number(),
    /** What it asks for from here on; English in logs of old. */
    demand: z.union([z.string(), demandFactsSchema]),
  }),
  /** The caller is told the place in the queue. */
  shape('contact.announced', {
    position: z.number(),
    waiting: z.number(),
    /** What the wait from here on was taken to be; absent where that could not be told. */
    estimateMs: z.number().optional(),
  }),
  /** For one agent to take, until `ringUntil`: a call reserves the agent, whose phone is about to ring. */
  shape('contact.offered', {
    offerId: z.string(),
    /** Of a call. */
    phoneId: z.string().optional(),
    ringUntil: z.number(),
    attempt: z.number(),
    decision: decisionSchema,
  }),
  /** The agent's phone rings (180 or the like). */
  shape('offer.alerted', { offerId: z.string() }),
  /** The offer ended unanswered; unless the contact is gone it waits again in its old place. */
  shape('offer.withdrawn', { offerId: z.string(), reason: z.enum(withdrawReasons), ringMs: z.number() }),
  /** Customer and agent talk. waitMs: from queue entry to here. */
  shape('contact.answered', {
    offerId: z.string(),
    /** Of a call. */
    phoneId: z.string().optional(),
    waitMs: z.number(),
    ringMs: z.number(),
    inTarget: z.boolean(),
  }),
  /** A callback: its agent has answered, and the customer's number is called. */
  shape('contact.dialled', { trunkId: z.string(), attempt: z.number() }),
  /** The customer has picked up: from here on it is a call like any other. */
  shape('contact.reached', { ringMs: z.number() }),
  /** The customer was not to be had; `contact.ended` follows. `retryAt`: when the next contact of its thread is due. */
  shape('contact.not-reached', {
    cause: z.enum(notReachedCauses),
    attempt: z.number(),
    retryAt: z.number().optional(),
  }),
  /**
   * An agent answered a chat or mail. At least once for the first answer of a contact; one that follows says nothing new.
   * `responseMs`: from its arrival, within the business hours of its queue as they then were; logs older than it lack it.
   */
  shape('contact.replied', { responseMs: z.number().optional() }),
  /** `isInterrupted`: by a call that its agent took; it is resumed when that is over. */
  shape('contact.held', { isInterrupted: z.boolean().optional() }),
  shape('contact.resumed', { holdMs: z.number() }),
  /** The customer left while waiting or ringing. short: below the site's short-abandon time. */
  shape('contact.abandoned', {
    waitMs: z.number(),
    during: z.enum(['queue', 'ringing']),
    isShort: z.boolean(),
    inTarget: z.boolean(),
  }),
  /** It left the queue by a rule, not by the customer. To a queue: `contact.queued` of that one follows. */
  shape('contact.flowed-out', {
    reason: z.enum([
      'max-wait',
      'max-length',
      'no-agents',
      'all-not-ready',
      'contacts-per-agent',
      'estimated-wait',
      'emergency',
      'queue-removed',
    ]),
    /** `queue:ID`, `number:N`, or the id of the prompt that is played. */
    target: z.string(),
    waitMs: z.number(),
  }),
  /**
   * Its agent passed it on, or it was taken out of the agent's hands and given back to its own queue: that talk is over, the
   * contact is not. `contact.queued` follows.
   */
  shape('contact.transferred', {
    /** The offer that this talk began with. */
    offerId: z.string(),
    /** `queue:ID`, its own where it was given back; or `agent:ID` of one who is asked first. */
    target: z.string(),
    /** Of this talk. */
    talkMs: z.number(),
    holdMs: z.number(),
  }),
  /** Last event of every contact, exactly once; the times are those of its last talk. */
  shape('contact.ended', {
    outcome: z.enum(outcomes),
    endedBy: z.enum(['customer', 'agent', 'system']),
    reason: z.string(),
    talkMs: z.number(),
    holdMs: z.number(),
  }),
  /** An agent sits down at a phone; or, by the web and for text alone, at none. */
  shape('agent.logged-in', {
    phoneId: z.string().optional(),
    how: z.enum(['feature-code', 'tied-phone', 'web']),
  }),
  shape('agent.logged-out', { reason: z.string(), loggedInMs: z.number() }),
  /** Every change of state, with the time spent in the one before. until: planned end (ring or wrap-up). */
  shape('agent.state-changed', {
    from: z.enum(agentStates),
    to: z.enum(agentStates),
    reason: z.string().optional(),
    isSystemReason: z.boolean().optional(),
    forMs: z.number(),
    until: z.number().optional(),
    phoneId: z.string().optional(),
  }),
  shape('phone.registered', { phoneId: z.string(), transport: z.string() }),
  shape('phone.unregistered', {
    phoneId: z.string(),
    reason: z.enum(['expired', 'asked', 'removed', 'dead']),
  }),
  shape('recording.started', { recordingId: z.string(), offerId: z.string() }),
  shape('recording.completed', {
    recordingId: z.string(),
    file: z.string(),
    bytes: z.number(),
    durationMs: z.number(),
    sha256: z.string(),
  }),
  shape('recording.failed', { recordingId: z.string(), reason: z.string() }),
  /** A site file came into force; `acd` is the part that routing needs (AcdSite), so that a replay is exact. */
  shape('site.applied', { version: z.number(), acd: z.unknown() }),
  /** Everybody is sent out of a queue (or of all, without queueId), or no longer. by: who switched. */
  shape('emergency.switched', { isOn: z.boolean(), by: z.string() }),
  /** A server process took over the log. */
  shape('server.started', { instanceId: z.string() }),
] as const;

export const eventBodySchema = z.discriminatedUnion('type', eventBodies);
export type EventBody = z.infer<typeof eventBodySchema>;
export type EventType = EventBody['type'];

/** What the engine emits; the shell gives it id and seq when it is appended. */
export type EventDraft = EventBody & {
  at: number;
  contactId?: string;
  agentId?: string;
  queueId?: string;
};

/** An event as it stands in the log. seq: 1, 2, 3 ... without a gap. at: ms UTC. */
export type HearthlineEvent = EventDraft & { id: string; seq: number; v: 1 };
export type EventOf<T extends EventType> = Extract<HearthlineEvent, { type: T }>;
export type DraftOf<T extends EventType> = Extract<EventDraft, { type: T }>;

export const envelopeSchema = z.object({
  id: z.string(),
  seq: z.number().int().positive(),
  v: z.literal(1),
  at: z.number(),
  contactId: z.string().optional(),
  agentId: z.string().optional(),
  queueId: z.string().optional(),
});
