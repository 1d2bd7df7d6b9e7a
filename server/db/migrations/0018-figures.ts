/**
 * What figures are told from: each stay of a contact in a queue, and roll-ups by quarter of an hour, of queues and of agents.
 * Parted by month (UTC), so that old months can be let go of whole; the figures' own projector makes the parts.
 */

/** Fixed here: a count that comes later brings a migration of its own. */
export const slotCounts = [
  'arrived',
  'contained',
  'offered',
  'answered',
  'answered_in_target',
  'abandoned',
  'abandoned_in_target',
  'short_abandoned',
  'flowed_out',
  'service_level_offered',
  'answered_wait_ms',
  'abandoned_wait_ms',
  'offers',
  'rona',
  'rejected',
  'handled',
  'transferred',
  'talk_ms',
  'hold_ms',
  'wrap_up_ms',
  'replied',
  'first_reply_ms',
  'reached',
  'not_reached',
];
const times = [
  'ready_ms',
  'text_ms',
  'not_ready_ms',
  'reserved_ms',
  'ringing_ms',
  'talking_ms',
  'holding_ms',
  'wrapping_ms',
  'unreachable_ms',
];
export const slotColumns = (names: readonly string[]): string =>
  names.map((name) => `${name} bigint not null default 0`).join(',\n      ');

export const figuresMigration = {
  name: '0018-figures',
  up: `
    create table stays (
      contact_id text not null,
      ordinal integer not null,
      queue_id text not null,
      channel text not null,
      number_id text not null,
      trunk_id text not null,
      definition integer not null,
      queued_at timestamptz not null,
      target_ms bigint not null,
      short_abandon_ms bigint not null,
      service_level_at timestamptz,
      outcome text,
      left_at timestamptz,
      wait_ms bigint,
      is_in_target boolean,
      is_short boolean,
      agent_id text,
      team_id text,
      replied_at timestamptz,
      handled_at timestamptz,
      is_transferred boolean,
      talk_ms bigint,
      hold_ms bigint,
      wrap_up_ms bigint not null default 0,
      primary key (queued_at, contact_id, ordinal)
    ) partition by range (queued_at);
    create index stays_contact on stays (contact_id);
    create index stays_queue on stays (queue_id, queued_at);
    create index stays_left on stays (queue_id, left_at) include (outcome, is_in_target, is_short);
    create index stays_agent on stays (agent_id, handled_at);
    create index stays_handled on stays (queue_id, handled_at);
    create index stays_waiting on stays (queued_at) where outcome is null;
    create index stays_long on stays (left_at) where wait_ms >= 86400000;

    create table queue_slots (
      slot timestamptz not null,
      attribution text not null check (attribution in ('event', 'arrival')),
      queue_id text not null,
      channel text not null,
      number_id text not null,
      trunk_id text not null,
      branch text not null,
      ${slotColumns(slotCounts)},
      ready_ms bigint not null default 0,
      longest_wait_ms bigint not null default 0,
      primary key (slot, attribution, queue_id, channel, number_id, trunk_id, branch)
    ) partition by range (slot);
    create index queue_slots_queue on queue_slots (queue_id, attribution, slot);

    create table agent_slots (
      slot timestamptz not null,
      agent_id text not null,
      team_id text not null,
      queue_id text not null,
      channel text not null,
      ${slotColumns([...slotCounts, ...times])},
      primary key (slot, agent_id, team_id, queue_id, channel)
    ) partition by range (slot);

    create table kpi_definitions (
      version integer not null,
      effective_from timestamptz not null,
      doc jsonb not null,
      primary key (version, effective_from)
    );

    create table figure_state (
      seq bigint primary key,
      state jsonb not null
    );
    create table figure_statements (
      day_from timestamptz primary key,
      day_to timestamptz not null,
      made_at timestamptz not null,
      seq bigint not null,
      compared integer not null,
      differences jsonb not null
    );
    insert into projector_checkpoint (name, seq) values ('figures', 0);`,
  down: `
    delete from projector_checkpoint where name = 'figures';
    drop table figure_statements;
    drop table figure_state;
    drop table kpi_definitions;
    drop table agent_slots;
    drop table queue_slots;
    drop table stays;`,
};
