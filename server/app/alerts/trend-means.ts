/**
 * What is usual, for rules of a trend: asked of history, one question after the other, and kept for a while. It is asked again
 * when it is old or another interval has begun; until history has answered there is no trend.
 */
import type { AlertRule } from '../../contract/alerts.ts';
import type { FigureSource } from '../../stats/figure-source.ts';
import type { ClockPort, LoggerPort } from '../ports.ts';
import type { HistorySource, KeptRule } from './ports.ts';
import { questionOf } from './rule-reading.ts';

interface Mean {
  /** Whose question it answers: a changed rule asks anew. */
  readonly rule: AlertRule;
  readonly value: number | undefined;
  readonly askedAt: number;
  /** Beginning of the window that it is the mean for. */
  readonly from: number;
}

const keptMs = 300_000;

export interface TrendMeansParts {
  source: FigureSource;
  history: HistorySource;
  clock: ClockPort;
  logger: LoggerPort;
}

export class TrendMeans {
  readonly #parts: TrendMeansParts;
  readonly #means = new Map<string, Mean>();
  #isAsking = false;

  constructor(parts: TrendMeansParts) {
    this.#parts = parts;
  }

  of({ ruleId, rule }: KeptRule): number | undefined {
    const mean = this.#means.get(ruleId);
    return mean?.rule === rule ? mean.value : undefined;
  }

  drop(ruleId: string): void {
    this.#means.delete(ruleId);
  }

  /** Never rejects. */
  async ask(rules: readonly KeptRule[]): Promise<void> {
    if (this.#isAsking) return;
    this.#isAsking = true;
    try {
      for (const { ruleId, rule } of rules) await this.#askFor(ruleId, rule);
    } catch (err) {
      this.#parts.logger.warn({ err }, 'past days could not be asked for a trend');
    } finally {
      this.#isAsking = false;
    }
  }

  async #askFor(ruleId: string, rule: AlertRule): Promise<void> {
    if (!rule.isOn || rule.condition.kind !== 'trend') return;
    const { clock, source, history } = this.#parts;
    const now = clock.now();
    const from = source.window(rule.window, now)?.from ?? 0;
    const known = this.#means.get(ruleId);
    // A rolling window begins anew each minute; any other only with its next interval.
    const isSameWindow = known?.from === from || rule.window.startsWith('rolling');
    if (known?.rule === rule && now - known.askedAt < keptMs && isSameWindow) return;
    const value = await history.meanOfInterval(questionOf(rule), rule.condition.days, now);
    this.#means.set(ruleId, { rule, value, askedAt: now, from });
  }
}
