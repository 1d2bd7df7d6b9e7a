/**
 * What customers write and agents answer. Content is kept here and nowhere else: the event log knows contacts, not what was
 * said. `threads`: one conversation with one customer by one endpoint; `text_contacts`: which contact of the log belongs to
 * which thread, written before the contact enters the log, so that nothing kept is ever without a contact; `messages`: in
 * order within a thread; `files`: by digest, the content beside (design §2: committed before it is acknowledged).
 */
export const textMigration = {
  name: '0007-text',
  up: `
    alter table users add column agent_id text;
    create unique index users_agent on users (agent_id) where agent_id is not null;

    create table threads (
      thread_id text primary key,
      channel_id text not null,
      endpoint_id text not null,
      pii_address text not null,
      pii_name text,
      subject text,
      language text not null,
      created_at timestamptz not null,
      next_seq integer not null default 1,
      may_be_answered boolean not null default true,
      last_agent_id text,
      last_agent_at timestamptz
    );
    create index threads_customer on threads (channel_id, endpoint_id, pii_address, created_at desc);

    create table text_contacts (
      contact_id text primary key,
      thread_id text not null references threads,
      queue_id text not null,
      work text not null check (work in ('chat', 'mail')),
      created_at timestamptz not null,
      via text not null,
      closed_at timestamptz,
      disposition text
    );
    create index text_contacts_thread on text_contacts (thread_id, created_at desc);
    create unique index text_contacts_open on text_contacts (thread_id) where closed_at is null;

    create table messages (
      message_id text primary key,
      thread_id text not null references threads,
      contact_id text not null references text_contacts,
      seq integer not null,
      at timestamptz not null,
      author text not null check (author in ('customer', 'agent', 'system')),
      agent_id text,
      is_note boolean not null default false,
      kind text not null default 'message',
      text text not null,
      quoted text,
      html text,
      subject text,
      pii_from text,
      pii_from_name text,
      external_id text,
      client_id text,
      extra jsonb not null default '{}',
      delivery text not null default 'none' check (delivery in ('none', 'queued', 'sent', 'delivered', 'failed')),
      fault text,
      attempts integer not null default 0,
      next_try_at timestamptz,
      unique (thread_id, seq)
    );
    create unique index messages_client on messages (thread_id, author, client_id) where client_id is not null;
    create index messages_due on messages (next_try_at) where delivery = 'queued';
    create index messages_contact on messages (contact_id, seq);

    create table external_ids (
      channel_id text not null,
      endpoint_id text not null,
      external_id text not null,
      message_id text not null references messages on delete cascade,
      primary key (channel_id, endpoint_id, external_id)
    );
    create index external_ids_message on external_ids (message_id);

    create table file_contents (
      sha256 text primary key,
      content bytea not null
    );
    create table files (
      attachment_id text primary key,
      thread_id text,
      message_id text references messages,
      owner text not null,
      name text not null,
      mime text not null,
      bytes integer not null,
      sha256 text not null references file_contents,
      refused text,
      content_id text,
      is_inline boolean not null default false,
      created_at timestamptz not null
    );
    create index files_message on files (message_id);
    create index files_loose on files (created_at) where message_id is null;

    create table reads (
      contact_id text not null references text_contacts,
      agent_id text not null,
      seq integer not null,
      primary key (contact_id, agent_id)
    );

    create table consents (
      consent_id bigserial primary key,
      thread_id text not null references threads,
      version text not null,
      text text not null,
      at timestamptz not null,
      pii_address text not null
    );`,
  down: `
    drop table consents;
    drop table reads;
    drop table files;
    drop table file_contents;
    drop table external_ids;
    drop table messages;
    drop table text_contacts;
    drop table threads;
    drop index users_agent;
    alter table users drop column agent_id;`,
};
