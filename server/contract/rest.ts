/**
 * Every request and response body of the HTTP API, by resource (docs/api.md tells the same story in prose).
 * Requests are strict: an unknown key is refused. All times are ms UTC. Absent means none; there are no nulls.
 * Errors of every route have the shape `ErrorBody`; nobody matches on `message`, only on `code`.
 *
 * Unsafe methods (POST, PUT, PATCH, DELETE) of a signed-in user carry the header `csrfHeader` with the
 * `csrfToken` of the session; bodies are `application/json` only.
 */
import { z } from 'zod';
import { displaySettingsSchema } from './boards.ts';
import { languages } from './site.ts';
import { agentNumber } from './site-values.ts';
import { namedViewSchema, userViewSchema } from './user-view.ts';

export const csrfHeader = 'x-hearthline-csrf';
/** One JSON body, and one site file inside a JSON body, in bytes. */
export const bodyLimitBytes = 1_000_000;
export const siteLimitBytes = 5_000_000;

export const errorBodySchema = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    details: z.record(z.string(), z.unknown()).optional(),
  }),
});
export type ErrorBody = z.infer<typeof errorBodySchema>;

/** Ids in a path or body: ours are short and plain, so anything else is refused unread. */
export const idSchema = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,79}$/, 'not an id');
const at = z.number().int();

/** Lists come in pages, newest first: pass `nextCursor` back as `cursor`; absent on the last page. */
export const pageQuerySchema = z.strictObject({
  cursor: z
    .string()
    .regex(/^[A-Za-z0-9._:~-]{1,200}$/)
    .optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
export type PageQuery = z.infer<typeof pageQuerySchema>;
const page = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), nextCursor: z.string().optional() });

// --- users, first start, sign-in -------------------------------------------------------------------

export const roles = ['admin', 'supervisor', 'agent', 'viewer'] as const;
export const roleSchema = z.enum(roles);
export type Role = z.infer<typeof roleSchema>;

export const passwordMinLength = 12;
const usernameSchema = z
  .string()
  .trim()
  .toLowerCase()
  .regex(/^[a-z0-9][a-z0-9._@-]{1,39}$/, 'use 2-40 letters, digits, dots, dashes, underscores or @');
/** A password that is being chosen; further rules (not the user name, not the secret) are the server's. */
const newPasswordSchema = z.string().min(passwordMinLength).max(256);
/** A password that is being tried: never refused by form, so that a form tells nothing. */
const triedPasswordSchema = z.string().min(1).max(256);

/** `GET /api/setup`, open to strangers: does the first administrator have to be created? */
export const setupStateSchema = z.object({ isNeeded: z.boolean() });
export type SetupState = z.infer<typeof setupStateSchema>;
/** `POST /api/setup` -> 201 SessionView; 401 `wrong-credentials`, 409 `conflict` (done already). The secret is the one printed at first start; case and dashes do not matter. */
export const setupRequestSchema = z.strictObject({
  secret: z.string().min(1).max(100),
  username: usernameSchema,
  password: newPasswordSchema,
});
export type SetupRequest = z.infer<typeof setupRequestSchema>;

/** `POST /api/session` -> 200 SessionView; 401 `wrong-credentials` (the same for every cause), 429 `too-many-tries` with details.retryInSec. */
export const signInRequestSchema = z.strictObject({
  username: z.string().min(1).max(100),
  password: triedPasswordSchema,
});
export type SignInRequest = z.infer<typeof signInRequestSchema>;

export const meSchema = z.object({
  userId: z.string(),
  username: z.string(),
  role: roleSchema,
  /** The agent of the site that this user is, with a desk of its own. */
  agentId: z.string().optional(),
  /** What this user is limited to, as the site has it now; absent: the whole site. */
  view: namedViewSchema.optional(),
});
export type Me = z.infer<typeof meSchema>;
export const textChannelIds = ['mail', 'chat', 'form', 'webhook'] as const;
export type TextChannel = (typeof textChannelIds)[number];
/** Also the answer of `GET /api/session` (401 `sign-in-required` without one). `DELETE /api/session` -> 204. */
export const sessionViewSchema = z.object({
  me: meSchema,
  csrfToken: z.string(),
  /** What this user may do, by the names in server/auth/policy.ts: for showing and hiding, the server checks anyway. */
  may: z.array(z.string()),
  /** Those that the site has: pages about the others are not shown. */
  channels: z.array(z.enum(textChannelIds)),
  /** True while the password is a one-time one: all but `POST /api/me/password` and sign-out is 403 `forbidden`, details.reason `must-change-password`. */
  mustChangePassword: z.boolean(),
  idleUntil: at,
  expiresAt: at,
});
export type SessionView = z.infer<typeof sessionViewSchema>;

/** `POST /api/me/password` -> 200 SessionView with a new csrfToken; every other session of the user ends. */
export const changePasswordRequestSchema = z.strictObject({
  current: triedPasswordSchema,
  next: newPasswordSchema,
});
export type ChangePasswordRequest = z.infer<typeof changePasswordRequestSchema>;

/** `GET /api/sessions`: one's own; with `?all=1`, an administrator sees everybody's. `DELETE /api/sessions/:id` -> 204. */
export const sessionRowSchema = z.object({
  sessionId: z.string(),
  userId: z.string(),
  username: z.string(),
  isCurrent: z.boolean(),
  createdAt: at,
  lastSeenAt: at,
  expiresAt: at,
  address: z.string(),
  userAgent: z.string(),
});
export type SessionRow = z.infer<typeof sessionRowSchema>;
export const sessionListSchema = z.object({ items: z.array(sessionRowSchema) });
export type SessionList = z.infer<typeof sessionListSchema>;

/** `GET /api/users` -> UserList. */
export const userRowSchema = z.object({
  userId: z.string(),
  username: z.string(),
  role: roleSchema,
  /** The agent of the site that this user is; only such a user has a desk. */
  agentId: z.string().optional(),
  /** What a supervisor or viewer is limited to; absent: the whole site. */
  view: userViewSchema.optional(),
  createdAt: at,
  lastSignInAt: at.optional(),
  isDisabled: z.boolean(),
  mustChangePassword: z.boolean(),
});
export type UserRow = z.infer<typeof userRowSchema>;
export const userListSchema = z.object({ items: z.array(userRowSchema) });
export type UserList = z.infer<typeof userListSchema>;
/** `POST /api/users` -> 201 NewUser. */
export const createUserRequestSchema = z.strictObject({
  username: usernameSchema,
  role: roleSchema,
  /** 409 `conflict`, details.reason `agent-taken`, where another user is that agent. */
  agentId: agentNumber.optional(),
  /** Of supervisors and viewers. 400 `bad-request`: details.reason `view-of-role`, or `unknown-in-site` with details.faults. */
  view: userViewSchema.optional(),
});
export type CreateUserRequest = z.infer<typeof createUserRequestSchema>;
/** The one-time password is shown once, here, and must be changed at first sign-in. Also of `POST /api/users/:id/password`. */
export const newUserSchema = z.object({ user: userRowSchema, oneTimePassword: z.string() });
export type NewUser = z.infer<typeof newUserSchema>;
/** `PATCH /api/users/:id` -> UserRow. Any change ends the user's sessions; the last administrator stays. */
export const updateUserRequestSchema = z
  .strictObject({
    isDisabled: z.boolean().optional(),
    role: roleSchema.optional(),
    /** null: no agent any more. */
    agentId: agentNumber.nullable().optional(),
    /** null: the whole site. As of POST. Another role than supervisor or viewer takes it away. */
    view: userViewSchema.nullable().optional(),
  })
  .refine((body) => Object.values(body).some((value) => value !== undefined), 'nothing to change');
export type UpdateUserRequest = z.infer<typeof updateUserRequestSchema>;

// --- displays --------------------------------------------------------------------------------------

/** No 0 O 1 I L U: read across a room and typed on any keyboard. */
export const displayCodeAlphabet = '23456789ABCDEFGHJKMNPQRSTVWXYZ';
export const displayCodeLength = 7;
const displayNameSchema = z.string().trim().min(1).max(80);
const languageSchema = z.enum(languages);

/** `POST /display/enrol`, no session: a new code; again with the same cookie: a fresh code for the same display. */
export const enrolRequestSchema = z.strictObject({ language: languageSchema.optional() });
export type EnrolRequest = z.infer<typeof enrolRequestSchema>;
export const enrolAnswerSchema = z.object({ displayId: z.string(), code: z.string(), codeExpiresAt: at });
export type EnrolAnswer = z.infer<typeof enrolAnswerSchema>;

/** `GET /display/state`, by the display's cookie. none: never enrolled here, or its code ran out: enrol again. */
export const displayStateSchema = z.discriminatedUnion('state', [
  z.object({ state: z.literal('none') }),
  z.object({ state: z.literal('pending'), displayId: z.string(), codeExpiresAt: at }),
  z.object({
    state: z.literal('approved'),
    displayId: z.string(),
    name: z.string(),
    language: languageSchema.optional(),
    /** Which tree its socket is sent: BoardState or BoardTree. Absent settings: nobody chose any. */
    shows: z.enum(['standard', 'boards']),
    settings: displaySettingsSchema.optional(),
  }),
  z.object({ state: z.literal('revoked') }),
]);
export type DisplayState = z.infer<typeof displayStateSchema>;

/** `POST /display/ticket` (approved display, empty body `{}`): open `url` within the ticket's life, once. */
export const ticketAnswerSchema = z.object({
  ticket: z.string(),
  url: z.string(),
  expiresAt: at,
  /** Of a display: the tree that this ticket opens. */
  shows: z.enum(['standard', 'boards']).optional(),
});
export type TicketAnswer = z.infer<typeof ticketAnswerSchema>;
/** `POST /api/live-ticket` -> TicketAnswer: the same for a signed-in user. */
export const liveTicketRequestSchema = z.strictObject({ scope: z.enum(['board', 'floor']) });
export type LiveTicketRequest = z.infer<typeof liveTicketRequestSchema>;

/** `GET /api/displays` -> DisplayList. */
export const displayRowSchema = z.object({
  displayId: z.string(),
  name: z.string().optional(),
  state: z.enum(['pending', 'approved', 'revoked']),
  createdAt: at,
  approvedAt: at.optional(),
  approvedBy: z.string().optional(),
  revokedAt: at.optional(),
  lastSeenAt: at.optional(),
  language: languageSchema.optional(),
  userAgent: z.string().optional(),
  settings: displaySettingsSchema.optional(),
  /** Sockets open now. */
  connections: z.number().int(),
});
export type DisplayRow = z.infer<typeof displayRowSchema>;
export const displayListSchema = z.object({ items: z.array(displayRowSchema) });
export type DisplayList = z.infer<typeof displayListSchema>;
/** `POST /api/displays/approve` -> DisplayRow; 404 `not-found` when no display shows the code. Case, spaces and dashes of the code do not matter. */
export const approveDisplayRequestSchema = z.strictObject({
  code: z.string().min(1).max(20),
  name: displayNameSchema,
});
export type ApproveDisplayRequest = z.infer<typeof approveDisplayRequestSchema>;
/** `PATCH /api/displays/:id` -> DisplayRow. `POST /api/displays/:id/revoke` with `{}` -> DisplayRow. */
export const renameDisplayRequestSchema = z.strictObject({ name: displayNameSchema });
export type RenameDisplayRequest = z.infer<typeof renameDisplayRequestSchema>;
export const emptyRequestSchema = z.strictObject({});

// --- contacts and recordings -----------------------------------------------------------------------

/** `GET /api/contacts?cursor&limit` -> ContactPage. */
export const contactRowSchema = z.object({
  contactId: z.string(),
  channel: z.string(),
  numberId: z.string().optional(),
  queueId: z.string().optional(),
  agentId: z.string().optional(),
  arrivedAt: at,
  queuedAt: at.optional(),
  answeredAt: at.optional(),
  endedAt: at.optional(),
  outcome: z.string().optional(),
  endedBy: z.string().optional(),
  reason: z.string().optional(),
  waitMs: z.number().optional(),
  talkMs: z.number().optional(),
  holdMs: z.number().optional(),
  pii: z.object({ from: z.string(), fromName: z.string().optional() }).optional(),
});
export type ContactRow = z.infer<typeof contactRowSchema>;
export const contactPageSchema = page(contactRowSchema);
export type ContactPage = z.infer<typeof contactPageSchema>;

/** `GET /api/recordings?cursor&limit` -> RecordingPage. */
export const recordingRowSchema = z.object({
  recordingId: z.string(),
  contactId: z.string().optional(),
  queueId: z.string().optional(),
  agentId: z.string().optional(),
  startedAt: at,
  durationMs: z.number(),
  bytes: z.number(),
  sha256: z.string().optional(),
  pii: z.object({ from: z.string(), fromName: z.string().optional() }).optional(),
});
export type RecordingRow = z.infer<typeof recordingRowSchema>;
export const recordingPageSchema = page(recordingRowSchema);
export type RecordingPage = z.infer<typeof recordingPageSchema>;
/** `POST /api/recordings/:id/listen` -> ListenGrant. The reason goes to the audit log with who and when. */
export const listenRequestSchema = z.strictObject({ reason: z.string().trim().min(3).max(500) });
export type ListenRequest = z.infer<typeof listenRequestSchema>;
/** `url` is for an <audio> element of the same session: `GET /api/recordings/:id/audio?grant=`, with Range. */
export const listenGrantSchema = z.object({ grant: z.string(), url: z.string(), expiresAt: at });
export type ListenGrant = z.infer<typeof listenGrantSchema>;

// --- site ------------------------------------------------------------------------------------------

/** `GET /api/site` -> SiteView; `?format=yaml` answers the file itself as text/yaml. Secrets appear as hashes. */
export const siteViewSchema = z.object({
  version: z.number().int(),
  yaml: z.string(),
  /** The same as a model (`Site` of site.ts). */
  site: z.unknown().optional(),
});
export type SiteView = z.infer<typeof siteViewSchema>;
/** `PUT /api/site` and `POST /api/site/check`. `ifVersion`: 409 `conflict` when another import came between. */
export const siteRequestSchema = z.strictObject({
  yaml: z.string().max(siteLimitBytes),
  ifVersion: z.number().int().optional(),
});
export type SiteRequest = z.infer<typeof siteRequestSchema>;
/** Where a site file is wrong; line and column count from 1. */
export const siteFaultViewSchema = z.object({
  path: z.array(z.union([z.string(), z.number()])),
  message: z.string(),
  line: z.number().int().optional(),
  column: z.number().int().optional(),
});
export type SiteFaultView = z.infer<typeof siteFaultViewSchema>;
/** A refused PUT answers 422 `site-invalid` with `details.faults: SiteFaultView[]`. */
export const siteCheckAnswerSchema = z.object({
  isValid: z.boolean(),
  faults: z.array(siteFaultViewSchema),
});
export type SiteCheckAnswer = z.infer<typeof siteCheckAnswerSchema>;
export const siteImportAnswerSchema = z.object({ version: z.number().int() });
export type SiteImportAnswer = z.infer<typeof siteImportAnswerSchema>;

// --- audit -----------------------------------------------------------------------------------------

/** `GET /api/audit?cursor&limit` -> AuditPage. */
export const auditRowSchema = z.object({
  seq: z.number().int(),
  at,
  actor: z.string(),
  action: z.string(),
  target: z.string().optional(),
  details: z.record(z.string(), z.unknown()),
  hash: z.string(),
});
export type AuditRow = z.infer<typeof auditRowSchema>;
export const auditPageSchema = page(auditRowSchema);
export type AuditPage = z.infer<typeof auditPageSchema>;
/** `POST /api/audit/verify` with `{}`: recomputes the whole chain. */
export const auditVerdictSchema = z.object({
  isIntact: z.boolean(),
  checked: z.number().int(),
  /** Hash of the newest entry; note it down elsewhere to prove later that the end was not cut off. */
  headHash: z.string().optional(),
  firstFaultSeq: z.number().int().optional(),
  fault: z.string().optional(),
});
export type AuditVerdict = z.infer<typeof auditVerdictSchema>;

// --- health ----------------------------------------------------------------------------------------

/** `GET /healthz`: 200 when ready, 503 when not. Strangers get no `detail`. */
export const healthAnswerSchema = z.object({
  isReady: z.boolean(),
  parts: z.record(z.string(), z.object({ isReady: z.boolean(), detail: z.string().optional() })),
});
export type HealthAnswer = z.infer<typeof healthAnswerSchema>;

/** Admin socket, `POST /setup-secret/renew` with `{}`: a fresh secret while no administrator exists. */
export const setupSecretAnswerSchema = z.object({ secret: z.string() });
export type SetupSecretAnswer = z.infer<typeof setupSecretAnswerSchema>;
