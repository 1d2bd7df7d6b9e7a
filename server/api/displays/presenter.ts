/** Displays as administrators see them: no code, no token, not even their hashes. */
import type { DisplayRow } from '../../contract/rest.ts';
import type { DisplayRecord } from '../../auth/ports.ts';

export const presentDisplay = (display: DisplayRecord, connections: number): DisplayRow => ({
  displayId: display.id,
  state: display.state,
  createdAt: display.createdAt,
  connections,
  ...(display.name === undefined ? {} : { name: display.name }),
  ...(display.approvedAt === undefined ? {} : { approvedAt: display.approvedAt }),
  ...(display.approvedBy === undefined ? {} : { approvedBy: display.approvedBy }),
  ...(display.revokedAt === undefined ? {} : { revokedAt: display.revokedAt }),
  ...(display.lastSeenAt === undefined ? {} : { lastSeenAt: display.lastSeenAt }),
  ...(display.language === undefined ? {} : { language: display.language }),
  ...(display.userAgent === undefined ? {} : { userAgent: display.userAgent }),
  ...(display.settings === undefined ? {} : { settings: display.settings }),
});
