/**
 * A contact's time in one queue, and who is told what it adds to which count: the words between the figure fold and those who
 * keep its counts in windows or tables. A stay is measured by the definitions in force when it began (N13).
 */
import type { Channel } from '../contract/events.ts';
import type { TimeSink } from './agent-clock.ts';
import type { Delta } from './figure-cells.ts';
import type { FoldSite } from './fold-site.ts';

/** What a contact's counts belong to. Empty: none. One object per stay. */
export interface ContactKey {
  readonly queueId: string;
  readonly channel: Channel;
  readonly numberId: string;
  readonly trunkId: string;
  /** Of `arrived` alone: `queue`, or why it never came to one. */
  readonly branch: string;
}

export interface Stay {
  readonly contactId: string;
  /** 1, 2, ...: a contact may stay in several queues, or come back to one. */
  readonly ordinal: number;
  readonly key: ContactKey;
  readonly queuedAt: number;
  readonly targetMs: number;
  readonly shortAbandonMs: number;
  /** Version of the definitions that it is measured by. */
  readonly definition: number;
  serviceLevelAt?: number;
  outcome?: 'answered' | 'abandoned' | 'flowed-out';
  leftAt?: number;
  waitMs?: number;
  isInTarget?: boolean;
  isShort?: boolean;
  agentId?: string;
  teamId?: string;
  repliedAt?: number;
  /** To the first answer, in business hours. */
  responseMs?: number;
  handledAt?: number;
  isTransferred?: boolean;
  talkMs?: number;
  holdMs?: number;
  wrapUpMs: number;
}

export interface FigureSink extends TimeSink {
  /** `at`: when it happened; `arrivedAt`: what it is credited to by arrival. */
  count(key: ContactKey, at: number, arrivedAt: number, delta: Delta): void;
  /** The same as far as an agent did it. */
  work(agentId: string, teamId: string, key: ContactKey, at: number, delta: Delta): void;
  /** It began or changed. */
  stay(stay: Stay): void;
  /** New definitions are in force. */
  defined(site: FoldSite, at: number): void;
}
