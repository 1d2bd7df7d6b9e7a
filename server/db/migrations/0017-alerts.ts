/**
 * Alert rules and alerts. An alert is one row from its beginning on, stated anew with each change; `is_settled`: it ended and
 * nothing of it is still to be sent, so a start need not read it. Who is told is in `pii_rule` and `pii_to`, since mail
 * addresses are people's.
 */
export const alertsMigration = {
  name: '0017-alerts',
  up: `
    create table alert_rules (
      rule_id text primary key,
      version integer not null,
      pii_rule jsonb not null,
      updated_at timestamptz not null,
      updated_by text not null,
      seq bigint generated always as identity
    );
    create table alerts (
      alert_id text primary key,
      rule_id text not null,
      began_at timestamptz not null,
      ended_at timestamptz,
      is_settled boolean not null,
      facts jsonb not null,
      pii_to jsonb not null,
      notices jsonb not null
    );
    create index alerts_began on alerts (began_at desc, alert_id desc);
    create unique index alerts_standing on alerts (rule_id) where ended_at is null;
    create index alerts_unsettled on alerts (began_at) where not is_settled;`,
  down: `
    drop table alerts;
    drop table alert_rules;`,
};
