/**
 * The proof of residency: to whom our processes sent something today, and whose connection that is. The body of
 * `/api/residency`, and of the daily statement (docs/residency.md). What rest.ts says of all bodies holds: times in ms UTC,
 * absent means none or not known.
 */
import { z } from 'zod';
import { egressPurposes, egressRowSchema } from './rest-channels.ts';

const at = z.number().int();
const count = z.number().int().min(0);

/**
 * Whose a connection is. A connector of the site; `resolver`: names of connectors are asked there; `phone`, `call` (the audio of a call, to
 * where its SDP says), `stranger`: answers to who came to us. `unknown`: nobody's, which is an alarm.
 */
export const residencyOwners = [
  ...egressPurposes,
  'resolver',
  'phone',
  'call',
  'stranger',
  'unknown',
] as const;
export type ResidencyOwner = (typeof residencyOwners)[number];

export const residencyProtocols = ['tcp', 'udp', 'rtp', 'dns'] as const;
export const residencyStates = ['open', 'idle', 'failed'] as const;
export type ResidencyState = (typeof residencyStates)[number];

export const residencyRowSchema = z.object({
  /** `server`, `sip`, `media`, `postgres`, `redis`. */
  process: z.string(),
  protocol: z.enum(residencyProtocols),
  /** `*`: of more peers than are listed. */
  address: z.string(),
  /** 0 with `ports`. */
  port: z.number().int(),
  /** Of audio: the lowest and the highest. */
  ports: z.tuple([z.number().int(), z.number().int()]).optional(),
  /** Names by which it was asked for; of `dns`, those that were asked. */
  hosts: z.array(z.string()),
  owner: z.enum(residencyOwners),
  /** Mailboxes, connectors, trunks, phones by id, rules by name; empty where there is one only. */
  usedBy: z.array(z.string()),
  /** The peer came to us; everything else is opened by our side. */
  isAnswer: z.boolean(),
  /** `kernel`: our program does not know of it. */
  seenBy: z.enum(['process', 'kernel']),
  state: z.enum(residencyStates),
  opened: count,
  open: count,
  failed: count,
  bytesOut: count.optional(),
  bytesIn: count.optional(),
  firstAt: at,
  lastAt: at,
  /** It was nobody's at this time. */
  unknownAt: at.optional(),
});
export type ResidencyRow = z.infer<typeof residencyRowSchema>;

export const spanSchema = z.object({ from: at, to: at });
export type Span = z.infer<typeof spanSchema>;
/** What the site let us open, and how long today. */
export const allowedSpanSchema = egressRowSchema.extend({ from: at, to: at });
export type AllowedSpan = z.infer<typeof allowedSpanSchema>;

export const residencyAnswerSchema = z.object({
  /** The fingerprint of the key that signs the statements of this house. */
  house: z.string(),
  /** UTC. */
  day: z.iso.date(),
  now: at,
  /** When it was watched today; what lies between was not seen. */
  watched: z.array(spanSchema),
  /** Since when it is watched at all, and when something was last sent that our side began. */
  watchedSince: at,
  lastLeftAt: at.optional(),
  /** What our side opened, and what is nobody's. Empty: nothing left the building. */
  items: z.array(residencyRowSchema),
  /** What went to those who came to us. */
  answers: z.array(residencyRowSchema),
  /** How many of the rows are, or were today, nobody's. */
  unknown: count,
  /** Processes that did not answer when they were last asked. */
  silent: z.array(z.string()),
  /** The newest signed statement. */
  statement: z.object({ number: z.number().int(), day: z.iso.date(), file: z.string() }).optional(),
});
export type ResidencyAnswer = z.infer<typeof residencyAnswerSchema>;

/** The audit trail as it was when a statement was signed: its newest entry, or none yet (`seq` 0). */
export const auditHeadSchema = z.object({ seq: count, hash: z.string() });
export type AuditHead = z.infer<typeof auditHeadSchema>;

/** One signed statement: `YYYY-MM-DD.json`, its signature in `YYYY-MM-DD.sig`. */
export const residencyStatementSchema = z.object({
  kind: z.literal('hearthline-residency'),
  version: z.literal(1),
  house: z.string(),
  number: z.number().int().min(1),
  day: z.iso.date(),
  /** `so-far`: of a day that was not over. */
  covers: z.enum(['day', 'so-far']),
  signedAt: z.iso.datetime(),
  /** Days before this one of which there is no statement: the house was off. */
  missedDays: z.array(z.iso.date()),
  watched: z.array(spanSchema),
  allowed: z.array(allowedSpanSchema),
  connections: z.array(residencyRowSchema),
  answers: z.array(residencyRowSchema),
  unknown: count,
  audit: auditHeadSchema,
  /** The statement before: SHA-256 of its file. */
  former: z.object({ number: z.number().int(), file: z.string(), sha256: z.string() }).optional(),
});
export type ResidencyStatement = z.infer<typeof residencyStatementSchema>;
