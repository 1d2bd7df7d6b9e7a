/** Who may sign in, which screens are enrolled, and the trail of what was done (design §7, §8). */
export const peopleMigration = {
  name: '0004-people',
  up: `
    create table users (
      id text primary key,
      username text not null unique,
      password_hash text not null,
      role text not null,
      created_at timestamptz not null default now(),
      last_sign_in_at timestamptz,
      is_disabled boolean not null default false
    );
    create table displays (
      id text primary key,
      name text not null default '',
      code_hash text,
      token_hash text,
      state text not null check (state in ('pending', 'approved', 'revoked')),
      created_at timestamptz not null default now(),
      approved_at timestamptz,
      approved_by text,
      revoked_at timestamptz,
      last_seen_at timestamptz,
      language text,
      user_agent text
    );
    create unique index displays_token on displays (token_hash) where token_hash is not null;
    create index displays_code on displays (code_hash) where state = 'pending';
    create table audit (
      seq bigserial primary key,
      at timestamptz not null,
      actor text not null,
      action text not null,
      target text not null default '',
      details jsonb not null default '{}',
      prev_hash text not null,
      hash text not null
    );`,
  down: `
    drop table audit;
    drop table displays;
    drop table users;`,
};
