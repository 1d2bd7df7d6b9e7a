/**
 * Of a whole site, numbers of contacts are told without looking at all of them: those that were lost or sent on are few among
 * many, and so are those that were answered more than a day after they came (0018 and 0020 have the same of waits and handling).
 */
export const lostStaysMigration = {
  name: '0022-lost-stays',
  up: `
    create index stays_lost on stays (left_at) include (queued_at, outcome, is_in_target, is_short)
      where outcome <> 'answered';
    create index stays_replied_late on stays (replied_at) where replied_at - queued_at >= interval '1 day';
  `,
  down: `drop index stays_replied_late; drop index stays_lost;`,
};
