/** Chat sessions of the widget. The token is kept as its digest: a copy of the database opens no chat. */
export const chatMigration = {
  name: '0009-chat',
  up: `
    create table chat_sessions (
      session_id text primary key,
      token_hash text not null unique,
      widget_id text not null,
      thread_id text references threads,
      language text not null,
      pii_name text,
      pii_email text,
      topic text,
      consent jsonb,
      page text,
      pii_address text not null,
      created_at timestamptz not null,
      ended_at timestamptz,
      ended_by text
    );
    create index chat_sessions_thread on chat_sessions (thread_id);`,
  down: 'drop table chat_sessions;',
};
