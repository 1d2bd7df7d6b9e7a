/** Every version of the site that was ever in force, and settings that are no part of it. */
export const siteMigration = {
  name: '0003-site',
  up: `
    create table site_versions (
      version integer primary key,
      yaml text not null,
      model jsonb not null,
      imported_at timestamptz not null default now(),
      imported_by text not null
    );
    create table settings (
      key text primary key,
      value jsonb not null,
      updated_at timestamptz not null default now()
    );`,
  down: `
    drop table settings;
    drop table site_versions;`,
};
