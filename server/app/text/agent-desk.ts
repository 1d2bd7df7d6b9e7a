/**
 * What an agent does at the desk: log in and out, accept, answer, note, pass on, close. It checks that the contact lies on
 * this agent's desk; routing decides the rest, and says no with a reason.
 */
import type { ActiveSite } from '../active-site.ts';
import type { AcdShell } from '../acd-shell.ts';
import { namedAgentWaitMs } from '../call-transfer.ts';
import { type Channel, formChannelId } from './channel.ts';
import type { DeskNews } from './desk-news.ts';
import type { Outbox } from './outbox.ts';
import type { TextStorePort, ThreadFacts, ThreadRow } from './ports.ts';
import type { TextDesk } from './text-desk.ts';
import type { ContactView, IgnoredReason } from '../../acd/types.ts';
import { workOf } from '../../contract/events.ts';
import type {
  CloseRequest,
  DeskStateRequest,
  MessageView,
  SendMessage,
  ThreadView,
  TransferRequest,
} from '../../contract/desk.ts';

import { cleanBlock } from '../../lib/clean-text.ts';

export type DeskRefusal =
  | IgnoredReason
  /** It is not on this agent's desk. */
  | 'not-yours'
  /** A call is taken by lifting the handset. */
  | 'phone-rings'
  | 'unknown-attachment'
  | 'too-many-attachments'
  | 'unknown-reason'
  /** No file, and nothing is left of the text without what no text may hold. */
  | 'empty'
  | NonNullable<ThreadView['whyNoReply']>;
export type DeskOutcome = { refused: DeskRefusal } | undefined;

export interface AgentDeskParts {
  shell: AcdShell;
  site: Pick<ActiveSite, 'site' | 'businessMs'>;
  store: TextStorePort;
  desk: TextDesk;
  outbox: Outbox;
  channels: ReadonlyMap<string, Channel>;
  news: DeskNews;
  clock: { now(): number };
}

/** Contacts whose first answer is known to be told. */
const answeredAtMost = 10_000;

const refusedBy = (ignored: IgnoredReason | undefined): DeskOutcome =>
  ignored === undefined ? undefined : { refused: ignored };

export class AgentDesk {
  readonly #parts: AgentDeskParts;
  readonly #answered = new Set<string>();

  constructor(parts: AgentDeskParts) {
    this.#parts = parts;
  }

  logIn(agentId: string, phoneId?: string): DeskOutcome {
    const seat = phoneId === undefined ? {} : { phoneId };
    return refusedBy(this.#parts.shell.run({ type: 'agent.login', agentId, how: 'web', ...seat }).ignored);
  }

  setState(agentId: string, request: DeskStateRequest): DeskOutcome {
    const { shell, site } = this.#parts;
    switch (request.to) {
      case 'ready':
        return refusedBy(shell.run({ type: 'agent.ready', agentId }).ignored);
      case 'not-ready': {
        const { reason } = request;
        if (!site.site.notReadyReasons.some(({ id }) => id === reason)) return { refused: 'unknown-reason' };
        return refusedBy(shell.run({ type: 'agent.not-ready', agentId, reason }).ignored);
      }
      case 'logged-out':
        return refusedBy(shell.run({ type: 'agent.logout', agentId, reason: 'asked' }).ignored);
      case 'end-wrap-up':
        return refusedBy(shell.run({ type: 'agent.end-wrap-up', agentId }).ignored);
    }
  }

  answerOffer(agentId: string, offerId: string, isTaken: boolean): DeskOutcome {
    const { shell } = this.#parts;
    const contact = shell.acd.contactOfOffer(offerId);
    const offer = contact?.offers?.find((one) => one.offerId === offerId);
    if (!contact || offer?.agentId !== agentId) return { refused: 'not-yours' };
    if (workOf(contact.channel) === 'voice') return { refused: 'phone-rings' };
    const command = isTaken
      ? ({ type: 'offer.accepted', offerId } as const)
      : ({ type: 'offer.failed', offerId, reason: 'rejected' } as const);
    return refusedBy(shell.run(command).ignored);
  }

  /** The contact, if the agent works on it or it is offered to the agent. */
  onDesk(agentId: string, contactId: string): ContactView | undefined {
    const contact = this.#parts.shell.acd.contact(contactId);
    if (contact?.state === 'connected') return contact.agentId === agentId ? contact : undefined;
    return contact?.offers?.some((one) => one.agentId === agentId) ? contact : undefined;
  }

  #working(agentId: string, contactId: string): ContactView | undefined {
    const contact = this.onDesk(agentId, contactId);
    return contact?.state === 'connected' ? contact : undefined;
  }

  async thread(agentId: string, contactId: string): Promise<ThreadRow | undefined> {
    return this.onDesk(agentId, contactId) ? this.#parts.store.thread(contactId) : undefined;
  }

  /** Why no answer can go to the customer; undefined when one can. */
  whyNoReply({ channelId, threadId, mayBeAnswered, customer }: ThreadFacts): ThreadView['whyNoReply'] {
    if (channelId === formChannelId) return 'by-phone';
    const channel = this.#parts.channels.get(channelId);
    if (!channel || channel.health().state === 'off') return 'channel-off';
    if (customer.address === '') return 'no-address';
    if (!mayBeAnswered) return 'automatic';
    // Whoever closed the page cannot read it; a message in a mailbox can wait.
    const isGone = channel.capabilities.isLive && !this.#parts.desk.texts.presence(threadId).isHere;
    return isGone ? 'customer-gone' : undefined;
  }

  async send(
    agentId: string,
    contactId: string,
    request: SendMessage,
  ): Promise<{ message: MessageView } | { refused: DeskRefusal }> {
    const { store, desk, outbox, channels } = this.#parts;
    const thread = this.#working(agentId, contactId) && (await store.threadFacts(contactId));
    if (!thread) return { refused: 'not-yours' };
    const { isNote, clientId, attachmentIds } = request;
    const text = cleanBlock(request.text);
    if (text === '' && attachmentIds.length === 0) return { refused: 'empty' };
    const why = isNote ? undefined : this.whyNoReply(thread);
    // A live customer who lost the network for a moment reads it on coming back.
    if (why !== undefined && why !== 'customer-gone') return { refused: why };
    const filesAtMost = channels.get(thread.channelId)?.capabilities.attachments?.maxCount ?? 0;
    if (!isNote && attachmentIds.length > filesAtMost) return { refused: 'too-many-attachments' };
    const added = await desk.add({
      threadId: thread.threadId,
      contactId,
      author: 'agent',
      agentId,
      isNote,
      text,
      clientId,
      attachmentIds,
      isSent: !isNote,
    });
    if (added === 'unknown-attachment') return { refused: added };
    outbox.wake();
    if (!isNote) this.#replied(agentId, contactId);
    return { message: added.message };
  }

  /** Once for as long as this process knows; a process that died in between tells it again when the answer is sent again. */
  #replied(agentId: string, contactId: string): void {
    const { shell, clock, site } = this.#parts;
    if (this.#answered.has(contactId)) return;
    const contact = shell.acd.contact(contactId);
    if (!contact) return;
    this.#answered.add(contactId);
    if (this.#answered.size > answeredAtMost) this.#answered.delete(this.#answered.values().next().value!);
    const { queueId, arrivedAt } = contact;
    const at = clock.now();
    const responseMs = site.businessMs(queueId, arrivedAt, at);
    shell.record({ type: 'contact.replied', at, contactId, agentId, queueId, data: { responseMs } });
  }

  async transfer(
    agentId: string,
    contactId: string,
    { queueId, agentId: toAgentId, note }: TransferRequest,
  ): Promise<DeskOutcome> {
    const { shell } = this.#parts;
    if (!this.#working(agentId, contactId)) return { refused: 'not-yours' };
    const to =
      toAgentId === undefined ? { queueId: queueId ?? '' } : { agentId: toAgentId, waitMs: namedAgentWaitMs };
    const { ignored } = shell.run({ type: 'contact.transfer', contactId, to });
    if (ignored === undefined && note !== undefined) await this.#note(agentId, contactId, note);
    return refusedBy(ignored);
  }

  async close(agentId: string, contactId: string, { disposition, note }: CloseRequest): Promise<DeskOutcome> {
    const { shell, store, site } = this.#parts;
    const contact = this.#working(agentId, contactId);
    if (!contact) return { refused: 'not-yours' };
    const known = site.site.dispositions?.some(({ id }) => id === disposition) ?? false;
    if (disposition !== undefined && !known) return { refused: 'unknown-reason' };
    if (note !== undefined) await this.#note(agentId, contactId, note);
    if (disposition !== undefined) await store.setDisposition(contactId, disposition);
    // Meanwhile it may have been passed on, and is another agent's to close.
    if (!this.#working(agentId, contactId)) return { refused: 'not-yours' };
    return refusedBy(shell.run({ type: 'contact.agent-hung-up', contactId, reason: 'closed' }).ignored);
  }

  async read(agentId: string, contactId: string, seq: number): Promise<DeskOutcome> {
    if (!this.onDesk(agentId, contactId)) return { refused: 'not-yours' };
    this.#parts.desk.texts.noteRead(contactId, agentId, seq);
    this.#parts.news.contactChanged(contactId);
    await this.#parts.store.read(contactId, agentId, seq);
    return undefined;
  }

  async #note(agentId: string, contactId: string, text: string): Promise<void> {
    const { store, desk } = this.#parts;
    const thread = desk.texts.get(contactId) ?? (await store.threadFacts(contactId));
    if (!thread) return;
    await desk.add({
      threadId: thread.threadId,
      contactId,
      author: 'agent',
      agentId,
      isNote: true,
      text: cleanBlock(text),
      attachmentIds: [],
      isSent: false,
    });
  }
}
