/** What reports ask: one row a contact, an offer, a stretch of an agent's state, a recording. */
export const historyMigration = {
  name: '0002-history',
  up: `
    create table contacts (
      contact_id text primary key,
      first_seq bigint not null,
      channel text,
      number_id text,
      queue_id text,
      language text,
      trunk_id text,
      phone_id text,
      pii_from text,
      pii_from_name text,
      arrived_at timestamptz,
      queued_at timestamptz,
      answered_at timestamptz,
      ended_at timestamptz,
      wait_ms bigint,
      talk_ms bigint,
      hold_ms bigint,
      agent_id text,
      is_in_target boolean,
      is_short_abandon boolean,
      flow_out_reason text,
      outcome text,
      ended_by text,
      reason text,
      offers integer not null default 0,
      rona integer not null default 0
    );
    create index contacts_newest on contacts (first_seq desc);
    create index contacts_queue on contacts (queue_id, queued_at);
    create index contacts_arrived on contacts (arrived_at);

    create table segments (
      offer_id text primary key,
      contact_id text,
      agent_id text,
      queue_id text,
      phone_id text,
      attempt integer,
      offered_at timestamptz,
      alerted_at timestamptz,
      answered_at timestamptz,
      ended_at timestamptz,
      ring_ms bigint,
      result text
    );
    create index segments_contact on segments (contact_id);
    create index segments_agent on segments (agent_id, offered_at);

    create table agent_intervals (
      from_seq bigint primary key,
      agent_id text not null,
      state text not null,
      reason text,
      is_system_reason boolean,
      phone_id text,
      contact_id text,
      from_at timestamptz not null,
      to_at timestamptz
    );
    create index agent_intervals_agent on agent_intervals (agent_id, from_at);
    create unique index agent_intervals_open on agent_intervals (agent_id) where to_at is null;

    create table recordings (
      recording_id text primary key,
      first_seq bigint not null,
      contact_id text,
      agent_id text,
      queue_id text,
      offer_id text,
      file text,
      bytes bigint,
      duration_ms bigint,
      sha256 text,
      started_at timestamptz,
      ended_at timestamptz,
      state text not null check (state in ('started', 'completed', 'failed')),
      failure text
    );
    create index recordings_newest on recordings (first_seq desc);
    create index recordings_contact on recordings (contact_id);`,
  down: `
    drop table recordings;
    drop table agent_intervals;
    drop table segments;
    drop table contacts;`,
};
