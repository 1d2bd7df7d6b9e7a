/** Sessions as the API shows them. The cookie's secret never leaves in a body; its anti-forgery token does. */
import type { SessionRow, SessionView, TextChannel } from '../../contract/rest.ts';
import { permissionsOf } from '../../auth/policy.ts';
import { csrfTokenOf } from '../../auth/session-store.ts';
import type { Session } from '../../auth/session-store.ts';

export const presentSession = (
  session: Session,
  token: string,
  { idleMs, channels }: { idleMs: number; channels: TextChannel[] },
): SessionView => ({
  me: {
    userId: session.userId,
    username: session.username,
    role: session.role,
    ...(session.agentId !== undefined && { agentId: session.agentId }),
  },
  csrfToken: csrfTokenOf(token),
  may: [...permissionsOf(session.role)],
  channels,
  mustChangePassword: session.mustChangePassword,
  idleUntil: Math.min(session.lastSeenAt + idleMs, session.expiresAt),
  expiresAt: session.expiresAt,
});

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
