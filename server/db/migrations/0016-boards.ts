/**
 * Boards as supervisors lay them out: each a document (contract/boards.ts `Board`) whose version grows with every change, so
 * that of two who change it one is told. A display's settings name the boards it shows; null: nobody chose any.
 */
export const boardsMigration = {
  name: '0016-boards',
  up: `
    create table boards (
      board_id text primary key,
      version integer not null,
      doc jsonb not null,
      updated_at timestamptz not null,
      updated_by text not null
    );
    alter table displays add column settings jsonb;`,
  down: `
    alter table displays drop column settings;
    drop table boards;`,
};
