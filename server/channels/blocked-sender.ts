/**
 * Refuses what a blocked sender brings, at every door but that of mail (which keeps it, in quarantine). The answer is polite and
 * the same for every kind of block: nobody is told what of them is blocked, or by which rule.
 *
 * It is asked when something begins: a chat, a form, a message of a connector. A chat that runs is not cut.
 */
import type { Door, Sender, SenderCheck } from '../app/text/block-list.ts';
import { refuse } from './public-route.ts';

export function refuseBlocked(senders: SenderCheck, door: Door, sender: Sender): void {
  if (senders.isBlocked(door, sender))
    throw refuse('sender-refused', 'nothing can be taken from you here; please contact us in another way');
}

/** What a connector calls its sender may be a mail address or a number, as the other side has it. */
export const connectorSender = (address: string): Sender =>
  address.includes('@') ? { mails: [address] } : { phone: address };
