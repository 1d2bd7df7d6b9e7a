/**
 * Answers that failed, and mails under an id that was used before. `failed_at`: when that was heard, so that a start can tell
 * whether the contact had ended by then and nobody has seen it. `content_key`: digest of what the sender wrote, where the
 * channel's id alone does not make two messages one; `is_id_reused`: shown with the message.
 */
export const textUndeliveredMigration = {
  name: '0012-text-undelivered',
  up: `
    alter table messages add column failed_at timestamptz;
    alter table messages add column is_id_reused boolean not null default false;
    alter table external_ids add column content_key text;`,
  down: `
    alter table external_ids drop column content_key;
    alter table messages drop column is_id_reused;
    alter table messages drop column failed_at;`,
};
