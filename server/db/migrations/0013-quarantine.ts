/**
 * The quarantine as people see it: sender and subject as far as known, who released a mail, and mails that were deleted, whose
 * row stays without its content so that the same delivery is not taken for a new one. `blocks`: senders from whom nothing is
 * taken, each in one normal form (app/text/sender-forms.ts), so that the same one is there once. `forgotten_at`: the thread has
 * lost what was said and who it was with, by its age (app/text/retention.ts); its row and those of its contacts stay for what
 * they count.
 */
export const quarantineMigration = {
  name: '0013-quarantine',
  up: `
    alter table raw_mails drop constraint raw_mails_state_check;
    alter table raw_mails add constraint raw_mails_state_check
      check (state in ('unread', 'read', 'quarantined', 'duplicate', 'deleted'));
    alter table raw_mails add column pii_from text;
    alter table raw_mails add column pii_from_name text;
    alter table raw_mails add column subject text;
    alter table raw_mails add column released_at timestamptz;
    alter table raw_mails add column released_by text;
    alter table raw_mails add column released_reason text;
    create index raw_mails_in_quarantine on raw_mails (seq) where state = 'quarantined';
    create index raw_mails_unsettled on raw_mails (seq)
      where state = 'quarantined' and reason not in ('loop', 'blocked');

    create table blocks (
      seq bigserial primary key,
      block_id text not null unique,
      kind text not null check (kind in ('mail-address', 'mail-domain', 'network', 'phone')),
      pii_value text not null,
      reason text not null,
      created_by text not null,
      created_at timestamptz not null,
      ends_at timestamptz,
      unique (kind, pii_value)
    );

    alter table threads add column forgotten_at timestamptz;
    create index threads_kept on threads (created_at) where forgotten_at is null;
    create index raw_mails_kept on raw_mails (received_at) where state in ('read', 'duplicate', 'quarantined');`,
  down: `
    drop index raw_mails_kept;
    drop index threads_kept;
    alter table threads drop column forgotten_at;
    drop table blocks;
    drop index raw_mails_unsettled;
    drop index raw_mails_in_quarantine;
    alter table raw_mails drop column released_reason;
    alter table raw_mails drop column released_by;
    alter table raw_mails drop column released_at;
    alter table raw_mails drop column subject;
    alter table raw_mails drop column pii_from_name;
    alter table raw_mails drop column pii_from;
    delete from raw_mails where state = 'deleted';
    alter table raw_mails drop constraint raw_mails_state_check;
    alter table raw_mails add constraint raw_mails_state_check
      check (state in ('unread', 'read', 'quarantined', 'duplicate'));`,
};
