/** The text desk as callbacks see it: their requests, and what agents are told in the thread. */
import type { ActiveSite } from '../active-site.ts';
import type { LoggerPort } from '../ports.ts';
import type { TextStorePort } from '../text/ports.ts';
import type { TextDesk } from '../text/text-desk.ts';
import { notReachedText } from './callback-words.ts';
import type { CallbackDesk } from './callbacks.ts';

interface CallbackDeskParts {
  site: Pick<ActiveSite, 'site' | 'language'>;
  logger: LoggerPort;
  desk: TextDesk;
  store: Pick<TextStorePort, 'threadFacts'>;
}

export function callbackDesk({ site, logger, desk, store }: CallbackDeskParts): CallbackDesk {
  const note = async (contactId: string, text: string) => {
    const { threadId } = desk.texts.get(contactId) ?? (await store.threadFacts(contactId)) ?? {};
    if (threadId === undefined) return;
    const own = { threadId, contactId, text, author: 'system', isNote: true, isSent: false } as const;
    await desk.add({ ...own, attachmentIds: [] });
  };
  return {
    text: (contactId) => desk.texts.get(contactId),
    show: (text) => desk.show(text),
    note(contactId, event) {
      const text = notReachedText(event, site.language, site.site.site.timeZone);
      note(contactId, text).catch((err: unknown) => logger.warn({ err }, 'a note could not be kept'));
    },
  };
}
