/**
 * Attached files: what they are called by attachment, the content once by digest. Written before they are told of, in one
 * statement, which is its own transaction and asks to be on the disk when that is committed; what was never sent along is forgotten after a while. Race stopped: a content that is forgotten while somebody brings it
 * again (its row is locked by whoever comes; the other then finds it in use, or the foreign key says no).
 */
import type { Sequelize } from 'sequelize';
import type { FileStorePort } from '../../app/text/ports.ts';
import { optional } from './optional.ts';
import { fileSql, type FileRow, storedFile } from './text-own-repo.ts';
import { instant, selectIn } from './text-rows.ts';

export function createFileRepo(sequelize: Sequelize, newId: (noun: string) => string): FileStorePort {
  const select = selectIn(sequelize);
  return {
    async keep({ content, owner, at, ...file }) {
      const attachmentId = newId('file');
      await select(
        `with content as (
           insert into file_contents (sha256, content) values ($6, $11::bytea)
           on conflict (sha256) do update set sha256 = excluded.sha256 returning sha256),
         file as (
           insert into files (attachment_id, owner, name, mime, bytes, sha256, refused, content_id, is_inline, created_at)
           select $1, $2, $3, $4, $5::int, content.sha256, $7, $8, $9::boolean, ${instant('$10')} from content)
         select set_config('synchronous_commit', 'on', true)`,
        [
          attachmentId,
          owner,
          file.name,
          file.mime,
          file.bytes,
          file.sha256,
          file.refused ?? null,
          file.contentId ?? null,
          file.isInline ?? false,
          at,
          Buffer.from(content.buffer, content.byteOffset, content.byteLength),
        ],
      );
      return { ...file, attachmentId };
    },
    async content(sha256) {
      const [row] = await select<{ content: Buffer }>('select content from file_contents where sha256 = $1', [
        sha256,
      ]);
      return row?.content;
    },
    async ofMessage(messageId) {
      const rows = await select<FileRow>(`${fileSql} where message_id = $1 order by attachment_id`, [
        messageId,
      ]);
      return rows.map(storedFile);
    },
    async byId(attachmentId) {
      const [row] = await select<FileRow & { thread_id: string | null; owner: string; is_internal: boolean }>(
        `${fileSql} where attachment_id = $1`,
        [attachmentId],
      );
      return (
        row && {
          ...storedFile(row),
          owner: row.owner,
          isInternal: row.is_internal,
          ...optional({ threadId: row.thread_id }),
        }
      );
    },
    dropLoose: (before) =>
      sequelize.transaction(async (transaction) => {
        const within = selectIn(sequelize, transaction);
        const gone = await within<{ sha256: string }>(
          `delete from files where attachment_id in (select attachment_id from files
             where message_id is null and created_at < ${instant('$1')} limit ${looseAtOnce}) and message_id is null returning sha256`,
          [before],
        );
        if (gone.length > 0)
          await within(
            `delete from file_contents c where c.sha256 = any($1)
               and not exists (select 1 from files f where f.sha256 = c.sha256)`,
            [gone.map(({ sha256 }) => sha256)],
          );
        return gone.length;
      }),
  };
}

/** One sweep forgets so many at most. */
const looseAtOnce = 1000;
