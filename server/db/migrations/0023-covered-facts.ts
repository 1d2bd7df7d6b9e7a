/**
 * What is told of a queue or an agent over a month is read from one index each, without the rows: those of a month are all over
 * its table, and a disk that has to find them takes a second for it. Of the whole site a few pages say which rows may matter.
 * A level of service whose target is more than a day away is as rare as a stay of that length. Those were found by their wait (0018),
 * which is none where a contact is sent on while it rings.
 */
const facts =
  'outcome, service_level_at, left_at, replied_at, handled_at, is_in_target, is_short, is_transferred';

export const coveredFactsMigration = {
  name: '0023-covered-facts',
  up: `
    drop index stays_queue;
    drop index stays_left;
    drop index stays_handled;
    drop index stays_agent;
    drop index stays_long;
    create index stays_queue on stays (queue_id, queued_at) include (channel, ${facts});
    create index stays_agent on stays (agent_id, queued_at) include (${facts});
    create index stays_facts on stays using brin (service_level_at, left_at, replied_at, handled_at)
      with (pages_per_range = 16);
    create index stays_late_left on stays (left_at) where left_at - queued_at >= interval '1 day';
    create index stays_late_target on stays (service_level_at) where service_level_at - queued_at >= interval '1 day';
  `,
  down: `
    drop index stays_late_target;
    drop index stays_late_left;
    drop index stays_facts;
    drop index stays_agent;
    drop index stays_queue;
    create index stays_queue on stays (queue_id, queued_at);
    create index stays_left on stays (queue_id, left_at) include (outcome, is_in_target, is_short);
    create index stays_agent on stays (agent_id, handled_at);
    create index stays_handled on stays (queue_id, handled_at);
    create index stays_long on stays (left_at) where wait_ms >= 86400000;`,
};
