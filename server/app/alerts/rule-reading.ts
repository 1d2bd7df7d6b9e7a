/**
 * What a rule reads, in the units of its threshold, and whether its condition holds. Pure but for the questions that it asks
 * of the live figures, which change nothing.
 */
import { isDeepStrictEqual } from 'node:util';
import type { AlertCondition, AlertRule } from '../../contract/alerts.ts';
import { figureFacts, type FigureName } from '../../contract/figures.ts';
import type { FigureQuestion, FigureSource } from '../../stats/figure-source.ts';
import { spanBeganAt } from './site-clock.ts';

export interface Reading {
  readonly holds: boolean;
  /** Absent: there is no figure. */
  readonly value?: number;
}

export interface ReadingContext {
  readonly source: FigureSource;
  readonly timeZone: string;
  readonly now: number;
  /** Of a trend: the mean to compare with, as the figures have it. */
  readonly mean?: number | undefined;
  /** Of no-data: when something was last offered. */
  offeredAt(): number;
}

export const questionOf = ({ figure, scope, window, attribution }: AlertRule): FigureQuestion => ({
  figure,
  scopes: [scope],
  window,
  attribution,
});

/** From the figures' units to those of thresholds. */
export function inRuleUnits(figure: FigureName, raw: number, now: number): number {
  switch (figureFacts(figure).unit) {
    case 'share':
      return raw * 100;
    case 'ms':
      return raw / 1000;
    case 'since':
      return Math.max(0, now - raw) / 1000;
    case 'count':
    case 'per-hour':
      return raw;
  }
}

export function readRule(rule: AlertRule, ctx: ReadingContext): Reading {
  const { condition, figure } = rule;
  if (condition.kind === 'no-data') return readSilence(condition, ctx);
  const question = questionOf(rule);
  const raw = ctx.source.figure(question, ctx.now);
  if (raw === undefined || !Number.isFinite(raw)) return { holds: false };
  const value = inRuleUnits(figure, raw, ctx.now);
  switch (condition.kind) {
    case 'above':
      return { holds: value > condition.value, value };
    case 'below':
      return { holds: value < condition.value, value };
    case 'trend':
      return { holds: isOffTrend(condition, question, value, ctx), value };
  }
}

function isOffTrend(
  { direction, percent, atLeast }: Extract<AlertCondition, { kind: 'trend' }>,
  { figure, ...counted }: FigureQuestion,
  value: number,
  { mean, source, now }: ReadingContext,
): boolean {
  if (mean === undefined || (source.counts(counted, now)?.offered ?? 0) < atLeast) return false;
  const usual = inRuleUnits(figure, mean, now);
  return direction === 'up' ? value > usual * (1 + percent / 100) : value < usual * (1 - percent / 100);
}

/** Silence counts from the beginning of the hours in which it matters. */
function readSilence(
  { forMinutes, between }: Extract<AlertCondition, { kind: 'no-data' }>,
  ctx: ReadingContext,
): Reading {
  // Asked for outside of those hours too, so that growth is seen.
  const offeredAt = ctx.offeredAt();
  const beganAt = between ? spanBeganAt(between, ctx.timeZone, ctx.now) : 0;
  if (beganAt === undefined) return { holds: false };
  const silentSec = Math.floor((ctx.now - Math.max(offeredAt, beganAt)) / 1000);
  return { holds: silentSec >= forMinutes * 60, value: silentSec };
}

/** Which of two is further from what is wished. */
export function worseOf(condition: AlertCondition, one: number | undefined, other: number | undefined) {
  if (one === undefined || other === undefined) return one ?? other;
  const isLowBad =
    condition.kind === 'below' || (condition.kind === 'trend' && condition.direction === 'down');
  return isLowBad ? Math.min(one, other) : Math.max(one, other);
}

/** What changes the question, and not only who is told, or when. */
export const isSameQuestion = (one: AlertRule, other: AlertRule): boolean =>
  isDeepStrictEqual([questionOf(one), one.condition], [questionOf(other), other.condition]);
