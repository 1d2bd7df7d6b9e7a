/** What the routes share beside the ports: the live hub and the short-lived tickets and grants. */
import type { DisplaySettings } from '../contract/boards.ts';
import type { LiveScope } from '../contract/live.ts';
import { showsOf } from '../auth/display-enrolment.ts';
import { ShortLived } from '../auth/one-use.ts';
import type { Session } from '../auth/session-store.ts';
import { isLimitable } from '../auth/view.ts';
import type { DeskHub } from './desk/desk-hub.ts';
import type { LiveHub, LiveOwner } from './live-hub.ts';
import type { LiveGrant } from './live-view.ts';
import type { ApiDeps } from './ports.ts';

export const ticketLifeMs = 20_000;
/** Long enough to listen to a long call once, with seeking. */
export const grantLifeMs = 30 * 60_000;

export interface Ticket {
  /** `display:<id>` or `session:<id>`. */
  owner: string;
  liveOwner: LiveOwner;
  scope: LiveScope | 'desk';
  /** Of a desk. */
  agentId?: string;
  /** Of a display: what it was told that it shows. Of a user: what they are limited to. */
  grant?: LiveGrant;
}
export interface Grant {
  /** The session: a grant is of no use to another one. */
  owner: string;
  recordingId: string;
  reason: string;
  isPlayed: boolean;
}

export interface ApiParts {
  deps: ApiDeps;
  hub: LiveHub;
  deskHub: DeskHub;
  tickets: ShortLived<Ticket>;
  grants: ShortLived<Grant>;
}

export const createTickets = (deps: ApiDeps) => new ShortLived<Ticket>(deps.clock, ticketLifeMs);
export const createGrants = (deps: ApiDeps) => new ShortLived<Grant>(deps.clock, grantLifeMs);

/** For a signed-in user: a ticket and where to open it. */
export function issueTicket(parts: ApiParts, { sessionId, role, view }: Session, scope: LiveScope) {
  const liveOwner: LiveOwner = { kind: 'session', id: sessionId };
  const { token, expiresAt } = parts.tickets.issue({
    owner: `session:${sessionId}`,
    liveOwner,
    scope,
    ...(view && isLimitable(role) && { grant: { limits: view } }),
  });
  return { ticket: token, url: `/ws/${scope}?ticket=${token}`, expiresAt };
}

/** For a display: it is told which tree it will get. */
export function issueDisplayTicket(parts: ApiParts, displayId: string, settings?: DisplaySettings) {
  const { token, expiresAt } = parts.tickets.issue({
    owner: `display:${displayId}`,
    liveOwner: { kind: 'display', id: displayId },
    scope: 'board',
    ...(settings && { grant: { settings } }),
  });
  return { ticket: token, url: `/ws/board?ticket=${token}`, expiresAt, shows: showsOf(settings) };
}

/** For the desk of one agent. */
export function issueDeskTicket(parts: ApiParts, sessionId: string, agentId: string) {
  const liveOwner = { kind: 'session', id: sessionId } as const;
  const { token, expiresAt } = parts.tickets.issue({
    owner: `session:${sessionId}`,
    liveOwner,
    scope: 'desk',
    agentId,
  });
  return { ticket: token, url: `/ws/desk?ticket=${token}`, expiresAt };
}

/** Every session of a user ends now, with all that it holds; returns how many. */
export async function endSessionsOf(parts: ApiParts, userId: string): Promise<number> {
  const ended = await parts.deps.access.sessions.endAllOf(userId);
  for (const id of ended) shutOut(parts, { kind: 'session', id });
  return ended.length;
}

/** Everything an owner still holds ends now: sockets, tickets, grants. */
export function shutOut(parts: ApiParts, liveOwner: LiveOwner): void {
  const owner = `${liveOwner.kind}:${liveOwner.id}`;
  parts.tickets.voidOwner(owner);
  parts.grants.voidOwner(owner);
  parts.hub.cut(liveOwner);
  parts.deskHub.cut(liveOwner);
}
