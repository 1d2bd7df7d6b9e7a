/**
 * The next deadline of a contact: a function of its record and of its queue's rules, so that a changed site moves it.
 * Pure.
 */
import type { ContactIn, ContactRecord } from './contact-state.ts';
import { type Due, sooner } from './deadlines.ts';
import { nextRelaxation } from './demand.ts';
import { isSilent, stays } from './flow-target.ts';
import type { AcdQueue } from './types.ts';
import { isCall } from './workload.ts';

export function contactDue(queue: AcdQueue, contact: ContactRecord): Due | undefined {
  if (contact.state === 'waiting') return waitingDue(queue, contact);
  if (contact.state !== 'offered') return undefined;
  let at = Infinity;
  for (const { ringUntil } of contact.offers) at = Math.min(at, ringUntil);
  return { kind: 'ring', at };
}

function waitingDue(queue: AcdQueue, contact: ContactIn<'waiting'>): Due | undefined {
  const { maxWaitMs, announceEveryMs } = queue;
  const { place, traits, announcedAt } = contact;
  let due: Due | undefined;
  if (maxWaitMs > 0 && !stays(contact, queue, { reason: 'max-wait' }))
    due = { kind: 'max-wait', at: place.queuedAt + maxWaitMs };
  const relaxAfterMs = nextRelaxation(queue, traits)?.afterMs;
  if (relaxAfterMs !== undefined) due = sooner(due, { kind: 'relax', at: place.queuedAt + relaxAfterMs });
  // Only who listens is told its place.
  if (announceEveryMs > 0 && isCall(contact.channel) && !isSilent(contact))
    due = sooner(due, { kind: 'announce', at: announcedAt + announceEveryMs });
  return due;
}
