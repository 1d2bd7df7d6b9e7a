/** The time to the first answer as it was counted, in business hours: no longer the distance of two instants. */
export const responseTimeMigration = {
  name: '0021-response-time',
  up: `
    alter table stays add column response_ms bigint;
    update stays set response_ms = round(extract(epoch from replied_at - queued_at) * 1000)::bigint
      where replied_at is not null;
  `,
  down: `alter table stays drop column response_ms;`,
};
