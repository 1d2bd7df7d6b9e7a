/** Attached files: what they are called by attachment, the content once by digest. Written before they are told of. */
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
      await sequelize.transaction(async (transaction) => {
        const within = selectIn(sequelize, transaction);
        await within('set local synchronous_commit = on');
        await within('insert into file_contents (sha256, content) values ($1, $2) on conflict do nothing', [
          file.sha256,
          Buffer.from(content.buffer, content.byteOffset, content.byteLength),
        ]);
        await within(
          `insert into files (attachment_id, owner, name, mime, bytes, sha256, refused, content_id, is_inline, created_at)
           values ($1, $2, $3, $4, $5, $6, $7, $8, $9, ${instant('$10')})`,
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
          ],
        );
      });
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
      const [row] = await select<FileRow & { thread_id: string | null; owner: string }>(
        `${fileSql} where attachment_id = $1`,
        [attachmentId],
      );
      return row && { ...storedFile(row), owner: row.owner, ...optional({ threadId: row.thread_id }) };
    },
  };
}
