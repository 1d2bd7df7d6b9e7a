/** What alerts need of the outside, and no more. */
import type {
  AlertPage,
  AlertQuery,
  AlertRow,
  AlertRule,
  AlertRuleRow,
  AlertWebhook,
  NoticeFault,
  NoticeState,
} from '../../contract/alerts.ts';
import type { DriftKey } from '../../contract/drift-facts.ts';
import type { DriftReport } from '../../contract/rest-drift.ts';
import type { FigureQuestion } from '../../stats/figure-source.ts';

/** Answered out of the roll-ups of history. */
export interface HistorySource {
  /**
   * The mean of a figure over the same window as the one in hand, as far into it as now, on the last `days` days of the same
   * kind before today; in the figure's own unit. Undefined where history has none of them.
   */
  meanOfInterval(question: FigureQuestion, days: number, now: number): Promise<number | undefined>;
}

/** What explains the change that an alert on a trend tells of; undefined: it is no such alert, or of a figure that nothing explains. */
export type ExplainAlert = (
  alert: Pick<AlertRow, 'figure' | 'scope' | 'window' | 'condition' | 'beganAt'>,
  by?: DriftKey,
) => Promise<DriftReport | undefined>;

export type KeptRule = Pick<AlertRuleRow, 'ruleId' | 'version' | 'rule' | 'updatedAt' | 'updatedBy'>;

/** One mail or webhook on its way: that an alert began, or that it ended. */
export interface Notice {
  readonly state: NoticeState;
  readonly tries: number;
  /** When it was first due; tried for an hour from then on. */
  readonly dueAt: number;
  readonly nextTryAt: number;
  readonly fault?: NoticeFault;
  readonly detail?: string;
  /** The same with each try of the same mail or post. */
  readonly noticeId: string;
  /** Of those that are told of together, of one noticeId. */
  readonly isSummary?: boolean;
}
export type NoticeKind = 'began' | 'ended';
export const noticeKinds: readonly NoticeKind[] = ['began', 'ended'];
export const ways = ['mail', 'webhook'] as const;
export type Way = (typeof ways)[number];
export type Notices = Partial<Record<Way, Partial<Record<NoticeKind, Notice>>>>;

/** Where it is told, as the rule said when it began. */
export type Recipients = AlertRule['to'];

export type AlertFacts = Omit<AlertRow, 'mail' | 'webhook' | 'now' | 'scopeName'>;

/** An alert as it is kept. */
export interface KeptAlert extends AlertFacts {
  readonly to: Recipients;
  readonly notices: Notices;
}

export interface AlertStorePort {
  /** Rules, and every alert that stands or of which something is to be sent. */
  load(): Promise<{ rules: KeptRule[]; alerts: KeptAlert[] }>;
  /** `full`: there are as many as may be. */
  addRule(rule: KeptRule, atMost: number): Promise<'added' | 'full'>;
  /** The version that is stored instead, or undefined where the rule is gone. */
  changeRule(rule: KeptRule, ifVersion: number): Promise<'changed' | { currentVersion: number } | undefined>;
  removeRule(ruleId: string): Promise<boolean>;
  /** As they are now; may be repeated. Another alert of the same rule that stands by mistake is ended. */
  write(alerts: readonly KeptAlert[]): Promise<void>;
  /** Newest first. `scopes`: of these alone; a queue's stand for its channels as well. */
  list(query: AlertQuery, scopes?: readonly string[]): Promise<AlertPage>;
  byId(alertId: string): Promise<KeptAlert | undefined>;
  forget(before: number): Promise<void>;
}

export type Sent =
  | { readonly outcome: 'sent' }
  /** `later`: try again. */
  | { readonly outcome: 'later' | 'failed'; readonly fault: NoticeFault; readonly detail?: string };

export interface SystemMail {
  readonly noticeId: string;
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly language: string;
}

export interface AlertWays {
  mail(mail: SystemMail, signal: AbortSignal): Promise<Sent>;
  webhook(to: { url: string; secret: string }, body: AlertWebhook, signal: AbortSignal): Promise<Sent>;
}
