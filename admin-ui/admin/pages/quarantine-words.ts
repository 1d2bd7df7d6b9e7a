/** Why a mail is kept back, in plain words: short for the list, whole for the mail that is open. */
import type { QuarantineReason } from '../../../server/contract/rest-quarantine.ts';
import type { Refusal } from '../../shared/api-client.ts';
import type { ConsoleWords, TextKey } from '../reading.ts';
import { refusalText } from '../session.ts';

export const reasonWord: Record<QuarantineReason, { short: TextKey; whole: TextKey }> = {
  empty: { short: 'reasonEmpty', whole: 'reasonEmptyHelp' },
  'not-parsed': { short: 'reasonNotParsed', whole: 'reasonNotParsedHelp' },
  'too-slow': { short: 'reasonTooSlow', whole: 'reasonTooSlowHelp' },
  'too-big': { short: 'reasonTooBig', whole: 'reasonTooBigHelp' },
  crashed: { short: 'reasonCrashed', whole: 'reasonCrashedHelp' },
  'no-sender': { short: 'reasonNoSender', whole: 'reasonNoSenderHelp' },
  loop: { short: 'reasonLoop', whole: 'reasonLoopHelp' },
  'no-mailbox': { short: 'reasonNoMailbox', whole: 'reasonNoMailboxHelp' },
  'not-taken': { short: 'reasonNotTaken', whole: 'reasonNotTakenHelp' },
  blocked: { short: 'reasonBlocked', whole: 'reasonBlockedHelp' },
};

export function quarantineRefusal(w: ConsoleWords, refusal: Refusal): string {
  if (refusal.details['reason'] === 'already-released') return w.quarantineAlreadyReleased;
  if (refusal.details['reason'] === 'channel-off') return w.quarantineOff;
  return refusal.code === 'not-found' ? w.quarantineGone : refusalText(refusal);
}
