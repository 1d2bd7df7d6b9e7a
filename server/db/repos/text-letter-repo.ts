/** A letter of the house: a thread whose one contact is closed already, and whose one message waits to be sent. */
import type { Sequelize } from 'sequelize';
import type { Letter, TextStorePort } from '../../app/text/ports.ts';
import { instant, selectIn } from './text-rows.ts';

export function createLetters(
  sequelize: Sequelize,
  newId: (noun: string) => string,
): Pick<TextStorePort, 'post'> {
  return {
    async post({ channelId, endpointId, queueId, to, language, subject, text, at }: Letter) {
      const [threadId, contactId, messageId] = [newId('t'), newId('c'), newId('m')];
      await sequelize.transaction(async (transaction) => {
        const within = selectIn(sequelize, transaction);
        await within('set local synchronous_commit = on');
        await within(
          `insert into threads (thread_id, channel_id, endpoint_id, pii_address, pii_name, subject, language, created_at, next_seq)
           values ($1, $2, $3, $4, $5, $6, $7, ${instant('$8')}, 2)`,
          [threadId, channelId, endpointId, to.address, to.name ?? null, subject, language, at],
        );
        await within(
          `insert into text_contacts (contact_id, thread_id, queue_id, work, created_at, closed_at, via)
           values ($1, $2, $3, 'mail', ${instant('$4')}, ${instant('$4')}, $5)`,
          [contactId, threadId, queueId, at, `${channelId}:${endpointId}`],
        );
        await within(
          `insert into messages (message_id, thread_id, contact_id, seq, at, author, text, delivery, next_try_at)
           values ($1, $2, $3, 1, ${instant('$4')}, 'system', $5, 'queued', ${instant('$4')})`,
          [messageId, threadId, contactId, at, text],
        );
      });
    },
  };
}
