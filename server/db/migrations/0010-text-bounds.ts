/**
 * What the text tables are asked on their hot paths, and what is swept: a message by the id that its channel gave it,
 * whatever its endpoint (the thread of a mail's reply, the news of a delivery); the files of a content that may be
 * forgotten (the foreign key asks that for each); chats in which nothing was ever written.
 */
export const textBoundsMigration = {
  name: '0010-text-bounds',
  up: `
    create index external_ids_of_channel on external_ids (channel_id, external_id);
    create index files_content on files (sha256);
    create index chat_sessions_silent on chat_sessions (created_at) where thread_id is null;`,
  down: `
    drop index chat_sessions_silent;
    drop index files_content;
    drop index external_ids_of_channel;`,
};
