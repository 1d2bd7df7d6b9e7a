/** Tells a customer what a caller would hear who flows out to a message; then the contact is over. */
import type { AcdShell } from '../acd-shell.ts';
import type { DeskNews } from './desk-news.ts';
import type { Outbox } from './outbox.ts';
import type { TextStorePort } from './ports.ts';
import type { TextDesk } from './text-desk.ts';

export function turnAwayWith(parts: {
  desk: TextDesk;
  store: TextStorePort;
  shell: AcdShell;
  news: DeskNews;
  outbox: Outbox;
  now: () => number;
}): (threadId: string, text: string, how: { isSent: boolean }) => Promise<void> {
  const { desk, store, shell, news, outbox } = parts;
  return async (threadId, text, { isSent }) => {
    const open = desk.texts.ofThread(threadId);
    if (!open) return;
    const { contactId } = open;
    try {
      const said = {
        threadId,
        contactId,
        author: 'system',
        isNote: false,
        text,
        attachmentIds: [],
        at: parts.now(),
        isSent,
      } as const;
      const added = await store.add(said);
      if (added !== 'unknown-attachment') news.message(added.message);
      if (isSent) outbox.wake();
    } finally {
      shell.run({ type: 'contact.finish', contactId, reason: 'told that nobody can help' });
    }
  };
}
