/**
 * Who may do what: the only place that answers it. Routes name a permission, never a role.
 * Default deny: a role has what is listed here and nothing else.
 */
import type { Role } from '../contract/rest.ts';

export const permissions = [
  'live.watch',
  'contacts.list',
  'recordings.list',
  'recordings.listen',
  'displays.list',
  'displays.manage',
  /** Boards, and what a display shows. */
  'boards.manage',
  'site.read',
  'site.write',
  'hours.read',
  'fairness.read',
  'reports.read',
  'channels.read',
  'consents.export',
  'routing.switch',
  'agents.switch',
  'desk.use',
  'quarantine.manage',
  'blocks.manage',
  'alerts.manage',
  'alerts.acknowledge',
  'alerts.webhook',
  'users.list',
  'users.manage',
  'sessions.manage',
  'audit.read',
  /** What leaves the building at this moment, with addresses of machines. */
  'residency.read',
  'health.read',
] as const;
export type Permission = (typeof permissions)[number];

const granted: Record<Role, readonly Permission[]> = {
  admin: permissions,
  // A supervisor runs the floor: hears recordings (with a reason) and sees the displays, but opens no door. The site
  // file is not for them: its digests let a device register.
  supervisor: [
    'live.watch',
    'contacts.list',
    'recordings.list',
    'recordings.listen',
    'displays.list',
    'boards.manage',
    'hours.read',
    'fairness.read',
    'reports.read',
    'channels.read',
    'routing.switch',
    'agents.switch',
    'desk.use',
    'quarantine.manage',
    'blocks.manage',
    'alerts.manage',
    'alerts.acknowledge',
    'health.read',
  ],
  // The desk is the agent's own: without one, this opens nothing.
  agent: ['desk.use'],
  viewer: ['live.watch', 'health.read'],
};

const sets = new Map<string, ReadonlySet<Permission>>(
  Object.entries(granted).map(([role, list]) => [role, new Set(list)]),
);

export const isAllowed = (role: Role, permission: Permission): boolean =>
  sets.get(role)?.has(permission) ?? false;

/**
 * Nothing of these can be told apart by team and queue, so that somebody who is limited to some (view.ts) has them not. What
 * the others come to is said by each route (`forLimited`, server/api/route.ts); a test lays the two side by side.
 */
const ofWholeSite: ReadonlySet<Permission> = new Set([
  'displays.list',
  'displays.manage',
  'channels.read',
  'quarantine.manage',
  'blocks.manage',
]);

export const permissionsOf = (role: Role, isLimited = false): readonly Permission[] =>
  isLimited ? granted[role].filter((permission) => !ofWholeSite.has(permission)) : granted[role];
