/** Rows of the text tables, and what the desk makes of them. SQL of the repositories beside; nothing is decided here. */
import { QueryTypes } from 'sequelize';
import type { Sequelize, Transaction } from 'sequelize';
import type { TextWork } from '../../app/text/channel.ts';
import type { OpenText } from '../../app/text/ports.ts';
import { previewOf } from '../../app/text/open-texts.ts';
import type { AttachmentView, DeliveryState, MessageView } from '../../contract/desk.ts';
import { isPicture } from '../../lib/picture-kind.ts';
import { optional } from './optional.ts';

export const instant = (place: string): string => `to_timestamp(${place}::bigint / 1000.0)`;
export const msOf = (column: string): string => `round(extract(epoch from ${column}) * 1000)::bigint`;

export type Select = <T extends object>(sql: string, bind?: unknown[]) => Promise<T[]>;

/** Statements with bound values only, within the transaction if there is one. */
export const selectIn =
  (sequelize: Sequelize, transaction?: Transaction): Select =>
  <T extends object>(sql: string, bind: unknown[] = []) =>
    sequelize.query<T>(sql, { bind, type: QueryTypes.SELECT, ...(transaction && { transaction }) });

export interface MessageRow {
  message_id: string;
  thread_id: string;
  contact_id: string;
  seq: number;
  at_ms: string;
  author: 'customer' | 'agent' | 'system';
  agent_id: string | null;
  is_note: boolean;
  kind: MessageView['kind'];
  text: string;
  quoted: string | null;
  has_html: boolean;
  subject: string | null;
  pii_from: string | null;
  pii_from_name: string | null;
  delivery: DeliveryState;
  fault: string | null;
  is_id_reused: boolean;
  client_id: string | null;
  attachments: FileFacts[] | null;
}

interface FileFacts {
  id: string;
  name: string;
  mime: string;
  bytes: number;
  refused: AttachmentView['refused'] | null;
}

/** Everything of a message but its HTML, which may be large and is asked for by itself. */
export const messageColumns = `m.message_id, m.thread_id, m.contact_id, m.seq, ${msOf('m.at')} as at_ms, m.author,
  m.agent_id, m.is_note, m.kind, m.text, m.quoted, m.html is not null as has_html, m.subject, m.pii_from,
  m.pii_from_name, m.delivery, m.fault, m.is_id_reused, m.client_id,
  (select json_agg(json_build_object('id', f.attachment_id, 'name', f.name, 'mime', f.mime, 'bytes', f.bytes,
     'refused', f.refused) order by f.attachment_id)
   from files f where f.message_id = m.message_id and not (f.is_inline and f.content_id is not null and m.html is not null)
  ) as attachments`;

export const attachmentView = ({ id, name, mime, bytes, refused }: FileFacts): AttachmentView => ({
  attachmentId: id,
  name,
  mime,
  bytes,
  isPicture: refused === null && isPicture(mime),
  ...optional({ refused }),
});

export const messageView = (row: MessageRow): MessageView => ({
  messageId: row.message_id,
  contactId: row.contact_id,
  seq: row.seq,
  at: Number(row.at_ms),
  author: row.author,
  isNote: row.is_note,
  text: row.text,
  hasHtml: row.has_html,
  kind: row.kind,
  delivery: row.delivery,
  attachments: (row.attachments ?? []).map(attachmentView),
  ...optional({
    agentId: row.agent_id,
    clientId: row.client_id,
    quoted: row.quoted,
    subject: row.subject,
    fault: row.fault,
  }),
  ...(row.is_id_reused && { isIdReused: true }),
  ...(row.pii_from !== null && {
    from: { address: row.pii_from, ...optional({ name: row.pii_from_name }) },
  }),
});

export interface OpenRow {
  contact_id: string;
  thread_id: string;
  channel_id: string;
  endpoint_id: string;
  via: string;
  queue_id: string;
  work: TextWork;
  language: string;
  created_ms: string;
  pii_address: string;
  pii_name: string | null;
  subject: string | null;
  last_agent_id: string | null;
  last_agent_ms: string | null;
  customer_seqs: number[] | null;
  last_text: string | null;
  reads: Record<string, number> | null;
}

/** A contact in which nothing was written yet is about an answer that failed: that is shown for it. */
export const openColumns = `c.contact_id, c.thread_id, t.channel_id, t.endpoint_id, c.via, c.queue_id, c.work, t.language,
  ${msOf('c.created_at')} as created_ms, t.pii_address, t.pii_name, t.subject, t.last_agent_id,
  ${msOf('t.last_agent_at')} as last_agent_ms,
  (select array_agg(m.seq order by m.seq) from messages m
    where m.contact_id = c.contact_id and m.author = 'customer') as customer_seqs,
  coalesce((select left(m.text, 400) from messages m
    where m.contact_id = c.contact_id and not m.is_note and m.author <> 'system' order by m.seq desc limit 1),
  (select left(m.text, 400) from messages m
    where m.thread_id = c.thread_id and m.delivery = 'failed' order by m.seq desc limit 1)) as last_text,
  (select json_object_agg(r.agent_id, r.seq) from reads r where r.contact_id = c.contact_id) as reads`;

export const openText = (row: OpenRow): OpenText => ({
  contactId: row.contact_id,
  threadId: row.thread_id,
  channelId: row.channel_id,
  endpointId: row.endpoint_id,
  via: row.via,
  queueId: row.queue_id,
  work: row.work,
  language: row.language,
  createdAt: Number(row.created_ms),
  customer: { address: row.pii_address, ...optional({ name: row.pii_name }) },
  customerSeqs: row.customer_seqs ?? [],
  reads: row.reads ?? {},
  ...optional({
    subject: row.subject,
    lastAgentId: row.last_agent_id,
    lastAgentAt: row.last_agent_ms === null ? null : Number(row.last_agent_ms),
    preview: row.last_text === null ? null : previewOf(row.last_text),
  }),
});
