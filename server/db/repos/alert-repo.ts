/**
 * Alert rules and alerts (app/alerts/ports.ts) over Postgres. Races stopped: many rules at once past the bound (an advisory
 * lock, so that they count one after the other); two that change one rule (by version); two alerts of one rule that stand (a
 * unique index, before which a stray one is ended).
 */
import type { Sequelize } from 'sequelize';
import { isSettled } from '../../app/alerts/alert-ledger.ts';
import { presentAlert } from '../../app/alerts/alert-view.ts';
import type { AlertFacts, AlertStorePort, KeptAlert, KeptRule } from '../../app/alerts/ports.ts';
import { alertRuleSchema } from '../../contract/alerts.ts';
import { instant, msOf, selectIn } from './text-rows.ts';

type Facts = Omit<AlertFacts, 'alertId' | 'ruleId' | 'beganAt' | 'endedAt'>;
interface AlertRowOf {
  alert_id: string;
  rule_id: string;
  began_ms: string;
  ended_ms: string | null;
  facts: Facts;
  pii_to: KeptAlert['to'];
  notices: KeptAlert['notices'];
}
interface RuleRowOf {
  rule_id: string;
  version: number;
  pii_rule: unknown;
  updated_ms: string;
  updated_by: string;
}

const columns = `alert_id, rule_id, ${msOf('began_at')} as began_ms, ${msOf('ended_at')} as ended_ms, facts, pii_to, notices`;
/** Any constant that nothing else in this database locks. */
const lockKey = 4_127_720_017;
const loadedAtMost = 50_000;

const alertOf = (row: AlertRowOf): KeptAlert => ({
  ...row.facts,
  alertId: row.alert_id,
  ruleId: row.rule_id,
  beganAt: Number(row.began_ms),
  ...(row.ended_ms !== null && { endedAt: Number(row.ended_ms) }),
  to: row.pii_to,
  notices: row.notices,
});

function ruleOf(row: RuleRowOf): KeptRule[] {
  // Stored by an older release, it lacks what has come since: the schema fills it in.
  const { data } = alertRuleSchema.safeParse(row.pii_rule);
  const { rule_id: ruleId, version, updated_ms, updated_by: updatedBy } = row;
  return data ? [{ ruleId, version, rule: data, updatedAt: Number(updated_ms), updatedBy }] : [];
}

function recordOf(alert: KeptAlert): object {
  const { alertId, ruleId, beganAt, endedAt, to, notices, ...facts } = alert;
  return {
    alert_id: alertId,
    rule_id: ruleId,
    began_ms: beganAt,
    ended_ms: endedAt ?? null,
    is_settled: isSettled(alert),
    facts,
    pii_to: to,
    notices,
  };
}

/** `<began, ms>.<alertId>`; an unreadable one is an empty page. */
function beforeOf(cursor: string | undefined): [number, string] {
  if (cursor === undefined) return [8_640_000_000_000, '~'];
  const [, at, alertId] = /^(\d{1,15})\.([A-Za-z0-9_]{1,60})$/.exec(cursor) ?? [];
  return [Number(at ?? 0), alertId ?? ''];
}

const shown = {
  all: 'true',
  standing: 'ended_at is null',
  ended: 'ended_at is not null',
} as const;

export function createAlertRepo(sequelize: Sequelize): AlertStorePort {
  const select = selectIn(sequelize);
  return {
    async load() {
      const rules = await select<RuleRowOf>(
        `select rule_id, version, pii_rule, ${msOf('updated_at')} as updated_ms, updated_by from alert_rules order by seq`,
      );
      const alerts = await select<AlertRowOf>(
        `select ${columns} from alerts where not is_settled order by began_at limit ${loadedAtMost}`,
      );
      return { rules: rules.flatMap(ruleOf), alerts: alerts.map(alertOf) };
    },
    addRule: ({ ruleId, version, rule, updatedAt, updatedBy }, atMost) =>
      sequelize.transaction(async (transaction) => {
        const within = selectIn(sequelize, transaction);
        await within('select pg_advisory_xact_lock($1)', [lockKey]);
        const [counted] = await within<{ total: string }>('select count(*) as total from alert_rules');
        if (Number(counted?.total ?? 0) >= atMost) return 'full';
        await within(
          `insert into alert_rules (rule_id, version, pii_rule, updated_at, updated_by)
           values ($1, $2, $3::jsonb, ${instant('$4')}, $5)`,
          [ruleId, version, JSON.stringify(rule), updatedAt, updatedBy],
        );
        return 'added';
      }),
    async changeRule({ ruleId, version, rule, updatedAt, updatedBy }, ifVersion) {
      const changed = await select(
        `update alert_rules set version = $3, pii_rule = $4::jsonb, updated_at = ${instant('$5')}, updated_by = $6
         where rule_id = $1 and version = $2 returning rule_id`,
        [ruleId, ifVersion, version, JSON.stringify(rule), updatedAt, updatedBy],
      );
      if (changed.length > 0) return 'changed';
      const [known] = await select<{ version: number }>(
        'select version from alert_rules where rule_id = $1',
        [ruleId],
      );
      return known && { currentVersion: known.version };
    },
    async removeRule(ruleId) {
      const gone = await select('delete from alert_rules where rule_id = $1 returning rule_id', [ruleId]);
      return gone.length > 0;
    },
    async write(alerts) {
      const rows = JSON.stringify(alerts.map(recordOf));
      await sequelize.transaction(async (transaction) => {
        const within = selectIn(sequelize, transaction);
        const record = `jsonb_to_recordset($1::jsonb) as r(alert_id text, rule_id text, began_ms bigint, ended_ms bigint,
          is_settled boolean, facts jsonb, pii_to jsonb, notices jsonb)`;
        const upsert = (which: string) =>
          within(
            `insert into alerts as a (alert_id, rule_id, began_at, ended_at, is_settled, facts, pii_to, notices)
             select alert_id, rule_id, ${instant('began_ms')}, ${instant('ended_ms')}, is_settled, facts, pii_to, notices
             from ${record} where ${which}
             on conflict (alert_id) do update set ended_at = excluded.ended_at, is_settled = excluded.is_settled,
               facts = excluded.facts, pii_to = excluded.pii_to, notices = excluded.notices`,
            [rows],
          );
        // What ended first: the next of the same rule may stand by now.
        await upsert('ended_ms is not null');
        await within(
          `update alerts a set ended_at = ${instant('r.began_ms')}, is_settled = true from ${record}
           where r.ended_ms is null and a.rule_id = r.rule_id and a.ended_at is null and a.alert_id <> r.alert_id`,
          [rows],
        );
        await upsert('ended_ms is null');
      });
    },
    async list({ show, cursor, limit }, scopes) {
      const [at, alertId] = beforeOf(cursor);
      const rows = await select<AlertRowOf>(
        `select ${columns} from alerts where ${shown[show]} and (began_at, alert_id) < (${instant('$1')}, $2)
           and ($4::text[] is null or case when facts ->> 'scope' like 'queue:%'
             then split_part(facts ->> 'scope', '/', 1) else facts ->> 'scope' end = any($4))
         order by began_at desc, alert_id desc limit $3`,
        [at, alertId, limit + 1, scopes ? [...scopes] : null],
      );
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      const items = page.map((row) => presentAlert(alertOf(row)));
      return rows.length > limit && last
        ? { items, nextCursor: `${last.began_ms}.${last.alert_id}` }
        : { items };
    },
    async byId(alertId) {
      const [row] = await select<AlertRowOf>(`select ${columns} from alerts where alert_id = $1`, [alertId]);
      return row && alertOf(row);
    },
    async forget(before) {
      await select(`delete from alerts where ended_at < ${instant('$1')} and is_settled returning alert_id`, [
        before,
      ]);
    },
  };
}
