/** The desk as the chat channel sees it: presence, the house's own lines, the end of a contact, and what routing says of it. */
import type { AcdShell } from '../../app/acd-shell.ts';
import type { TextDesk } from '../../app/text/text-desk.ts';
import type { ChatChannelParts, ContactStanding } from './chat-channel.ts';

export function chatDesk(parts: {
  desk: TextDesk;
  shell: AcdShell;
  now: () => number;
}): ChatChannelParts['desk'] {
  const { desk } = parts;
  return {
    take: (incoming) => desk.take(incoming),
    keepFile: (file) => desk.keepFile(file),
    fileOf: (attachmentId, owner) => desk.fileOf(attachmentId, owner),
    readFile: (sha256) => desk.readFile(sha256),
    delivered: (...news) => desk.delivered(...news),
    presence: (threadId, change) => desk.presence(threadId, change),
    end: (threadId, reason) => desk.end(threadId, reason),
    async say(threadId, text, onceAs) {
      const open = desk.texts.ofThread(threadId);
      if (!open) return;
      await desk.add({
        threadId,
        contactId: open.contactId,
        author: 'system',
        isNote: false,
        text,
        attachmentIds: [],
        isSent: false,
        ...(onceAs !== undefined && { clientId: onceAs }),
      });
    },
    standing: (threadId) => standingOf(parts, threadId),
    unansweredSince(threadId) {
      const open = desk.texts.ofThread(threadId);
      if (!open || open.lastAgentId !== undefined) return undefined;
      return standingOf(parts, threadId).phase === 'waiting' ? open.createdAt : undefined;
    },
    *openThreads() {
      for (const { channelId, threadId } of desk.texts.all()) if (channelId === 'chat') yield threadId;
    },
  };
}

function standingOf(
  { desk, shell, now }: { desk: TextDesk; shell: AcdShell; now: () => number },
  threadId: string,
): ContactStanding {
  const open = desk.texts.ofThread(threadId);
  const contact = open && shell.acd.contact(open.contactId);
  if (!open) return { phase: 'gone' };
  // Kept, and in no queue yet.
  if (!contact) return { phase: 'waiting' };
  if (contact.state === 'connected') return { phase: 'talking', agentId: contact.agentId ?? '' };
  if (contact.state === 'flowed-out') return { phase: 'flowed-out' };
  const position = shell.acd.position(contact.id);
  const estimateMs = shell.acd.estimatedWaitMs(contact.queueId, now());
  return {
    phase: 'waiting',
    ...(position !== undefined && { position }),
    // To the minute: a figure that changes with every tick says less.
    ...(estimateMs !== undefined && { estimateMs: Math.ceil(estimateMs / 60_000) * 60_000 }),
  };
}
