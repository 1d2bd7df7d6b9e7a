/** The whole event log, how far history has followed it, and the mirrored snapshots of the live state. */
export const eventLogMigration = {
  name: '0001-event-log',
  up: `
    create table events (
      seq bigint primary key,
      id text not null,
      type text not null,
      at timestamptz not null,
      v smallint not null,
      contact_id text,
      agent_id text,
      queue_id text,
      data jsonb not null,
      pii_data jsonb
    );
    comment on column events.pii_data is 'what the event says about a customer; may be erased without harm to any figure';
    create index events_at on events using brin (at);
    create index events_contact on events (contact_id, seq) where contact_id is not null;

    create table projector_checkpoint (
      name text primary key,
      seq bigint not null,
      updated_at timestamptz not null default now()
    );
    insert into projector_checkpoint (name, seq) values ('history', 0);

    create table snapshots (
      generation text primary key check (generation in ('a', 'b')),
      seq bigint not null,
      body text not null,
      checksum text not null,
      saved_at timestamptz not null default now()
    );`,
  down: `
    drop table snapshots;
    drop table projector_checkpoint;
    drop table events;`,
};
