/**
 * What an agent's page exchanges with the server. The page is told of everything that concerns its agent by one socket:
 * the whole desk at every change (it is small), and each new message of the contacts that lie on it; what it does goes by
 * HTTP. All routes need the permission `desk.use` and a user that is tied to an agent; else 403 `forbidden`,
 * details.reason `no-agent`. Times are ms UTC.
 */
import { z } from 'zod';
import { agentStates, channels } from './events.ts';
import { idSchema } from './rest.ts';

const at = z.number().int();

export const deliveryStates = ['none', 'queued', 'sent', 'delivered', 'failed'] as const;
/**
 * `none`: nothing to deliver (it came in, or is a note). `queued`: kept, to be sent or sent again. `sent`: handed to the
 * next server, or shown to the customer (chat). `delivered`: confirmed. `failed`: given up; `fault` says why.
 */
export type DeliveryState = (typeof deliveryStates)[number];

export const attachmentViewSchema = z.object({
  attachmentId: z.string(),
  name: z.string(),
  mime: z.string(),
  bytes: z.number().int(),
  /** May be shown in the page: a picture of a safe kind that the check let through. */
  isPicture: z.boolean(),
  /** Why it may not be opened: refused by the rules of type and size, or by the virus check. */
  refused: z.enum(['type', 'size', 'virus', 'unchecked']).optional(),
});
export type AttachmentView = z.infer<typeof attachmentViewSchema>;

/** Who wrote a message. `system`: what happened, for example that a bounce came. */
export const authors = ['customer', 'agent', 'system'] as const;

export const messageViewSchema = z.object({
  messageId: z.string(),
  /** What the page of its writer called it (`SendMessage.clientId`): so that it takes its own message for its own, whichever of answer and frame comes first. */
  clientId: z.string().optional(),
  contactId: z.string(),
  /** 1, 2, 3 ... within its thread. */
  seq: z.number().int(),
  at,
  author: z.enum(authors),
  /** Of an agent's message. */
  agentId: z.string().optional(),
  /** Of a message of an agent whom the site has. */
  agentName: z.string().optional(),
  /** Only agents see it. */
  isNote: z.boolean(),
  /** Plain text: of a mail what its sender wrote, the quoted part left out. */
  text: z.string(),
  /** The quoted part of a mail, folded away. */
  quoted: z.string().optional(),
  /** A mail's own HTML can be asked for: `GET /api/desk/messages/:id/html`, for a sandboxed frame. */
  hasHtml: z.boolean(),
  subject: z.string().optional(),
  from: z.object({ address: z.string(), name: z.string().optional() }).optional(),
  /** What it is, where it is no ordinary message of a person: it must not be answered by a machine. */
  kind: z.enum(['message', 'auto-reply', 'bounce', 'complaint', 'receipt']),
  delivery: z.enum(deliveryStates),
  fault: z.string().optional(),
  /** A mail under the Message-ID of an earlier one, with other content. */
  isIdReused: z.boolean().optional(),
  attachments: z.array(attachmentViewSchema),
});
export type MessageView = z.infer<typeof messageViewSchema>;

/** A contact as it lies on the desk. Names and addresses are personal data: no display and no log sees this. */
export const deskContactSchema = z.object({
  contactId: z.string(),
  channel: z.enum(channels),
  /** Where it came by: `mail:help`, `chat:web`, `form:callback`, or a connector's own id. Absent of a call. */
  via: z.string().optional(),
  queueId: z.string(),
  queueName: z.string(),
  /** Of what is offered: until when it may be accepted. */
  offerId: z.string().optional(),
  acceptUntil: at.optional(),
  /** On the desk since. */
  since: at,
  /** It came to us then: its wait in all. */
  arrivedAt: at,
  isHeld: z.boolean(),
  customer: z.object({ name: z.string().optional(), address: z.string().optional() }),
  subject: z.string().optional(),
  language: z.string(),
  /** The newest line, for a list. */
  preview: z.string().optional(),
  /** Messages of the customer that this agent has not read. */
  unread: z.number().int(),
  /** The customer is there and reads along (chat), or has gone. Absent where that means nothing. */
  isCustomerHere: z.boolean().optional(),
  isTyping: z.boolean().optional(),
});
export type DeskContact = z.infer<typeof deskContactSchema>;

export const deskViewSchema = z.object({
  agentId: z.string(),
  name: z.string(),
  state: z.enum(agentStates),
  reason: z.string().optional(),
  isSystemReason: z.boolean().optional(),
  since: at,
  until: at.optional(),
  /** Absent: signed in without one, for text only. */
  phoneId: z.string().optional(),
  pending: z
    .object({ to: z.enum(['ready', 'not-ready', 'logged-out']), reason: z.string().optional() })
    .optional(),
  /** Those that an agent may choose. */
  reasons: z.array(z.object({ id: z.string(), name: z.string() })),
  /** One at a time of each channel. */
  offers: z.array(deskContactSchema),
  mine: z.array(deskContactSchema),
  /** Of the agent's queues: how many wait, and since when the longest. */
  queues: z.array(
    z.object({ queueId: z.string(), name: z.string(), waiting: z.number().int(), oldestAt: at.optional() }),
  ),
  capacity: z.object({ voice: z.number().int(), chat: z.number().int(), mail: z.number().int() }),
  dispositions: z.array(z.object({ id: z.string(), name: z.string() })),
  /** Callers are told of maintenance until then. */
  maintenanceUntil: at.optional(),
});
export type DeskView = z.infer<typeof deskViewSchema>;

/** `GET /api/desk` -> DeskView. */

/**
 * `GET /api/desk/targets` -> DeskTargets: whom a contact may be passed on to. Asked for by who is about to do it: in each desk
 * it would go to everybody whenever anybody changes.
 */
export const deskTargetsSchema = z.object({
  queues: z.array(z.object({ queueId: z.string(), name: z.string() })),
  /** Those who are logged in, without who asks. */
  agents: z.array(z.object({ agentId: z.string(), name: z.string(), isReady: z.boolean() })),
});
export type DeskTargets = z.infer<typeof deskTargetsSchema>;

/** `POST /api/desk/log-in` -> DeskView; with a phone, which must be registered, for calls as well. 409 `conflict`. */
export const deskLogInSchema = z.strictObject({ phoneId: idSchema.optional() });

/** `POST /api/desk/state` -> DeskView; 409 `conflict` with details.reason. */
export const deskStateSchema = z.discriminatedUnion('to', [
  z.strictObject({ to: z.literal('ready') }),
  z.strictObject({ to: z.literal('not-ready'), reason: idSchema }),
  z.strictObject({ to: z.literal('logged-out') }),
  z.strictObject({ to: z.literal('end-wrap-up') }),
]);
export type DeskStateRequest = z.infer<typeof deskStateSchema>;

/**
 * `POST /api/desk/offers/:id/accept` and `/reject` -> 204; 409 `conflict`, details.reason `offer-gone`, where it is not, or no
 * longer, this agent's.
 */

/** `GET /api/desk/contacts/:id` -> ThreadView: the contact with its thread, older contacts of it included; 404 unless it is on the desk. */
export const threadViewSchema = z.object({
  contact: deskContactSchema,
  threadId: z.string(),
  /** What may be done here. */
  may: z.object({ reply: z.boolean(), attach: z.boolean(), html: z.boolean() }),
  /** Why no answer can be sent, where `may.reply` is false. */
  whyNoReply: z.enum(['no-address', 'automatic', 'customer-gone', 'channel-off', 'by-phone']).optional(),
  attachmentLimits: z.object({ maxBytes: z.number().int(), maxCount: z.number().int() }),
  /** In order; the newest `messagesAtMost`. */
  messages: z.array(messageViewSchema),
  /** There are older ones. */
  isCut: z.boolean(),
});
export type ThreadView = z.infer<typeof threadViewSchema>;
export const messagesAtMost = 500;

export const maxTextLength = 20_000;
/**
 * `POST /api/desk/contacts/:id/messages` -> 201 MessageView. `clientId`: the page's own, so that sending again after a lost
 * answer says nothing twice. A file needs no text beside it.
 */
export const sendMessageSchema = z
  .strictObject({
    clientId: z.string().regex(/^[A-Za-z0-9_-]{8,64}$/),
    text: z.string().max(maxTextLength),
    isNote: z.boolean().default(false),
    attachmentIds: z.array(idSchema).max(20).default([]),
  })
  .refine(({ text, attachmentIds }) => text !== '' || attachmentIds.length > 0, {
    path: ['text'],
    message: 'a text or a file',
  });
export type SendMessage = z.infer<typeof sendMessageSchema>;

/**
 * `POST /api/desk/contacts/:id/attachments?name=...` with the file as the body and its type as Content-Type -> 201
 * AttachmentView; 404 before anything is read unless the contact is in this agent's hand, 413 `payload-too-large`, 422
 * `attachment-refused` with details.reason.
 * `GET /api/desk/attachments/:id` -> the file; a picture may be shown, all else is sent to be saved.
 */

/** `POST /api/desk/contacts/:id/transfer` -> 204; 409 `conflict` with details.reason. The note is for whoever takes it. */
export const transferRequestSchema = z
  .strictObject({
    queueId: idSchema.optional(),
    agentId: idSchema.optional(),
    note: z.string().trim().min(1).max(maxTextLength).optional(),
  })
  .refine((to) => (to.queueId === undefined) !== (to.agentId === undefined), 'name a queue or an agent');
export type TransferRequest = z.infer<typeof transferRequestSchema>;

/** `POST /api/desk/contacts/:id/close` -> 204. */
export const closeRequestSchema = z.strictObject({
  disposition: idSchema.optional(),
  note: z.string().trim().min(1).max(maxTextLength).optional(),
});
export type CloseRequest = z.infer<typeof closeRequestSchema>;

/** `POST /api/desk/contacts/:id/read` with the newest message seen -> 204. `POST .../typing` -> 204; more than one in 2 s are not passed on. */
export const readRequestSchema = z.strictObject({ seq: z.number().int().min(0).max(2_147_483_647) });

/** `POST /api/desk/ticket` -> TicketAnswer (rest.ts) with the address `/ws/desk?ticket=...`, good once. */

/** Server to page. `beat` every 500 ms: older than 2 s, the page says that it is cut off. */
export type DeskFrame =
  | { type: 'desk'; n: number; serverAt: number; desk: DeskView }
  /** New, or changed (delivery); of a contact on the desk. */
  | { type: 'message'; n: number; serverAt: number; message: MessageView }
  | { type: 'beat'; serverAt: number }
  | { type: 'revoked' };
