/**
 * Mails that are in quarantine, and senders from whom nothing is taken: the bodies of `/api/quarantine` and `/api/blocks`. What
 * rest.ts says of all bodies holds: strict requests, times in ms UTC, absent means none.
 */
import { z } from 'zod';

const at = z.number().int();
const address = z.object({ address: z.string(), name: z.string().optional() });

/** Why a mail is kept back; what each means is in docs/mail.md. */
export const quarantineReasons = [
  'empty',
  'not-parsed',
  'too-slow',
  'too-big',
  'crashed',
  'no-sender',
  'loop',
  'no-mailbox',
  'not-taken',
  'blocked',
] as const;
export type QuarantineReason = (typeof quarantineReasons)[number];
/** They are where they belong; the others wait for somebody to look. */
export const settledReasons: readonly QuarantineReason[] = ['loop', 'blocked'];

/** `GET /api/quarantine?show&cursor&limit` -> QuarantinePage, newest first. `unsettled`: without those of `settledReasons`. */
export const quarantineShows = ['all', 'unsettled'] as const;
export type QuarantineShow = (typeof quarantineShows)[number];
export const quarantineRowSchema = z.object({
  rawId: z.string(),
  mailboxId: z.string(),
  source: z.enum(['smtp', 'imap']),
  receivedAt: at,
  reason: z.enum(quarantineReasons),
  bytes: z.number().int(),
  /** Of its header, as far as that could be read. */
  from: address.optional(),
  subject: z.string().optional(),
  /** What the relay said; '' is the null path of reports. */
  envelopeFrom: z.string().optional(),
});
export type QuarantineRow = z.infer<typeof quarantineRowSchema>;
export const quarantinePageSchema = z.object({
  items: z.array(quarantineRowSchema),
  nextCursor: z.string().optional(),
});
export type QuarantinePage = z.infer<typeof quarantinePageSchema>;

/** `GET /api/quarantine/:id` -> QuarantineMail; 404 once it is released or deleted. */
export const quarantineMailSchema = quarantineRowSchema.extend({
  envelopeTo: z.array(z.string()),
  /** Of the mail as it came, hex. */
  sha256: z.string(),
});
export type QuarantineMail = z.infer<typeof quarantineMailSchema>;

/** `GET /api/quarantine/count` -> QuarantineCount. `unsettled`: those that wait for somebody to look. */
export const quarantineCountSchema = z.object({ total: z.number().int(), unsettled: z.number().int() });
export type QuarantineCount = z.infer<typeof quarantineCountSchema>;

/**
 * `POST /api/quarantine/:id/release` with `{}` -> ReleaseAnswer; 202 with `waiting`. 409 `conflict`, details.reason
 * `already-released` (by somebody else, or by the first of two clicks) or `channel-off`.
 *
 * `taken`: agents have it as a mail. `as-file`: it still cannot be read; agents have what is known of it, with the mail as it
 * came attached. `duplicate`: agents have had that very mail already. `waiting`: it will be read, and is not yet.
 */
export const releaseAnswerSchema = z.object({
  outcome: z.enum(['taken', 'as-file', 'duplicate', 'waiting']),
  /** Of `as-file`: why it cannot be read. */
  reason: z.enum(quarantineReasons).optional(),
  contactId: z.string().optional(),
});
export type ReleaseAnswer = z.infer<typeof releaseAnswerSchema>;

// --- blocked senders -------------------------------------------------------------------------------

export const blockKinds = ['mail-address', 'mail-domain', 'network', 'phone'] as const;
export type BlockKind = (typeof blockKinds)[number];
export const blocksAtMost = 10_000;
/** Of one that ends. */
const endsWithinMs = 10 * 366 * 86_400_000;

/** `GET /api/blocks?find&cursor&limit` -> BlockPage, newest first; those that have ended are gone. */
export const blockRowSchema = z.object({
  blockId: z.string(),
  kind: z.enum(blockKinds),
  /** In its normal form: small letters, domains in ASCII, networks as CIDR, numbers in digits. */
  value: z.string(),
  reason: z.string(),
  by: z.string(),
  since: at,
  endsAt: at.optional(),
});
export type BlockRow = z.infer<typeof blockRowSchema>;
export const blockPageSchema = z.object({
  items: z.array(blockRowSchema),
  /** In all, whatever is asked for. */
  total: z.number().int(),
  nextCursor: z.string().optional(),
});
export type BlockPage = z.infer<typeof blockPageSchema>;

/**
 * `POST /api/blocks` -> 201 BlockRow. 400 `bad-request` with `details.reason`: `not-an-address`, `not-a-domain`,
 * `not-a-network`, `too-broad`, `not-a-number`, `ends-too-soon`, `ends-too-late`. 409 `conflict` with `already-blocked` or `full`.
 * `DELETE /api/blocks/:id` -> 204; 404 where there is none any more.
 */
export const blockRequestSchema = z.strictObject({
  kind: z.enum(blockKinds),
  value: z.string().trim().min(1).max(320),
  reason: z.string().trim().min(3).max(300),
  endsAt: at.optional(),
});
export type BlockRequest = z.infer<typeof blockRequestSchema>;
export type BlockFault =
  | 'not-an-address'
  | 'not-a-domain'
  | 'not-a-network'
  | 'too-broad'
  | 'not-a-number'
  | 'ends-too-soon'
  | 'ends-too-late';

export function endFault(endsAt: number | undefined, now: number): BlockFault | undefined {
  if (endsAt === undefined) return undefined;
  if (endsAt <= now) return 'ends-too-soon';
  return endsAt > now + endsWithinMs ? 'ends-too-late' : undefined;
}
