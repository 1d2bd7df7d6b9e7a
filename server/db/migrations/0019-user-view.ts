/** What a supervisor or viewer is limited to: `{"teams": [...], "queues": [...]}`, ids of the site; null: the whole site. */
export const userViewMigration = {
  name: '0019-user-view',
  up: `
    alter table users add column view jsonb;
    alter table users add constraint users_view_role check (view is null or role in ('supervisor', 'viewer'));`,
  down: `
    alter table users drop constraint users_view_role;
    alter table users drop column view;`,
};
