/**
 * What the customer's side exchanges with the server: the chat widget and the forms. Strangers on the internet speak this,
 * so every field is bounded, and nothing of the house but what is meant for customers is in it. Times are ms UTC.
 *
 * A session is begun by HTTP and lives under a secret token that the widget keeps (sessionStorage and, for reloads and
 * other tabs, localStorage). All tabs of one token see the same lines. A line is the customer's once the server has said
 * `ack` for its `clientId`; until then the widget says it again, after a reconnect too: a `clientId` counts once.
 */
import { z } from 'zod';
import { idSchema } from './rest.ts';
import { languages } from './site.ts';

const language = z.enum(languages);
export const chatTokenSchema = z.string().regex(/^[A-Za-z0-9_-]{43}$/);
export const clientIdSchema = z.string().regex(/^[A-Za-z0-9_-]{8,64}$/);
export const widgetIdSchema = z.string().regex(/^[a-z0-9][a-z0-9-]{0,39}$/);
export const maxLineLength = 4000;
const personName = z.string().trim().min(1).max(100);
const mailAddress = z.email().max(254);

export const consentSchema = z.strictObject({ version: z.string().min(1).max(40) });

/** `GET /chat/:widget/config?language=xx` -> ChatConfig; 404 where there is no such widget, or chat is off. */
export const chatConfigSchema = z.object({
  widgetId: z.string(),
  language: z.enum(languages),
  /** Shown as the head of the panel. */
  title: z.string(),
  colour: z.string(),
  theme: z.enum(['light', 'dark', 'auto']),
  isOpen: z.boolean(),
  /** Closed, or nobody there: the widget shows the form, which makes a mail contact. */
  offline: z.object({
    text: z.string(),
    hasForm: z.boolean(),
    /** The form of `/forms/:form` that is shown; absent: the widget's own id. */
    formId: z.string().optional(),
  }),
  welcome: z.string().optional(),
  /** What is asked before the chat begins; without what it must, none does. */
  asks: z.object({ name: z.enum(['no', 'may', 'must']), email: z.enum(['no', 'may', 'must']) }),
  topics: z.array(z.object({ id: z.string(), name: z.string() })),
  /** To be agreed to before anything is sent; kept with version, time and address. */
  consent: z.object({ version: z.string(), text: z.string() }).optional(),
  attachments: z.object({ maxBytes: z.number().int(), types: z.array(z.string()) }).optional(),
  hasTranscript: z.boolean(),
});
export type ChatConfig = z.infer<typeof chatConfigSchema>;

/**
 * `POST /chat/:widget/sessions` -> 201 ChatStarted; 400 `bad-request` with details.field (`name`, `email`) where the widget's
 * `asks` has `must`; 409 `conflict` with details.reason `closed`, 422 `consent-needed`, 429 `too-many-tries`.
 */
export const startChatSchema = z.strictObject({
  language,
  name: personName.optional(),
  email: mailAddress.optional(),
  topic: z.string().max(40).optional(),
  consent: consentSchema.optional(),
  /** The page it was opened on, without its query. */
  page: z.string().max(500).optional(),
});
export type StartChat = z.infer<typeof startChatSchema>;
export interface ChatStarted {
  token: string;
  sessionId: string;
}

export interface ChatAttachment {
  attachmentId: string;
  name: string;
  mime: string;
  bytes: number;
  isPicture: boolean;
  /** With the token in it, good for this session only. */
  url: string;
}
export interface ChatLine {
  /** 1, 2, 3 ... without a gap. */
  seq: number;
  at: number;
  from: 'customer' | 'agent' | 'system';
  /** Of an agent: the name shown to customers. */
  name?: string;
  text: string;
  /** Of the customer's own lines. */
  clientId?: string;
  attachments: ChatAttachment[];
}
export type ChatState =
  /** `position`: place in the queue, 1 is next; absent where that is not told. */
  | { phase: 'waiting'; position?: number; estimateMs?: number }
  | { phase: 'talking'; agentName?: string }
  /** Over: nothing more is taken. `by`: who ended it; `idle`: for the customer's silence. */
  | { phase: 'ended'; by: 'customer' | 'agent' | 'system' | 'idle' };

/**
 * `/chat/socket`, sub-protocol `hearthline-chat`. The first frame is `hello` within 10 s; `after` is the newest line seen,
 * and the server tells what came since. One frame is at most 32 kB (1009); more than 20 in a second, or nonsense, closes with 1008.
 */
export const chatRequestSchema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('hello'), token: chatTokenSchema, after: z.number().int().min(0) }),
  z.strictObject({
    type: z.literal('line'),
    clientId: clientIdSchema,
    text: z.string().max(maxLineLength),
    attachmentIds: z.array(idSchema).max(5).default([]),
  }),
  z.strictObject({ type: z.literal('typing') }),
  z.strictObject({ type: z.literal('end') }),
  z.strictObject({ type: z.literal('ping'), id: z.number().int() }),
]);
export type ChatRequest = z.infer<typeof chatRequestSchema>;

export type ChatFrame =
  | { type: 'welcome'; state: ChatState; lines: ChatLine[]; serverAt: number }
  | { type: 'lines'; lines: ChatLine[] }
  /** The line is kept; it comes as a line, too. */
  | { type: 'ack'; clientId: string; seq: number }
  /** The line is refused for good: `too-long`, `empty`, `ended`, `too-many`, `attachment`. */
  | { type: 'nack'; clientId: string; reason: string }
  | { type: 'state'; state: ChatState }
  /** The agent types; good for 5 s. */
  | { type: 'typing' }
  | { type: 'pong'; id: number; serverAt: number }
  /** The token is of no use any more: begin anew. */
  | { type: 'gone' };

/**
 * `POST /chat/files?name=...`, header `Authorization: Bearer <token>`, the file as the body -> 201 ChatAttachment; it is
 * sent with a line that names it. `GET /chat/files/:id?token=...` -> the file.
 * `POST /chat/transcript` with the header -> 202: the lines so far go to the address by mail.
 */
export const transcriptRequestSchema = z.strictObject({ email: mailAddress });

/** `GET /forms/:form/config?language=xx` -> FormConfig; 404 where there is no such form. */
export const formConfigSchema = z.object({
  formId: z.string(),
  language: z.enum(languages),
  /** Shown above the form; absent: the widget's own words. */
  title: z.string().optional(),
  wants: z.array(z.enum(['mail', 'call'])).min(1),
  topics: z.array(z.object({ id: z.string(), name: z.string() })),
  /** To be agreed to before anything is sent. */
  consent: z.object({ version: z.string(), text: z.string() }).optional(),
});
export type FormConfig = z.infer<typeof formConfigSchema>;

/**
 * `POST /forms/:form` -> 202 FormTaken. The same `clientId` twice makes one request. 422 `consent-needed`,
 * 429 `too-many-tries`. `wants: call` needs a phone number and makes a callback; `wants: mail` needs an address.
 */
export const formRequestSchema = z.strictObject({
  clientId: clientIdSchema,
  language,
  wants: z.enum(['mail', 'call']),
  name: personName.optional(),
  email: mailAddress.optional(),
  phone: z
    .string()
    .regex(/^\+?[0-9 ()/.-]{5,30}$/)
    .optional(),
  topic: z.string().max(40).optional(),
  text: z.string().trim().min(1).max(maxLineLength),
  consent: consentSchema.optional(),
  page: z.string().max(500).optional(),
});
export type FormRequest = z.infer<typeof formRequestSchema>;
export interface FormTaken {
  /** To be told to the customer; it is in the subject of the answer. */
  reference: string;
}
