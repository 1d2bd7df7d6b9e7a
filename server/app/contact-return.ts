/**
 * A supervisor takes a chat or mail out of an agent's hands, e.g. of one who has vanished, and gives it back to its queue.
 * Decides nothing about routing: the engine does (acd/transfer.ts), and this says why it would not. Whoever has it must be
 * named: between the question on a screen and its answer it may have come to another agent, who keeps it.
 */
import type { IgnoredReason } from '../acd/types.ts';
import { workOf } from '../contract/events.ts';
import type { ReturnRefusal } from '../contract/contacts.ts';
import type { AcdShell } from './acd-shell.ts';

export type ContactReturnOutcome = { queueId: string } | { refused: ReturnRefusal | 'unknown-contact' };

function whyNot(ignored: IgnoredReason): ReturnRefusal {
  switch (ignored) {
    case 'unknown-queue':
      return 'queue-removed';
    case 'queue-closed':
    case 'not-text':
      return ignored;
    default:
      return 'not-with-agent';
  }
}

export function returnContact(
  shell: AcdShell,
  { contactId, agentId }: { contactId: string; agentId: string },
): ContactReturnOutcome {
  const contact = shell.acd.contact(contactId);
  if (!contact) return { refused: 'unknown-contact' };
  if (workOf(contact.channel) === 'voice') return { refused: 'not-text' };
  if (contact.state !== 'connected') return { refused: 'not-with-agent' };
  if (contact.agentId !== agentId) return { refused: 'other-agent' };
  const { ignored } = shell.run({ type: 'contact.transfer', contactId, to: { back: true } });
  return ignored === undefined ? { queueId: contact.queueId } : { refused: whyNot(ignored) };
}
