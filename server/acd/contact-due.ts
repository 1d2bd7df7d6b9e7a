/**
 * The next deadline of a contact: a function of its record and of its queue's rules, so that a changed site moves it.
 * Pure.
 */
import type { ContactIn, ContactRecord } from './contact-state.ts';
import { type Due, sooner } from './deadlines.ts';
import { nextRelaxation } from './demand.ts';
import type { AcdQueue } from './types.ts';

export function contactDue(queue: AcdQueue, contact: ContactRecord): Due | undefined {
  if (contact.state === 'waiting') return waitingDue(queue, contact);
  if (contact.state !== 'offered') return undefined;
  let at = Infinity;
  for (const { ringUntil } of contact.offers) at = Math.min(at, ringUntil);
  return { kind: 'ring', at };
}

function waitingDue(queue: AcdQueue, { place, traits, announcedAt }: ContactIn<'waiting'>): Due | undefined {
  const { maxWaitMs, announceEveryMs } = queue;
  let due: Due | undefined = maxWaitMs > 0 ? { kind: 'max-wait', at: place.queuedAt + maxWaitMs } : undefined;
  const relaxAfterMs = nextRelaxation(queue, traits)?.afterMs;
  if (relaxAfterMs !== undefined) due = sooner(due, { kind: 'relax', at: place.queuedAt + relaxAfterMs });
  if (announceEveryMs > 0) due = sooner(due, { kind: 'announce', at: announcedAt + announceEveryMs });
  return due;
}
