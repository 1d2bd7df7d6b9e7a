/** Users as the API shows them: never the hash. */
import type { UserRow } from '../../contract/rest.ts';
import type { UserRecord } from '../../auth/ports.ts';

export const presentUser = (user: UserRecord): UserRow => ({
  userId: user.id,
  username: user.username,
  role: user.role,
  ...(user.agentId === undefined ? {} : { agentId: user.agentId }),
  ...(user.view && { view: user.view }),
  createdAt: user.createdAt,
  ...(user.lastSignInAt === undefined ? {} : { lastSignInAt: user.lastSignInAt }),
  isDisabled: user.isDisabled,
  mustChangePassword: user.isOneTimePassword,
});
