/** Sessions as the API shows them. The cookie's secret never leaves in a body; its anti-forgery token does. */
import type { SessionRow, SessionView } from '../../contract/rest.ts';
import { permissionsOf } from '../../auth/policy.ts';
import { csrfTokenOf } from '../../auth/session-store.ts';
import type { Session } from '../../auth/session-store.ts';
import { isLimitable, namedView, type ViewedSite } from '../../auth/view.ts';
import type { ApiParts } from '../parts.ts';

/** What of the parts a session is shown with. */
export function sessionFacts({ deps }: ApiParts) {
  const { access, hours, channels } = deps;
  const site: ViewedSite | undefined = hours.isSet ? channels.site() : undefined;
  return { idleMs: access.sessions.idleMs, channels: deps.textChannels(), site };
}

export function presentSession(
  session: Session,
  token: string,
  { idleMs, channels, site }: ReturnType<typeof sessionFacts>,
): SessionView {
  const { role, agentId } = session;
  const view = isLimitable(role) ? session.view : undefined;
  return {
    me: {
      userId: session.userId,
      username: session.username,
      role,
      ...(agentId !== undefined && { agentId }),
      ...(view && { view: namedView(view, site) }),
    },
    csrfToken: csrfTokenOf(token),
    may: [...permissionsOf(role, view !== undefined)],
    channels,
    mustChangePassword: session.mustChangePassword,
    idleUntil: Math.min(session.lastSeenAt + idleMs, session.expiresAt),
    expiresAt: session.expiresAt,
  };
}

export const presentSessionRow = (session: Session, currentId: string): SessionRow => ({
  sessionId: session.sessionId,
  userId: session.userId,
  username: session.username,
  isCurrent: session.sessionId === currentId,
  createdAt: session.createdAt,
  lastSeenAt: session.lastSeenAt,
  expiresAt: session.expiresAt,
  address: session.address,
  userAgent: session.userAgent,
});
