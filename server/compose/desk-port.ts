/** Joins the desk's routes (api/desk) to the use cases (app/text). */
import type { DeskFile, DeskPort } from '../api/desk/port.ts';
import type { AcdShell } from '../app/acd-shell.ts';
import type { ActiveSite } from '../app/active-site.ts';
import type { Customers } from '../app/customers/customers.ts';
import type { AgentDesk } from '../app/text/agent-desk.ts';
import type { Channel, StoredFile } from '../app/text/channel.ts';
import type { DeskNews } from '../app/text/desk-news.ts';
import { deskContact, deskView, type DeskViewParts, targetsFor } from '../app/text/desk-view.ts';
import type { FileStorePort, TextStorePort } from '../app/text/ports.ts';
import type { TextDesk } from '../app/text/text-desk.ts';
import { fileRulesOf } from '../channels/file-check.ts';
import { safeHtml } from '../channels/mail/mail-html.ts';
import { AddressRate } from '../channels/address-rate.ts';
import type { MessageView, ThreadView } from '../contract/desk.ts';
import type { HearthlineEvent } from '../contract/events.ts';
import { isPicture } from '../lib/picture-kind.ts';
import { createCustomerPort } from './customer-port.ts';

export interface DeskPortParts {
  shell: AcdShell;
  site: ActiveSite;
  store: TextStorePort;
  files: FileStorePort;
  desk: TextDesk;
  agents: AgentDesk;
  news: DeskNews;
  channels: ReadonlyMap<string, Channel>;
  view: DeskViewParts;
  customers: Customers;
  /** The agent types, in a contact of a live customer. */
  typing(contactId: string): void;
  presence(agentId: string, isThere: boolean): void;
}

/** Pictures inside a mail, all told: more are to be opened as attachments. */
const inlineBytesAtMost = 5_000_000;
const defaultAttachments = { maxBytes: 20_000_000, maxCount: 20 };

/** Of one agent in one contact: a page says it every 2 s, and its clock is not ours. */
export const typingRate = { burst: 2, perMinute: 30 };

export function createDeskPort(parts: DeskPortParts): DeskPort {
  const { agents, desk, store, files, site } = parts;
  const typing = new AddressRate(typingRate);
  const mayAttach: DeskPort['mayAttach'] = (agentId, contactId) => {
    const isInHand = agents.onDesk(agentId, contactId)?.state === 'connected';
    // A call takes no files.
    return isInHand && desk.texts.get(contactId) ? undefined : { refused: 'not-yours' };
  };
  return {
    customers: createCustomerPort({
      customers: parts.customers,
      agents,
      caller: (id) => parts.view.caller(id),
    }),
    view: (agentId) => deskView(parts.view, agentId),
    targets: (agentId) => targetsFor(parts.view, agentId),
    logIn: (agentId, phoneId) => agents.logIn(agentId, phoneId),
    setState: (agentId, request) => agents.setState(agentId, request),
    answerOffer: (agentId, offerId, isTaken) => agents.answerOffer(agentId, offerId, isTaken),
    thread: (agentId, contactId) => threadFor(parts, agentId, contactId),
    async send(agentId, contactId, message) {
      const sent = await agents.send(agentId, contactId, message);
      return 'refused' in sent ? sent : { message: signed(parts, sent.message) };
    },
    transfer: (agentId, contactId, request) => agents.transfer(agentId, contactId, request),
    close: (agentId, contactId, request) => agents.close(agentId, contactId, request),
    read: (agentId, contactId, seq) => agents.read(agentId, contactId, seq),
    typing(agentId, contactId) {
      if (!agents.onDesk(agentId, contactId)) return { refused: 'not-yours' };
      if (typing.take(`${agentId} ${contactId}`) === 0) parts.typing(contactId);
      return undefined;
    },
    mayAttach,
    async attach(agentId, contactId, file) {
      // It may have gone while the file was on its way.
      const refused = mayAttach(agentId, contactId);
      if (refused) return refused;
      const channel = parts.channels.get(desk.texts.get(contactId)?.channelId ?? '');
      // Said now, and not when the answer cannot be sent.
      const bytesAtMost = channel?.capabilities.attachments?.maxBytes ?? defaultAttachments.maxBytes;
      if (file.content.byteLength > bytesAtMost) return { refused: 'size' };
      const kept = await desk.keepFile({ ...file, owner: `agent:${agentId}` });
      if (kept.refused) return { refused: kept.refused };
      return { attachmentId: kept.attachmentId, file: deskFile(kept) };
    },
    async file(agentId, attachmentId) {
      const file = await files.byId(attachmentId);
      if (!file || !(await mayRead(parts, agentId, file))) return undefined;
      const content = file.refused ? new Uint8Array() : await files.content(file.sha256);
      return content && { file: deskFile(file), content };
    },
    html: htmlFor,
    maxFileBytes: () => fileRulesOf(site.site).maxMegabytes * 1_000_000,
    listen: (listener) => listenFor(parts, listener),
    presence: (agentId, isThere) => parts.presence(agentId, isThere),
  };

  async function htmlFor(agentId: string, messageId: string) {
    const found = await store.message(messageId);
    if (found?.html === undefined) return undefined;
    const thread = await store.threadFacts(found.message.contactId);
    const open = thread && desk.texts.ofThread(thread.threadId);
    if (!open || !agents.onDesk(agentId, open.contactId)) return undefined;
    const { html, blockedImages } = safeHtml(found.html, { urlOfContentId: await inlinePictures(messageId) });
    return { html, blockedImages };
  }

  /** Inside the page itself: a sandboxed frame has no cookies to fetch them with. */
  async function inlinePictures(messageId: string): Promise<Map<string, string>> {
    const urls = new Map<string, string>();
    let left = inlineBytesAtMost;
    for (const file of await files.ofMessage(messageId)) {
      if (file.contentId === undefined || file.refused || !isPicture(file.mime) || file.bytes > left)
        continue;
      const content = await files.content(file.sha256);
      if (!content) continue;
      left -= file.bytes;
      urls.set(file.contentId, `data:${file.mime};base64,${Buffer.from(content).toString('base64')}`);
    }
    return urls;
  }
}

const deskFile = (file: StoredFile): DeskFile => ({
  name: file.name,
  mime: file.mime,
  bytes: file.bytes,
  sha256: file.sha256,
  isPicture: !file.refused && isPicture(file.mime),
  ...(file.refused && { refused: file.refused }),
});

/** What the agent has brought along and not sent yet; else what lies in a thread on the agent's desk. */
async function mayRead(
  { agents, desk }: DeskPortParts,
  agentId: string,
  { threadId, owner }: { threadId?: string; owner: string },
): Promise<boolean> {
  if (threadId === undefined) return owner === `agent:${agentId}`;
  const open = desk.texts.ofThread(threadId);
  return open !== undefined && agents.onDesk(agentId, open.contactId) !== undefined;
}

async function threadFor(
  parts: DeskPortParts,
  agentId: string,
  contactId: string,
): Promise<ThreadView | undefined> {
  const contact = parts.agents.onDesk(agentId, contactId);
  const thread = contact && (await parts.agents.thread(agentId, contactId));
  if (!contact || !thread) return undefined;
  const { threadId, channelId, messages, isCut } = thread;
  const capabilities = parts.channels.get(channelId)?.capabilities;
  const whyNoReply = parts.agents.whyNoReply(thread);
  const limits = capabilities?.attachments;
  return {
    contact: deskContact(parts.view, agentId, contact),
    threadId,
    may: {
      reply: whyNoReply === undefined || whyNoReply === 'customer-gone',
      attach: limits !== undefined,
      html: capabilities?.hasHtml ?? false,
    },
    ...(whyNoReply !== undefined && { whyNoReply }),
    attachmentLimits: limits ?? defaultAttachments,
    messages: messages.map((message) => signed(parts, message)),
    isCut,
  };
}

/** With the name of the colleague who wrote it; who has left the site has a number only. */
function signed({ site }: DeskPortParts, message: MessageView): MessageView {
  const name = message.agentId === undefined ? undefined : site.agent(message.agentId)?.name;
  return name === undefined ? message : { ...message, agentName: name };
}

function listenFor(parts: DeskPortParts, listener: Parameters<DeskPort['listen']>[0]): () => void {
  const { shell, news, agents } = parts;
  const holders = (contactId: string): string[] => {
    const contact = shell.acd.contact(contactId);
    const ids = [contact?.agentId, ...(contact?.offers ?? []).map(({ agentId }) => agentId)];
    return [...new Set(ids.filter((id): id is string => id !== undefined))].filter((id) =>
      agents.onDesk(id, contactId),
    );
  };
  const stop = news.listen({
    message(message, contactId) {
      const agentIds = holders(contactId);
      if (agentIds.length > 0) listener.message(agentIds, signed(parts, message));
      listener.changed(agentIds);
    },
    contactChanged: (contactId) => listener.changed(holders(contactId)),
  });
  shell.onEvent((event: HearthlineEvent) => {
    const agentIds = event.contactId === undefined ? [] : holders(event.contactId);
    if (event.agentId !== undefined) agentIds.push(event.agentId);
    if (agentIds.length > 0) listener.changed(agentIds);
  });
  return stop;
}
