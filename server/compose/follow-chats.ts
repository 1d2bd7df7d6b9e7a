/** Chats hear of their contacts: lines, standing, the end; and customers of any channel that nobody can help. */
import type { ActiveSite } from '../app/active-site.ts';
import type { DeskNews } from '../app/text/desk-news.ts';
import type { TextDesk } from '../app/text/text-desk.ts';
import type { turnAwayWith } from '../app/text/turn-away.ts';
import type { ChatChannel } from '../channels/chat/chat-channel.ts';
import { chatWords } from '../channels/chat/chat-words.ts';
import { languages } from '../contract/site.ts';
import type { Logger } from '../lib/log.ts';

interface FollowChatsParts {
  site: ActiveSite;
  logger: Logger;
  desk: TextDesk;
  chat: ChatChannel;
  news: DeskNews;
  turnAway: ReturnType<typeof turnAwayWith>;
}

export function followChats({ site, logger, desk, chat, news, turnAway }: FollowChatsParts): void {
  const changed = (contactId: string) => {
    const open = desk.texts.get(contactId);
    if (open?.channelId === chat.id) chat.changed(open.threadId);
  };
  news.listen({
    message: ({ contactId }) => changed(contactId),
    contactChanged: changed,
    turnedAway({ threadId, language, channelId }, target) {
      const prompt = site.site.prompts.find(({ id }) => id === target);
      const known = languages.find((one) => one === language) ?? site.language;
      const said = prompt?.text?.[known] ?? chatWords[known].allBusy;
      // The widget reads what the house says; other channels have it sent.
      turnAway(threadId, said, { isSent: channelId !== chat.id }).catch((err: unknown) =>
        logger.warn({ err }, 'a customer could not be told that nobody can help'),
      );
    },
    ended({ threadId, channelId }, by) {
      if (channelId !== chat.id) return;
      chat
        .contactEnded(threadId, by)
        .catch((err: unknown) => logger.warn({ err }, 'the end of a chat could not be noted'));
    },
  });
}
