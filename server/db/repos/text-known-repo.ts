/**
 * Whether a message that a channel brings is here already: by the id that the other side gave it, and where that is made by
 * senders, by what they wrote as well (mails: some programs give the same Message-ID twice). Within a transaction.
 */
import type { IncomingMessage } from '../../app/text/channel.ts';
import type { Select } from './text-rows.ts';

/** Its id, or where another message has that one, the id and the digest of its own content. */
export interface Named extends IncomingMessage {
  readonly key: string;
  readonly isIdReused: boolean;
}

export async function keptOrNamed(
  select: Select,
  incoming: IncomingMessage,
): Promise<{ kept: string } | { named: Named }> {
  const { externalId, contentKey, clues } = incoming;
  const known = await keptAs(select, incoming, externalId);
  if (!known) return { named: { ...incoming, key: externalId, isIdReused: false } };
  const isOther = contentKey !== undefined && known.contentKey !== null && known.contentKey !== contentKey;
  if (!isOther) return { kept: known.messageId };
  // No id of a mail has a blank in it.
  const key = `${externalId} ${contentKey}`;
  const again = await keptAs(select, incoming, key);
  if (again) return { kept: again.messageId };
  const answers = [...(clues.answers ?? []), externalId];
  return { named: { ...incoming, key, isIdReused: true, clues: { ...clues, answers } } };
}

/** Asks also that the transaction be on the disk when it is committed: a statement less for every message. */
async function keptAs(
  select: Select,
  { channelId, endpointId }: IncomingMessage,
  key: string,
): Promise<{ messageId: string; contentKey: string | null } | undefined> {
  const [row] = await select<{ message_id: string | null; content_key: string | null }>(
    `select set_config('synchronous_commit', 'on', true), e.message_id, e.content_key
     from (values (1)) as one left join external_ids e on e.channel_id = $1 and e.endpoint_id = $2 and e.external_id = $3`,
    [channelId, endpointId, key],
  );
  return row?.message_id == null ? undefined : { messageId: row.message_id, contentKey: row.content_key };
}
