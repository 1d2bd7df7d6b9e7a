/**
 * Where stays are to be looked for of which something happened in a window, so that months in which there are none are left
 * alone: nothing happens to a stay before it begins, most within a day, and those few of which it happened later have an index
 * of their own (0018, 0020, 0022, 0023). The conditions are of `stays s`, in the very words of the indexes.
 */

/** As they are placed into a statement. */
export interface Window {
  from: string;
  to: string;
}

const leftLate = `s.left_at - s.queued_at >= interval '1 day'`;
const stillWaiting = 's.outcome is null';
/** What is true of stays of which it happened more than a day after they began; an offer is made while the contact waits. */
const late: Readonly<Record<string, readonly string[]>> = {
  's.service_level_at': [`s.service_level_at - s.queued_at >= interval '1 day'`],
  's.left_at': [leftLate],
  's.handled_at': [`s.handled_at - s.queued_at >= interval '1 day'`],
  's.replied_at': [`s.replied_at - s.queued_at >= interval '1 day'`],
  'o.offered_at': [leftLate, stillWaiting],
  'o.ended_at': [leftLate, stillWaiting],
};

const dayBefore = (instant: string) => `${instant} - interval '1 day'`;

/** Conditions no two of which are true of a stay, and one of which is of each that `at` may have happened to in the window. */
export function reachesOf(at: string, { from, to }: Window): string[] {
  const conditions = late[at];
  if (!conditions) return [`s.queued_at < ${to}`];
  return [
    `s.queued_at < ${to} and s.queued_at >= ${dayBefore(from)}`,
    ...conditions.map((isLate) => `s.queued_at < ${dayBefore(from)} and ${isLate}`),
  ];
}

/** What is true of stays that waited at an instant, of those that had begun. */
export const isWaitingAt = (at: string): string => `(s.left_at is null or s.left_at >= ${at})`;

/** Where those are. */
export const reachesOfWaiting = (at: string): string[] => [
  `s.queued_at < ${at} and s.queued_at >= ${dayBefore(at)}`,
  `s.queued_at < ${dayBefore(at)} and ${leftLate} and s.left_at >= ${at}`,
  `s.queued_at < ${dayBefore(at)} and ${stillWaiting}`,
];

/** One condition for all of these facts together; undefined: none is known to bound them. */
export function reachOfAll(facts: readonly string[], { from, to }: Window): string | undefined {
  const conditions = new Set<string>();
  for (const at of facts) {
    if (at === 's.queued_at') continue;
    const found = late[at];
    if (!found) return undefined;
    for (const one of found) conditions.add(one);
  }
  const within = `s.queued_at >= ${dayBefore(from)}`;
  return `s.queued_at < ${to} and (${[within, ...conditions].join(' or ')})`;
}
