/**
 * Tells a customer what a caller would hear who flows out to a message; then the contact is over. One that is about an answer
 * of ours that failed, and in which the customer wrote nothing, ends without a word.
 */
import type { AcdShell } from '../acd-shell.ts';
import type { Outbox } from './outbox.ts';
import type { TextDesk } from './text-desk.ts';

export function turnAwayWith({
  desk,
  shell,
  outbox,
}: {
  desk: TextDesk;
  shell: AcdShell;
  outbox: Outbox;
}): (threadId: string, text: string, how: { isSent: boolean }) => Promise<void> {
  return async (threadId, text, { isSent }) => {
    const open = desk.texts.ofThread(threadId);
    if (!open) return;
    const { contactId, customerSeqs } = open;
    const said = { threadId, contactId, author: 'system', isNote: false, attachmentIds: [] } as const;
    try {
      if (customerSeqs.length > 0) await desk.add({ ...said, text, isSent });
      if (isSent) outbox.wake();
    } finally {
      shell.run({ type: 'contact.finish', contactId, reason: 'told that nobody can help' });
    }
  };
}
