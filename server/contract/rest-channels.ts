/**
 * Ways in that the site in force has switched on, what leaves the building for it, and the consents that customers gave: the
 * bodies of `/api/channels` and `/api/consents`. What rest.ts says of all bodies holds: strict requests, times in ms UTC, absent
 * means none. What is off is in none of them.
 */
import { z } from 'zod';
import { pageQuerySchema } from './rest.ts';

const at = z.number().int();
const count = z.number().int().min(0);
const formats = ['json', 'csv'] as const;

// --- channels --------------------------------------------------------------------------------------

/** `connector`: a third party's, by webhooks. `callbacks`: calls that the house makes because a customer asked for one. */
export const channelKinds = [
  'number',
  'trunk',
  'mailbox',
  'widget',
  'form',
  'connector',
  'callbacks',
] as const;
export type ChannelKind = (typeof channelKinds)[number];

export const healthStates = ['up', 'degraded', 'down'] as const;
export const channelHealthViewSchema = z.object({
  state: z.enum(healthStates),
  /** Of `degraded` and `down`. */
  since: at.optional(),
  /** For the bank's IT; names no customer. */
  detail: z.string().optional(),
});
export type ChannelHealthView = z.infer<typeof channelHealthViewSchema>;

/** A channel without a contact for so long is unused. */
export const unusedAfterDays = 30;

/** `GET /api/channels?show&format` -> ChannelList, in the order of the site file; `format=csv`: the same as a file. */
export const channelQuerySchema = z.strictObject({
  show: z.enum(['all', 'unused']).default('all'),
  format: z.enum(formats).default('json'),
});
export type ChannelQuery = z.infer<typeof channelQuerySchema>;
export const channelRowSchema = z.object({
  kind: z.enum(channelKinds),
  /** Of the site file; a number as it is dialled, for `callbacks` the trunk. One of its kind. */
  id: z.string(),
  name: z.string().optional(),
  /** Where its contacts wait: first the usual one, then those of topics. Empty: others say it. */
  queueIds: z.array(z.string()),
  /** Absent where there is nothing to tell: calls, and what is still being opened. */
  health: channelHealthViewSchema.optional(),
  /** Contacts of the last 7 and of the last `unusedAfterDays` days. Of a trunk: calls in and out; of `callbacks`: calls made. */
  contacts7d: count,
  contacts30d: count,
  /** When the last one came, ever. */
  lastAt: at.optional(),
  isUnused: z.boolean(),
});
export type ChannelRow = z.infer<typeof channelRowSchema>;
export const channelListSchema = z.object({ countedAt: at, items: z.array(channelRowSchema) });
export type ChannelList = z.infer<typeof channelListSchema>;

// --- what leaves the building ----------------------------------------------------------------------

export const egressPurposes = [
  'mail-relay',
  'mailbox',
  'relay-token',
  'mailbox-token',
  'connector',
  'virus-scanner',
  'trunk',
  'alerts',
  'siem',
  'postgres',
  'redis',
] as const;
export type EgressPurpose = (typeof egressPurposes)[number];
export const egressProtocols = [
  'smtp',
  'smtp-starttls',
  'smtp-tls',
  'imap',
  'imap-starttls',
  'imap-tls',
  'http',
  'https',
  'clamd',
  'sip-udp',
  'sip-tcp',
  'syslog-tls',
  'syslog-tcp',
  'syslog-udp',
  'postgres',
  'postgres-tls',
  'redis',
  'redis-tls',
] as const;
export type EgressProtocol = (typeof egressProtocols)[number];

/** `GET /api/channels/egress` -> EgressList: connections that the site, or the bank's own stores, have us open to others. Empty: nothing leaves the building. */
export const egressRowSchema = z.object({
  /** A name or an address, an IPv6 address without brackets. */
  host: z.string(),
  port: z.number().int(),
  protocol: z.enum(egressProtocols),
  purpose: z.enum(egressPurposes),
  /** Mailboxes, connectors or trunks by id, rules of alerts by name; empty where there is one only. */
  usedBy: z.array(z.string()),
});
export type EgressRow = z.infer<typeof egressRowSchema>;
export const egressListSchema = z.object({ items: z.array(egressRowSchema) });
export type EgressList = z.infer<typeof egressListSchema>;

// --- consents --------------------------------------------------------------------------------------

const instant = z.coerce.number().int().min(0).max(4_102_444_800_000);

/**
 * `GET /api/consents?from&to&format` -> ConsentPage, newest first; `from` is in the range, `to` is not. `format=csv`: all of the
 * range as one file, whatever `limit` says. Each answer is in the audit trail before its first byte.
 */
export const consentQuerySchema = pageQuerySchema
  .extend({
    cursor: z
      .string()
      .regex(/^\d{1,14}\.\d{1,15}$/, 'not a cursor of ours')
      .optional(),
    from: instant.optional(),
    to: instant.optional(),
    format: z.enum(formats).default('json'),
  })
  .refine(
    ({ from, to }) => from === undefined || to === undefined || from < to,
    'the range ends before it begins',
  );
export type ConsentQuery = z.infer<typeof consentQuerySchema>;
export const consentRowSchema = z.object({
  threadId: z.string(),
  /** Where it was given: `chat:WIDGET` or `form:FORM`. */
  via: z.string(),
  /** As the channel knows the customer: a mail address, a number, or what stands for a chat. */
  customer: z.object({ address: z.string(), name: z.string().optional() }),
  version: z.string(),
  /** Of `text` in UTF-8, hex. */
  textSha256: z.string(),
  /** As it was shown. */
  text: z.string(),
  at,
  networkAddress: z.string(),
});
export type ConsentRow = z.infer<typeof consentRowSchema>;
export const consentPageSchema = z.object({
  items: z.array(consentRowSchema),
  nextCursor: z.string().optional(),
});
export type ConsentPage = z.infer<typeof consentPageSchema>;
