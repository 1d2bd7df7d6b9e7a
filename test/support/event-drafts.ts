/** Small drafts of events for tests of the log: what they mean does not matter there. */
import type { EventDraft } from '../../server/contract/events.ts';

export function announcement(position: number, at = 1_790_000_000_000 + position): EventDraft {
  return {
    type: 'contact.announced',
    at,
    contactId: `c_${position % 97}`,
    queueId: 'sales',
    data: { position, waiting: position },
  };
}

export function announcements(count: number, from = 1): EventDraft[] {
  return Array.from({ length: count }, (_, index) => announcement(from + index));
}
