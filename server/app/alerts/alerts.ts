/**
 * Alerts: holds the rules, looks at each of them every five seconds, and keeps what stands. What begins and ends is decided
 * in alert-state.ts; it is told by alert-post.ts and written down by alert-ledger.ts. After a restart what stood stands on:
 * the same alert, with its beginning and whoever acknowledged it.
 *
 * It asks the live figures and changes nothing of them. The rules are looked at in ten parts, one each half second, so that
 * none holds the event loop that carries calls; what fails here is logged and goes no further. Without Postgres at the start
 * there are no rules yet; once they were read it may go away.
 *
 * Races stopped: two changes of one rule (in line, and by version); a rule that is changed while its alert stands.
 */
import type {
  AlertCount,
  AlertEnd,
  AlertPage,
  AlertQuery,
  AlertRow,
  AlertRule,
  AlertRuleRow,
} from '../../contract/alerts.ts';
import { alertHistoryDays, alertRulesAtMost, alertRuleSchema } from '../../contract/alerts.ts';
import type { AlertTile } from '../../contract/boards.ts';
import type { DriftKey } from '../../contract/drift-facts.ts';
import type { DriftReport } from '../../contract/rest-drift.ts';
import { cleanBlock, cleanLine } from '../../lib/clean-text.ts';
import type { FigureSource } from '../../stats/figure-source.ts';
import type { ClockPort, LoggerPort } from '../ports.ts';
import { AlertLedger } from './alert-ledger.ts';
import { AlertPost } from './alert-post.ts';
import { calm, isStanding, nextAlert, type AlertInput } from './alert-state.ts';
import type { TextSite } from './alert-texts.ts';
import { isOfRule, presentAlert, ruleRow, stateOf, tileOf, type Watched } from './alert-view.ts';
import type { AlertStorePort, AlertWays, ExplainAlert, HistorySource, KeptAlert, KeptRule } from './ports.ts';
import { isSameQuestion, readRule, worseOf, type Reading } from './rule-reading.ts';
import { SilenceWatch } from './silence.ts';
import { TrendMeans } from './trend-means.ts';

export interface AlertSite extends TextSite {
  /** Whether there is what a scope names. */
  knows(scope: string): boolean;
}

export interface AlertParts {
  store: AlertStorePort;
  source: FigureSource;
  history: HistorySource;
  explain: ExplainAlert;
  ways: AlertWays;
  site: () => AlertSite;
  clock: ClockPort;
  newId: (noun: string) => string;
  logger: LoggerPort;
}

/** Scopes that somebody sees who is limited to some; a queue's stand for its channels as well. */
export interface ScopesSeen {
  readonly has: (scope: string) => boolean;
  scopes: readonly string[];
}

export type RuleRefusal =
  | { refused: 'not-loaded' | 'full' | 'no-name' | 'not-found' }
  | { refused: 'changed'; currentVersion: number };
export type AcknowledgeRefusal = { refused: 'not-found' | 'ended' | 'acknowledged' };

const sliceMs = 500;
const slices = 10;
const dayMs = 86_400_000;

export class Alerts {
  readonly #parts: AlertParts;
  readonly #ledger: AlertLedger;
  readonly #post: AlertPost;
  readonly #silence: SilenceWatch;
  readonly #means: TrendMeans;
  readonly #rules = new Map<string, Watched>();
  #turn: Promise<unknown> = Promise.resolve();
  #timer: NodeJS.Timeout | undefined;
  #slice = 0;
  #isLoaded = false;
  #isLoading = false;
  #isFailing = false;
  #forgotAt = 0;

  constructor(parts: AlertParts) {
    this.#parts = parts;
    this.#ledger = new AlertLedger(parts.store, parts.logger);
    this.#post = new AlertPost({ ...parts, ledger: this.#ledger });
    this.#silence = new SilenceWatch(parts.source);
    this.#means = new TrendMeans(parts);
  }

  /** From now on by itself. */
  start(): void {
    this.#timer ??= setInterval(() => this.#tick(), sliceMs);
    this.#timer.unref();
  }

  /** Writes down what is not yet, if that is possible now. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#post.stop();
    await this.#ledger.flush();
  }

  get isLoaded(): boolean {
    return this.#isLoaded;
  }

  #tick(): void {
    try {
      if (!this.#isLoaded) return void this.load();
      this.#slice = (this.#slice + 1) % slices;
      this.look(this.#slice);
      if (this.#slice !== 0) return;
      this.#post.pass();
      void this.#ledger.flush().then((isWritten) => (isWritten ? this.#forgetOld() : undefined));
      void this.askMeans();
      this.#isFailing = false;
    } catch (err) {
      if (!this.#isFailing) this.#parts.logger.error({ err }, 'alert rules cannot be looked at');
      this.#isFailing = true;
    }
  }

  /** Reads rules and what stood. Never rejects; true: they are here. */
  async load(): Promise<boolean> {
    if (this.#isLoaded || this.#isLoading) return this.#isLoaded;
    this.#isLoading = true;
    const { store, logger } = this.#parts;
    try {
      const { rules, alerts } = await store.load();
      this.#ledger.load(alerts);
      for (const kept of rules) this.#rules.set(kept.ruleId, { kept, state: calm });
      for (const alert of alerts) if (alert.endedAt === undefined) this.#standOn(alert);
      this.#isLoaded = true;
    } catch (err) {
      if (!this.#isFailing) logger.warn({ err }, 'alert rules could not be read yet');
      this.#isFailing = true;
    } finally {
      this.#isLoading = false;
    }
    return this.#isLoaded;
  }

  /** What stood when it was last written; the end of one may not have been. */
  #standOn(alert: KeptAlert): void {
    const watched = this.#rules.get(alert.ruleId);
    if (!watched) this.#end(alert.alertId, 'rule-deleted');
    else if (!watched.kept.rule.isOn) this.#end(alert.alertId, 'rule-off');
    else if (isStanding(watched.state) || !isOfRule(alert, watched.kept.rule))
      this.#end(alert.alertId, 'rule-changed');
    else watched.state = stateOf(alert);
  }

  /** Looks at one part of the rules, or at all. */
  look(slice?: number): void {
    const now = this.#parts.clock.now();
    const site = this.#parts.site();
    let index = 0;
    for (const watched of this.#rules.values())
      if (slice === undefined || index++ % slices === slice) this.#lookAt(watched, site, now);
  }

  #lookAt(watched: Watched, site: AlertSite, now: number): void {
    const { rule } = watched.kept;
    if (!rule.isOn) return;
    if (!site.knows(rule.scope)) {
      watched.value = undefined;
      return this.#step(watched, { type: 'scope-gone' }, {});
    }
    const reading = readRule(rule, {
      source: this.#parts.source,
      timeZone: site.timeZone,
      now,
      mean: this.#means.of(watched.kept),
      offeredAt: () => this.#silence.offeredAt(rule.scope, now, this.#silentBefore(watched)),
    });
    watched.value = reading.value;
    this.#step(watched, { type: 'looked', holds: reading.holds }, reading);
  }

  /** An alert of silence that stood before a restart tells how long it had been silent then. */
  #silentBefore({ kept: { rule }, state }: Watched): number | undefined {
    if (!isStanding(state) || rule.condition.kind !== 'no-data') return undefined;
    return state.beganAt - rule.condition.forMinutes * 60_000;
  }

  #step(watched: Watched, input: AlertInput, { value }: Partial<Reading>): void {
    const { rule, ruleId } = watched.kept;
    const { clock, newId } = this.#parts;
    const ctx = {
      now: clock.now(),
      forSec: rule.forSec,
      clearSec: rule.clearSec,
      newId: () => newId('alert'),
    };
    const { state, effects } = nextAlert(watched.state, input, ctx);
    watched.state = state;
    for (const effect of effects)
      if (effect.type === 'begins') this.#begin(effect.alertId, ruleId, rule, value);
      else if (effect.type === 'ends') this.#end(effect.alertId, effect.why);
    if (isStanding(state)) this.#noteWorst(state.alertId, value);
  }

  #begin(alertId: string, ruleId: string, rule: AlertRule, value: number | undefined): void {
    const { name, severity, scope, figure, window, condition, to } = rule;
    const facts = { alertId, ruleId, name, severity, scope, figure, window, condition, to };
    const values = value === undefined ? {} : { value, worst: value };
    const alert: KeptAlert = { ...facts, beganAt: this.#parts.clock.now(), notices: {}, ...values };
    this.#ledger.put(this.#post.noted(alert, 'began'));
    this.#post.pass();
    void this.#ledger.flush();
  }

  #end(alertId: string, ended: AlertEnd): void {
    const alert = this.#ledger.get(alertId);
    if (!alert) return;
    this.#ledger.put(this.#post.noted({ ...alert, endedAt: this.#parts.clock.now(), ended }, 'ended'));
    this.#post.pass();
    void this.#ledger.flush();
  }

  /** Written with what changes next, its end at the latest: a worst value may change with every look. */
  #noteWorst(alertId: string, value: number | undefined): void {
    const alert = this.#ledger.get(alertId);
    if (!alert) return;
    const worst = worseOf(alert.condition, alert.worst, value);
    if (worst !== undefined && worst !== alert.worst) this.#ledger.keep({ ...alert, worst });
  }

  async #forgetOld(): Promise<void> {
    const now = this.#parts.clock.now();
    if (now - this.#forgotAt < dayMs) return;
    this.#forgotAt = now;
    this.#silence.keepOnly(new Set(Array.from(this.#rules.values(), ({ kept }) => kept.rule.scope)));
    await this.#parts.store
      .forget(now - alertHistoryDays * dayMs)
      .catch((err: unknown) => this.#parts.logger.warn({ err }, 'old alerts could not be forgotten'));
  }

  // --- rules ---------------------------------------------------------------------------------------

  rules(): AlertRuleRow[] {
    return Array.from(this.#rules.values(), ruleRow);
  }

  rule(ruleId: string): AlertRuleRow | undefined {
    const watched = this.#rules.get(ruleId);
    return watched && ruleRow(watched);
  }

  addRule(asked: AlertRule, by: string): Promise<{ row: AlertRuleRow } | RuleRefusal> {
    return this.#inTurn(async () => {
      const { store, clock, newId } = this.#parts;
      const rule = cleanRule(asked);
      if (!this.#isLoaded) return { refused: 'not-loaded' };
      if (!rule) return { refused: 'no-name' };
      const kept = { ruleId: newId('rule'), version: 1, rule, updatedAt: clock.now(), updatedBy: by };
      if ((await store.addRule(kept, alertRulesAtMost)) === 'full') return { refused: 'full' };
      const watched = { kept, state: calm };
      this.#rules.set(kept.ruleId, watched);
      return { row: ruleRow(watched) };
    });
  }

  changeRule(
    ruleId: string,
    asked: AlertRule,
    ifVersion: number,
    by: string,
  ): Promise<{ row: AlertRuleRow; was: AlertRule } | RuleRefusal> {
    return this.#inTurn(async () => {
      const watched = this.#rules.get(ruleId);
      const rule = cleanRule(asked);
      if (!watched) return { refused: 'not-found' };
      if (!rule) return { refused: 'no-name' };
      const was = watched.kept.rule;
      const version = ifVersion + 1;
      const kept = { ruleId, version, rule, updatedAt: this.#parts.clock.now(), updatedBy: by };
      const outcome = await this.#parts.store.changeRule(kept, ifVersion);
      if (outcome === undefined) return { refused: 'not-found' };
      if (outcome !== 'changed') return { refused: 'changed', currentVersion: outcome.currentVersion };
      this.#replace(watched, kept, was);
      return { row: ruleRow(watched), was };
    });
  }

  #replace(watched: Watched, kept: KeptRule, was: AlertRule): void {
    const { rule } = kept;
    if (!rule.isOn) this.#step(watched, { type: 'withdrawn', why: 'rule-off' }, {});
    else if (!isSameQuestion(was, rule)) this.#step(watched, { type: 'withdrawn', why: 'rule-changed' }, {});
    watched.kept = kept;
    if (!rule.isOn || !isSameQuestion(was, rule)) delete watched.value;
    const alert = isStanding(watched.state) ? this.#ledger.get(watched.state.alertId) : undefined;
    if (alert) this.#ledger.put({ ...alert, name: rule.name, severity: rule.severity, to: rule.to });
  }

  removeRule(ruleId: string): Promise<AlertRuleRow | undefined> {
    return this.#inTurn(async () => {
      const watched = this.#rules.get(ruleId);
      if (!watched || !(await this.#parts.store.removeRule(ruleId))) return undefined;
      const row = ruleRow(watched);
      this.#step(watched, { type: 'withdrawn', why: 'rule-deleted' }, {});
      this.#rules.delete(ruleId);
      this.#means.drop(ruleId);
      return row;
    });
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#turn.then(work);
    this.#turn = mine.catch(() => undefined);
    return mine;
  }

  // --- what stands, and what was -----------------------------------------------------------------

  /** For boards, by alert; the units are those of boards. */
  standing(): Record<string, AlertTile> {
    const tiles: Record<string, AlertTile> = {};
    const now = this.#parts.clock.now();
    for (const { alert, watched } of this.#standing()) {
      if (alert.to.board) tiles[alert.alertId] = tileOf(alert, watched.value, now);
    }
    return tiles;
  }

  count(seen?: ScopesSeen): AlertCount {
    const all = [...this.#standing()].filter(({ alert }) => seen?.has(alert.scope) ?? true);
    const unacknowledged = all.filter(({ alert }) => alert.acknowledgedAt === undefined);
    return { standing: all.length, unacknowledged: unacknowledged.length };
  }

  /** What stands comes out of memory, what was out of the store. */
  async list(query: AlertQuery, seen?: ScopesSeen): Promise<AlertPage> {
    const site = this.#parts.site();
    const named = (row: AlertRow): AlertRow => {
      const scopeName = site.nameOf(row.scope);
      return scopeName === undefined ? row : { ...row, scopeName };
    };
    if (query.show === 'standing') {
      const rows = Array.from(this.#standing(), ({ alert, watched }) => presentAlert(alert, watched.value));
      const shown = rows.filter(({ scope }) => seen?.has(scope) ?? true);
      return { items: shown.map(named).sort((a, b) => b.beganAt - a.beganAt) };
    }
    await this.#ledger.flush();
    const page = await this.#parts.store.list(query, seen?.scopes);
    return { ...page, items: page.items.map(named) };
  }

  /** Undefined: there is no such alert, or nothing explains it. */
  async explain(
    alertId: string,
    by: DriftKey | undefined,
    seen?: ScopesSeen,
  ): Promise<DriftReport | undefined> {
    const alert = this.#ledger.get(alertId) ?? (await this.#parts.store.byId(alertId));
    if (!alert || (seen && !seen.has(alert.scope))) return undefined;
    return this.#parts.explain(alert, by);
  }

  /** `by` is a user's name. */
  acknowledge(
    alertId: string,
    by: string,
    note: string | undefined,
    seen?: ScopesSeen,
  ): { row: AlertRow } | AcknowledgeRefusal {
    const alert = this.#ledger.get(alertId);
    if (alert && seen && !seen.has(alert.scope)) return { refused: 'not-found' };
    const watched = alert && this.#rules.get(alert.ruleId);
    if (alert?.endedAt !== undefined) return { refused: 'ended' };
    if (!alert || !watched || !isStanding(watched.state)) return { refused: 'not-found' };
    const { state } = watched;
    if (state.isAcknowledged) return { refused: 'acknowledged' };
    this.#step(watched, { type: 'acknowledged' }, {});
    const text = cleanBlock(note ?? '').trim();
    const noted = text === '' ? {} : { note: text };
    const known = this.#ledger.get(alertId) ?? alert;
    const told = { ...known, acknowledgedAt: this.#parts.clock.now(), acknowledgedBy: by, ...noted };
    this.#ledger.put(told);
    void this.#ledger.flush();
    return { row: presentAlert(told, watched.value) };
  }

  /** Where webhooks of rules that are on go, for the list of what leaves the building. */
  webhooks(): { url: string; rule: string }[] {
    return Array.from(this.#rules.values()).flatMap(({ kept: { rule } }) =>
      rule.isOn && rule.to.webhook ? [{ url: rule.to.webhook.url, rule: rule.name }] : [],
    );
  }

  /** For tests: when nothing is on its way and everything that can be is written. */
  async settled(): Promise<boolean> {
    await this.#post.idle();
    return this.#ledger.flush();
  }

  /** For tests: what the timer does beside looking. */
  pass(): void {
    this.#post.pass();
  }

  askMeans(): Promise<void> {
    return this.#means.ask(Array.from(this.#rules.values(), ({ kept }) => kept));
  }

  *#standing(): Generator<{ alert: KeptAlert; watched: Watched }> {
    for (const watched of this.#rules.values()) {
      const alert = isStanding(watched.state) ? this.#ledger.get(watched.state.alertId) : undefined;
      if (alert) yield { alert, watched };
    }
  }
}

/** Fit to be kept and shown on one line; undefined: nothing of its name is left. */
function cleanRule(asked: AlertRule): AlertRule | undefined {
  const { data } = alertRuleSchema.safeParse({ ...asked, name: cleanLine(asked.name, 80) });
  return data;
}
