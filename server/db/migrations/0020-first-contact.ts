/**
 * For first contact resolution: stays are looked through by when they began, and these two small indexes tell how far back a
 * period of handlings reaches: contacts of more than a day, and those that their first queue did not handle.
 */
export const firstContactMigration = {
  name: '0020-first-contact',
  up: `
    create index stays_slow on stays (handled_at) include (queued_at) where handled_at - queued_at >= interval '1 day';
    create index stays_again on stays (handled_at) include (contact_id, queued_at) where ordinal > 1 and outcome = 'answered';`,
  down: `
    drop index stays_again;
    drop index stays_slow;`,
};
