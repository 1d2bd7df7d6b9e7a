/** How often a contact was passed on by its agents; its talk and hold times are those of all its talks. */
export const transfersMigration = {
  name: '0006-transfers',
  up: 'alter table contacts add column transfers integer not null default 0;',
  down: 'alter table contacts drop column transfers;',
};
