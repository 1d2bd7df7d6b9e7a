/** Alerts with figures, time, store and ways that a test sets by hand. */
import { alertSiteOf } from '../../server/app/alerts/alert-site.ts';
import { Alerts, type AlertParts } from '../../server/app/alerts/alerts.ts';
import type {
  AlertStorePort,
  ExplainAlert,
  KeptAlert,
  KeptRule,
  Sent,
  SystemMail,
} from '../../server/app/alerts/ports.ts';
import { alertRuleSchema, type AlertRuleRow, type AlertWebhook } from '../../server/contract/alerts.ts';
import { siteSchema } from '../../server/contract/site.ts';
import { StandInFigures } from './stand-in-figures.ts';

const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

export class StandInStore implements AlertStorePort {
  readonly rules = new Map<string, KeptRule>();
  readonly alerts = new Map<string, KeptAlert>();
  isAway = false;
  /** Ids of each write. */
  readonly writes: string[][] = [];

  async load() {
    this.#check();
    return { rules: [...this.rules.values()], alerts: structuredClone([...this.alerts.values()]) };
  }
  async addRule(rule: KeptRule, atMost: number) {
    this.#check();
    if (this.rules.size >= atMost) return 'full' as const;
    this.rules.set(rule.ruleId, rule);
    return 'added' as const;
  }
  async changeRule(rule: KeptRule, ifVersion: number) {
    this.#check();
    const known = this.rules.get(rule.ruleId);
    if (!known) return undefined;
    if (known.version !== ifVersion) return { currentVersion: known.version };
    this.rules.set(rule.ruleId, rule);
    return 'changed' as const;
  }
  async removeRule(ruleId: string) {
    this.#check();
    return this.rules.delete(ruleId);
  }
  async write(alerts: readonly KeptAlert[]) {
    this.#check();
    this.writes.push(alerts.map(({ alertId }) => alertId));
    for (const alert of alerts) this.alerts.set(alert.alertId, structuredClone(alert));
  }
  async list() {
    return { items: [] };
  }
  async byId(alertId: string) {
    return structuredClone(this.alerts.get(alertId));
  }
  async forget() {}
  #check() {
    if (this.isAway) throw new Error('away');
  }
}

export class AlertWorld {
  at: number;
  readonly figures = new StandInFigures();
  readonly store = new StandInStore();
  readonly mails: SystemMail[] = [];
  readonly posts: { url: string; body: AlertWebhook }[] = [];
  /** Answers of the next tries; then `sent`. */
  readonly answers: Sent[] = [];
  mean: number | undefined;
  /** What explains every alert on a trend, by what it is asked for. */
  explain: ExplainAlert = async () => undefined;
  site = siteSchema.parse({
    site: { name: 'Bank', timeZone: 'Europe/Rome' },
    queues: [{ id: 'main', name: 'Main' }],
  });
  alerts: Alerts;
  #made = 0;

  constructor(at: number) {
    this.at = at;
    this.alerts = this.restart();
  }

  /** Another process with the same store. */
  restart(more: Partial<AlertParts> = {}): Alerts {
    const answer = (): Sent => this.answers.shift() ?? { outcome: 'sent' };
    this.alerts = new Alerts({
      store: this.store,
      source: this.figures,
      history: { meanOfInterval: async () => this.mean },
      explain: (alert, by) => this.explain(alert, by),
      ways: {
        mail: async (mail) => (this.mails.push(mail), answer()),
        webhook: async ({ url }, body) => (this.posts.push({ url, body: structuredClone(body) }), answer()),
      },
      site: () => alertSiteOf(this.site),
      clock: { now: () => this.at },
      newId: (noun) => `${noun}_${String(++this.#made).padStart(4, '0')}`,
      logger: silent,
      ...more,
    });
    return this.alerts;
  }

  async add(more: object): Promise<AlertRuleRow> {
    const rule = alertRuleSchema.parse({
      name: 'Too many wait',
      figure: 'waiting',
      condition: { kind: 'above', value: 5 },
      forSec: 0,
      clearSec: 0,
      ...more,
    });
    const added = await this.alerts.addRule(rule, 'ada');
    if ('refused' in added) throw new Error(added.refused);
    return added.row;
  }

  /** Time goes on by so much; then everything is looked at and sent. */
  async step(sec = 5): Promise<void> {
    this.at += sec * 1000;
    this.alerts.look();
    this.alerts.pass();
    await this.alerts.settled();
  }
}
