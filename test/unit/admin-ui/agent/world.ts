/** Small desks, contacts and messages for the tests of the agent's page. */
import type { DeskContact, DeskView, MessageView, ThreadView } from '../../../../server/contract/desk.ts';
import type { Pending } from '../../../../admin-ui/agent/desk-state.ts';

export const contactOf = (contactId: string, more: Partial<DeskContact> = {}): DeskContact => ({
  contactId,
  channel: 'chat',
  queueId: 'q',
  queueName: 'Queue',
  since: 0,
  arrivedAt: 0,
  isHeld: false,
  customer: {},
  language: 'en',
  unread: 0,
  ...more,
});

export const deskOf = (mine: DeskContact[], offers: DeskContact[] = []): DeskView => ({
  agentId: 'a1',
  name: 'Ada',
  state: 'ready',
  since: 0,
  reasons: [],
  offers,
  mine,
  queues: [],
  capacity: { voice: 1, chat: 3, mail: 5 },
  dispositions: [],
});

export const messageOf = (seq: number, more: Partial<MessageView> = {}): MessageView => ({
  messageId: `m${seq}`,
  contactId: 'c1',
  seq,
  at: seq,
  author: 'customer',
  isNote: false,
  text: `text ${seq}`,
  hasHtml: false,
  kind: 'message',
  delivery: 'none',
  attachments: [],
  ...more,
});

export const threadOf = (messages: MessageView[], contactId = 'c1'): ThreadView => ({
  contact: contactOf(contactId),
  threadId: 't1',
  may: { reply: true, attach: true, html: false },
  attachmentLimits: { maxBytes: 1000, maxCount: 3 },
  messages,
  isCut: false,
});

export const pendingOf = (clientId: string, more: Partial<Pending> = {}): Pending => ({
  clientId,
  contactId: 'c1',
  text: 'hello',
  isNote: false,
  attachments: [],
  at: 0,
  state: 'sending',
  ...more,
});
