/** A rule and an alert as screens and boards are shown them. Recipients are shown to nobody but who may change the rule. */
import { isDeepStrictEqual } from 'node:util';
import type { AlertRow, AlertRule, AlertRuleRow, NoticeView } from '../../contract/alerts.ts';
import type { AlertTile } from '../../contract/boards.ts';
import { figureFacts } from '../../contract/figures.ts';
import type { AlertState } from './alert-state.ts';
import type { KeptAlert, KeptRule, Way } from './ports.ts';

/** A rule with how things stand with it. */
export interface Watched {
  kept: KeptRule;
  state: AlertState;
  /** When last looked at, in the units of the rule. */
  value?: number | undefined;
}

export const stateOf = ({ alertId, beganAt, acknowledgedAt }: KeptAlert): AlertState => ({
  phase: 'standing',
  alertId,
  beganAt,
  isAcknowledged: acknowledgedAt !== undefined,
});

/** It asks what the rule asks. */
export const isOfRule = (alert: KeptAlert, rule: AlertRule): boolean =>
  alert.scope === rule.scope &&
  alert.figure === rule.figure &&
  alert.window === rule.window &&
  isDeepStrictEqual(alert.condition, rule.condition);

export const ruleRow = ({ kept, state, value }: Watched): AlertRuleRow => ({
  ...kept,
  phase: state.phase,
  isUnknown: state.phase === 'calm' && state.isUnknown,
  ...(value !== undefined && { value }),
});

export function tileOf(alert: KeptAlert, now: number | undefined, at: number): AlertTile {
  const { name, severity, beganAt, figure, scope, condition, acknowledgedAt } = alert;
  const value = condition.kind === 'no-data' ? undefined : inBoardUnits(alert, now, at);
  return {
    name,
    severity,
    since: beganAt,
    figure,
    scope,
    isAcknowledged: acknowledgedAt !== undefined,
    ...(value !== undefined && { value }),
  };
}

/** Shares 0..1, times ms, `since` an instant. */
function inBoardUnits({ figure }: KeptAlert, value: number | undefined, now: number): number | undefined {
  if (value === undefined) return undefined;
  switch (figureFacts(figure).unit) {
    case 'share':
      return value / 100;
    case 'ms':
      return value * 1000;
    case 'since':
      return now - value * 1000;
    case 'count':
    case 'per-hour':
      return value;
  }
}

/** Of the end if it was told of, else of the beginning. */
export function noticeView({ notices }: KeptAlert, way: Way): NoticeView | undefined {
  const notice = notices[way]?.ended ?? notices[way]?.began;
  if (!notice) return undefined;
  const { state, fault, detail } = notice;
  return {
    state,
    ...(state !== 'sent' && fault !== undefined && { fault }),
    ...(state !== 'sent' && detail !== undefined && { detail }),
  };
}

export function presentAlert(alert: KeptAlert, now?: number): AlertRow {
  const { to: _to, notices: _notices, ...facts } = alert;
  const mail = noticeView(alert, 'mail');
  const webhook = noticeView(alert, 'webhook');
  return {
    ...facts,
    ...(mail && { mail }),
    ...(webhook && { webhook }),
    ...(now !== undefined && alert.endedAt === undefined && { now }),
  };
}
