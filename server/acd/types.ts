/**
 * What goes into and comes out of the routing engine. The engine is pure: time and randomness arrive
 * inside commands, events come out, and `apply` of those events alone rebuilds the same state (design §2).
 */
import type { SkillDemand } from '../contract/decision.ts';
import type { Channel, EventDraft, WithdrawReason, Work } from '../contract/events.ts';
import type { Strategy } from '../contract/site-routing.ts';
import type { Blocks, InHand } from './workload.ts';

export type { Blocks, InHand } from './workload.ts';

/** After so long a wait the queue asks for this instead; absent: for nothing more. */
export interface RelaxStep {
  readonly afterMs: number;
  readonly skills?: SkillDemand;
}

export type OverflowTarget =
  | { readonly kind: 'message'; readonly prompt: string }
  | { readonly kind: 'queue'; readonly queueId: string }
  /** One of the site's own numbers, with its hours, greeting and queue. */
  | { readonly kind: 'number'; readonly number: string };

/** Where contacts go by which rule. `no-agents` and `all-not-ready` hold for those who wait already, too. */
export type OverflowRule = { readonly to: OverflowTarget } & (
  | { readonly when: 'max-wait' | 'max-length' | 'no-agents' | 'all-not-ready' | 'emergency' }
  /** Contacts, the newcomer included, for each agent who is logged in and not Not Ready. */
  | { readonly when: 'contacts-per-agent'; readonly above: number }
  | { readonly when: 'estimated-wait'; readonly aboveMs: number }
);

/** The part of the site that routing needs; stored inside `site.applied` so that a replay is exact. */
export interface AcdQueue {
  id: string;
  strategy: Strategy;
  ringMs: number;
  /** 0: no limit. */
  maxWaitMs: number;
  /** 0: no limit. */
  maxLength: number;
  /** Message for those who flow out where no rule below says otherwise. */
  overflowTarget: string;
  /** In order; the first that holds decides. */
  overflow?: readonly OverflowRule[];
  targetMs: number;
  shortAbandonMs: number;
  /** 0: none. */
  announceEveryMs: number;
  /** Added to the priority of each of its contacts. Absent: 0. */
  weight?: number;
  /** As if each of its contacts had begun to wait so much sooner. Absent: 0. */
  headStartMs?: number;
  skills?: SkillDemand;
  /** In order of `afterMs`. */
  relax?: readonly RelaxStep[];
  /** Only agents who speak the contact's language; later those of `fallback` too (absent: anybody). */
  language?: { readonly fallbackAfterMs?: number; readonly fallback?: string };
  /** What the `after`th unanswered offer in a row does to an agent; before it, the agent stays Ready. Absent: Not Ready at once. */
  rona?: { readonly after: number; readonly becomes: 'not-ready' | 'logged-out' };
  /** After how long a wait the members of tier 2, 3, ... may be asked too; ascending. */
  tierAfterMs?: readonly number[];
}
export type WrapUp =
  | { mode: 'none' }
  /** `extensions`: how often the agent may add `extendMs`. Absent: never. */
  | { mode: 'timed'; ms: number; extendMs?: number; extensions?: number }
  | { mode: 'until-released' };
export interface AcdAgent {
  id: string;
  queueIds: string[];
  /** Tied phone: logged in and Ready as soon as it registers. */
  phoneId?: string;
  wrapUp: WrapUp;
  /** Level (1-10) of each skill. */
  skills?: Readonly<Record<string, number>>;
  languages?: readonly string[];
  /** Tier in each queue; where absent 1, the first to be asked. */
  tiers?: Readonly<Record<string, number>>;
  /** How many contacts of each channel at once; of one not named here, as many as is usual. */
  capacity?: Readonly<Partial<Record<Work, number>>>;
}
export interface AcdSite {
  version: number;
  /** How long a wait one step of priority is worth; absent: priorities are strict, no wait outweighs one. */
  priorityWorthMs?: number;
  /** Starts the draws of `weighted-random`. */
  seed?: number;
  /** Absent: as usual (contract/site-routing.ts). */
  blocks?: Blocks;
  queues: AcdQueue[];
  agents: AcdAgent[];
  phoneIds: string[];
  /** Of no use to routing: the log tells the figures what contacts are measured by (stats/fold-site.ts). */
  figures?: { targetPercents: Record<string, number>; teams: Record<string, string> };
}

/** What a contact brings along, beside its queue's rules. */
export interface Wishes {
  /** As if it had begun to wait so much sooner (VIP). */
  headStartMs?: number;
  /** Demanded on top of the queue's skills, until its first relax step. */
  skills?: SkillDemand;
  /** For so long only this agent (the last one, or the one who was dialled), member of the queue or not. */
  preferred?: { agentId: string; waitMs: number };
  /** For so long this agent, who passed it on, is not asked again. */
  giver?: { agentId: string; waitMs: number };
}

/** Where an agent passes a contact on to; an agent is waited for `waitMs`, then anybody of the queue will do. */
export type TransferTarget =
  | { readonly queueId: string }
  | { readonly agentId: string; readonly waitMs: number }
  /** A supervisor takes it out of the agent's hands: to its own queue again. Chats and mails alone. */
  | { readonly back: true };

export type EndedBy = 'customer' | 'agent' | 'system';

/** `at`: ms UTC, never smaller than that of the command before (the engine clamps it). */
export type AcdCommand = { at: number } & (
  | { type: 'site.apply'; site: AcdSite }
  | {
      type: 'contact.arrive';
      contactId: string;
      channel: Channel;
      queueId: string;
      numberId: string;
      language: string;
      trunkId?: string;
      phoneId?: string;
      pii?: { from: string; fromName?: string };
    }
  /**
   * The greeting is over: into the queue (or flowed out by its rules). `queueId`: of a contact that flowed out to a
   * number, the queue which that number leads to.
   */
  | ({ type: 'contact.enqueue'; contactId: string; queueId?: string; priority?: number } & Wishes)
  /** The customer's leg is gone, at any moment. */
  | { type: 'contact.leave'; contactId: string; reason: string }
  /** We end it for a reason of our own (closed hours: outcome `refused`; fault: `failed`, the default); any state. */
  | { type: 'contact.fail'; contactId: string; reason: string; outcome?: 'failed' | 'refused' }
  /** The overflow message has been played; or nothing was to be played. */
  | { type: 'contact.finish'; contactId: string; reason: string }
  | { type: 'offer.alerted'; offerId: string }
  | { type: 'offer.accepted'; offerId: string }
  /** The agent's phone refused, failed or vanished before it was answered. */
  | { type: 'offer.failed'; offerId: string; reason: Exclude<WithdrawReason, 'contact-gone'> }
  /** The agent's leg of a talking contact ended. */
  /** Also: the agent closed the chat or mail. */
  | { type: 'contact.agent-hung-up'; contactId: string; reason: string }
  /** Its agent passes it on, or it is taken back from its agent; refused, and the talk goes on, where nobody there could take it. */
  | { type: 'contact.transfer'; contactId: string; to: TransferTarget }
  /** A callback: the customer has picked up. `ringMs`: how long the customer's phone was called. */
  | { type: 'contact.reached'; contactId: string; ringMs: number }
  | { type: 'contact.hold'; contactId: string }
  | { type: 'contact.resume'; contactId: string }
  | {
      type: 'agent.login';
      agentId: string;
      /** Absent: for text alone. */
      phoneId?: string;
      how: 'feature-code' | 'web';
    }
  | { type: 'agent.logout'; agentId: string; reason: string }
  | { type: 'agent.ready'; agentId: string }
  /** During a contact it is kept and takes effect after wrap-up. */
  | { type: 'agent.not-ready'; agentId: string; reason: string; isSystemReason?: boolean }
  | { type: 'agent.end-wrap-up'; agentId: string }
  /** More time, where the agent's wrap-up allows for it. */
  | { type: 'agent.extend-wrap-up'; agentId: string }
  | { type: 'phone.registered'; phoneId: string; transport: string }
  | { type: 'phone.unregistered'; phoneId: string; reason: 'expired' | 'asked' | 'removed' | 'dead' }
  /** Everybody out, of one queue or (without one) of the whole site; or back to normal. */
  | { type: 'emergency.switch'; isOn: boolean; queueId?: string; by: string }
  /** Time passed: carries out every deadline at or before `at`. */
  | { type: 'tick' }
  /** After a restart: offers whose legs are gone are withdrawn as `interrupted`, the contact in its old place. */
  | { type: 'offers.interrupt'; offerIds: string[] }
  /** Once after a replay: mends what a log cut in the middle of a command leaves behind. */
  | { type: 'repair' }
);

/** Why a command changed nothing: networks race, so this is no error; it is counted (design §8). */
export type IgnoredReason =
  | 'unknown-contact'
  | 'unknown-agent'
  | 'unknown-offer'
  | 'unknown-phone'
  | 'unknown-queue'
  | 'not-allowed-in-state'
  | 'already-so'
  | 'duplicate'
  | 'phone-in-use'
  | 'phone-not-registered'
  | 'limit-reached'
  /** The queue lets nobody in just now: it is full, in an emergency, or its rules for nobody there hold. */
  | 'queue-closed'
  | 'agent-away'
  /** A call is nobody's to take out of an agent's hands. */
  | 'not-text';

export interface AcdResult {
  events: EventDraft[];
  ignored?: IgnoredReason;
}

/** Read-only view of one agent. */
export interface AgentView {
  id: string;
  state: import('../contract/events.ts').AgentState;
  reason?: string;
  isSystemReason?: boolean;
  since: number;
  until?: number;
  phoneId?: string;
  contactId?: string;
  /** Text contacts offered to the agent or worked on. */
  inHand?: readonly InHand[];
  /** What comes after the present contact and its wrap-up, if the agent asked for it. */
  pending?: { to: 'not-ready'; reason: string } | { to: 'ready' } | { to: 'logged-out' };
}
export interface ContactView {
  id: string;
  channel: Channel;
  state: 'greeting' | 'waiting' | 'offered' | 'connected' | 'flowed-out';
  queueId: string;
  /** In the house; in its queue. */
  arrivedAt: number;
  queuedAt?: number;
  /** The offer that was taken, or the first of those that are out. */
  offerId?: string;
  agentId?: string;
  isAlerted?: boolean;
  /** All offers that are out: several where all are rung. */
  offers?: readonly { offerId: string; agentId: string; isAlerted: boolean; at: number; until: number }[];
  isHeld?: boolean;
  /** Of a callback: the customer has picked up, and has a leg. */
  isReached?: boolean;
  /** Of one that is connected. */
  connectedAt?: number;
  /** Where it flowed out to: a prompt, or `number:N`. */
  target?: string;
}

/** `handle` decides and applies; `apply` folds one event of the log; both leave the same state. */
export interface Acd {
  handle(command: AcdCommand): AcdResult;
  apply(event: EventDraft): void;
  /** JSON-safe; `fromSnapshot(toSnapshot())` behaves identically. */
  toSnapshot(): unknown;
  /** When `tick` is next due, ms UTC. */
  nextDeadline(): number | undefined;
  agent(agentId: string): AgentView | undefined;
  agentAtPhone(phoneId: string): AgentView | undefined;
  contact(contactId: string): ContactView | undefined;
  contactOfOffer(offerId: string): ContactView | undefined;
  contacts(): Iterable<ContactView>;
  /** 1-based place among those waiting (offered ones keep theirs). */
  position(contactId: string): number | undefined;
  waiting(queueId: string): number;
  /** How long the next to enter would wait; undefined while that cannot be told. */
  estimatedWaitMs(queueId: string, at: number): number | undefined;
  /** Queues whose emergency switch is on; the empty string stands for the whole site. */
  emergencies(): string[];
  isRegistered(phoneId: string): boolean;
  registeredPhones(): string[];
  /** Throws with the first broken invariant; for tests and the reconciler. */
  assertInvariants(): void;
}
