/**
 * Mails as they came. The bytes are in a table of their own, so that looking for what is to be read or in quarantine touches
 * none of them; in parts of a megabyte, and not compressed, since most of a large mail is base64.
 */
export const rawMailMigration = {
  name: '0008-raw-mail',
  up: `
    create table raw_mails (
      seq bigserial primary key,
      raw_id text not null unique,
      mailbox_id text not null,
      source text not null check (source in ('smtp', 'imap')),
      source_key text not null,
      received_at timestamptz not null,
      pii_envelope_from text,
      pii_envelope_to text[] not null,
      sha256 text not null,
      bytes integer not null,
      state text not null default 'unread' check (state in ('unread', 'read', 'quarantined', 'duplicate')),
      reason text,
      message_id text,
      settled_at timestamptz
    );
    create unique index raw_mails_source on raw_mails (mailbox_id, source, source_key, sha256);
    create index raw_mails_unread on raw_mails (seq) where state = 'unread';
    create index raw_mails_quarantined on raw_mails (received_at) where state = 'quarantined';
    create index raw_mails_message on raw_mails (message_id) where message_id is not null;
    create table raw_mail_contents (
      raw_id text not null references raw_mails (raw_id) on delete cascade,
      part integer not null,
      pii_content bytea not null,
      primary key (raw_id, part)
    );
    alter table raw_mail_contents alter column pii_content set storage external;
    create table raw_mail_folders (
      mailbox_id text not null,
      folder_key text not null,
      uid bigint not null,
      primary key (mailbox_id, folder_key)
    );`,
  down: `
    drop table raw_mail_folders;
    drop table raw_mail_contents;
    drop table raw_mails;`,
};
