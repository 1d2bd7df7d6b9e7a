/**
 * The agent's desk as one object: joins the socket, the fold, the outbox, the drafts and the uploads, and asks the server
 * for threads. What it may do to contacts and to the agent's state is in desk-actions.ts; how it looks, in views/.
 *
 * Races it stops: a slow answer to an earlier question for a thread (only the newest question's answer is taken); a
 * contact that leaves the desk while it is open.
 */
import { batch, computed, effect, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import type {
  DeskContact,
  DeskView,
  MessageView,
  SendMessage,
  ThreadView,
} from '../../server/contract/desk.ts';
import type { TicketAnswer } from '../../server/contract/rest.ts';
import type { Answer, CallOptions, Refusal } from '../shared/api-client.ts';
import type { SocketEnv, TicketOutcome } from '../shared/ticket-socket.ts';
import { newsOf, stickyOf, type News, type Sticky } from './desk-list.ts';
import { createDeskSocket, type DeskSocket } from './desk-socket.ts';
import { emptyDeskState, nextDeskState, type DeskInput, type DeskState, type Pending } from './desk-state.ts';
import { emptyDraft, readKept, writeKept, type Draft, type Drafts } from './drafts.ts';
import { createOutbox } from './outbox.ts';
import { createUploads, type Uploads } from './uploads.ts';

export type Request = <T>(path: string, options?: CallOptions) => Promise<Answer<T>>;

export interface Desk {
  state: ReadonlySignal<DeskState>;
  socket: DeskSocket;
  /** 403: this user is no agent, or has no desk at all. */
  barred: ReadonlySignal<'no-agent' | 'forbidden' | undefined>;
  openId: ReadonlySignal<string | undefined>;
  /** Its place in the list. */
  sticky: ReadonlySignal<Sticky | undefined>;
  /** Of `mine`; undefined where nothing is open. */
  openContact: ReadonlySignal<DeskContact | undefined>;
  /** Why the open thread could not be fetched. */
  threadFault: ReadonlySignal<Refusal | undefined>;
  drafts: ReadonlySignal<Drafts>;
  uploads: Uploads;
  /** The page is before somebody's eyes. */
  isSeen: Signal<boolean>;
  onNews: (listener: (news: News[]) => void) => void;
  /** A message of ours that will not be sent, of a contact that is no longer here. */
  onLost: (listener: (own: Pending) => void) => void;
  open: (contactId: string | undefined) => void;
  /** Opens it as soon as it is on the desk: what was just accepted. */
  openWhenMine: (contactId: string) => void;
  fetchThread: (contactId: string) => void;
  draftOf: (contactId: string) => Draft;
  setDraft: (contactId: string, change: Partial<Draft>) => void;
  send: (contactId: string) => void;
  sendAgain: () => void;
  drop: (clientId: string) => void;
  start: () => void;
  stop: () => void;
}

export interface DeskOptions {
  userId: string;
  request: Request;
  env: SocketEnv;
  newClientId: () => string;
  /** The session is gone or was narrowed. */
  onEnd: () => void;
}

const pathOf = (contactId: string) => `/api/desk/contacts/${encodeURIComponent(contactId)}`;

export function createDesk(options: DeskOptions): Desk {
  const { request, userId } = options;
  const kept = readKept(userId);
  const state = signal<DeskState>({ ...emptyDeskState, pending: kept.pending });
  const drafts = signal<Drafts>(kept.drafts);
  const barred = signal<'no-agent' | 'forbidden' | undefined>(undefined);
  const isSeen = signal(true);
  const openId = signal<string | undefined>(undefined);
  const sticky = signal<Sticky | undefined>(undefined);
  const faults = signal<Record<string, Refusal>>({});
  const openContact = computed(() =>
    state.value.desk?.mine.find((contact) => contact.contactId === openId.value),
  );
  let wantedId: string | undefined;
  let tellNews: (news: News[]) => void = () => undefined;
  let tellLost: (own: Pending) => void = () => undefined;
  const questions = new Map<string, number>();
  const stops: (() => void)[] = [];

  const dispatch = (input: DeskInput) => {
    const { state: next, effect: what } = nextDeskState(state.peek(), input);
    state.value = next;
    return what;
  };

  const fetchThread = async (contactId: string) => {
    const question = (questions.get(contactId) ?? 0) + 1;
    questions.set(contactId, question);
    dispatch({ type: 'thread-asked', contactId });
    const answer = await request<ThreadView>(pathOf(contactId));
    if (questions.get(contactId) !== question) return;
    questions.delete(contactId);
    batch(() => {
      const { [contactId]: _old, ...others } = faults.peek();
      faults.value = answer.isOk ? others : { ...others, [contactId]: answer };
      if (answer.isOk) dispatch({ type: 'thread', thread: answer.body });
      else dispatch({ type: 'thread-failed', contactId });
    });
  };
  const hasThread = (contact: DeskContact) => contact.channel !== 'voice';
  const openThread = () => {
    const contact = openContact.peek();
    if (contact && hasThread(contact)) void fetchThread(contact.contactId);
  };

  /** What the new desk means for what is open, wanted and begun. */
  const follow = (before: DeskView | undefined) => {
    const { desk } = state.peek();
    if (!desk) return;
    const here = new Set([...desk.mine, ...desk.offers].map((contact) => contact.contactId));
    if (openId.peek() !== undefined && !openContact.peek()) open(undefined);
    const stale = Object.keys(drafts.peek()).filter((contactId) => !here.has(contactId));
    if (stale.length > 0)
      drafts.value = Object.fromEntries(
        Object.entries(drafts.peek()).filter(([contactId]) => here.has(contactId)),
      );
    const wanted = wantedId;
    if (wanted !== undefined && desk.mine.some((contact) => contact.contactId === wanted)) open(wanted);
    // Taken by lifting the handset: what the customer wrote is wanted now, before the customer is on the line.
    const rang = before?.offers.find(
      ({ channel, contactId }) =>
        channel === 'callback' && desk.mine.some((contact) => contact.contactId === contactId),
    );
    if (rang) open(rang.contactId);
  };

  /** Whether a customer can be answered changes as they come and go; only the thread says so. */
  const refresh = (before: DeskView | undefined) => {
    const now = openContact.peek();
    const then = before?.mine.find((contact) => contact.contactId === now?.contactId);
    if (now && then && now.isCustomerHere !== then.isCustomerHere) openThread();
  };

  const socket = createDeskSocket({
    env: options.env,
    openTicket: async (): Promise<TicketOutcome> => {
      const answer = await request<TicketAnswer>('/api/desk/ticket', { method: 'POST', body: {} });
      if (answer.isOk) return { kind: 'ok', url: answer.body.url };
      const { reason } = answer.details;
      if (answer.status === 403 && reason !== 'must-change-password')
        barred.value = reason === 'no-agent' ? 'no-agent' : 'forbidden';
      return { kind: answer.status === 401 || answer.status === 403 ? 'refused' : 'failed' };
    },
    onFrame: (frame) => {
      const before = state.peek();
      const wasLive = before.isLive;
      if (dispatch({ type: 'frame', frame }) === 'gap') return false;
      if (frame.type === 'desk') {
        follow(before.desk);
        refresh(before.desk);
        tellNews(newsOf(before.desk, frame.desk, frame.serverAt));
        if (!wasLive) {
          openThread();
          outbox.hurry();
        }
      }
      return true;
    },
    onCut: () => void dispatch({ type: 'cut', keep: openId.peek() }),
    onRevoked: () => void dispatch({ type: 'revoked' }),
    onEnd: () => {
      if (barred.peek() === undefined) options.onEnd();
    },
  });

  const outbox = createOutbox({
    pending: () => state.value.pending,
    dispatch,
    post: (contactId, body: SendMessage) =>
      request<MessageView>(`${pathOf(contactId)}/messages`, { method: 'POST', body }),
    random: options.env.random,
  });

  const draftOf = (contactId: string) => drafts.value[contactId] ?? emptyDraft;
  const setDraft = (contactId: string, change: Partial<Draft>) => {
    drafts.value = {
      ...drafts.peek(),
      [contactId]: { ...(drafts.peek()[contactId] ?? emptyDraft), ...change },
    };
  };
  const uploads = createUploads((contactId, attachment) => {
    const { attachments } = drafts.peek()[contactId] ?? emptyDraft;
    setDraft(contactId, { attachments: [...attachments, attachment] });
  });

  function open(contactId: string | undefined): void {
    wantedId = undefined;
    if (contactId === openId.peek()) return;
    batch(() => {
      sticky.value = contactId === undefined ? undefined : stickyOf(state.peek(), contactId);
      openId.value = contactId;
    });
    // Held or not: what may be done there comes with the thread alone.
    openThread();
  }

  /** Tells the server what has been read, once a newer message is before the agent's eyes. */
  const markRead = () => {
    const contact = openContact.value;
    if (!isSeen.value || !contact || socket.connection.value !== 'live') return;
    const { contactId } = contact;
    const messages = state.value.threads[contactId]?.view.messages;
    const newest = messages?.findLast((message) => message.author === 'customer')?.seq;
    const known = state.value.readSeq[contactId];
    if (newest === undefined || (known !== undefined && newest <= known)) return;
    dispatch({ type: 'read', contactId, seq: newest });
    // Opened with nothing unread: the server knows it already.
    if (known === undefined && contact.unread === 0) return;
    void request(`${pathOf(contactId)}/read`, { method: 'POST', body: { seq: newest } });
  };
  /** Refused, and the contact has gone: nobody would see it in its thread. */
  const tellOfLost = () => {
    const { desk, pending, isLive } = state.value;
    if (!desk || !isLive) return;
    const lost = pending.filter(
      (own) => own.state === 'refused' && !desk.mine.some((contact) => contact.contactId === own.contactId),
    );
    for (const own of lost) {
      dispatch({ type: 'drop', clientId: own.clientId });
      tellLost(own);
    }
  };

  return {
    state,
    socket,
    barred,
    openId,
    sticky,
    openContact,
    threadFault: computed(() => faults.value[openId.value ?? '']),
    drafts,
    uploads,
    isSeen,
    onNews: (listener) => {
      tellNews = listener;
    },
    onLost: (listener) => {
      tellLost = listener;
    },
    open,
    openWhenMine: (contactId) => {
      wantedId = contactId;
      follow(undefined);
    },
    fetchThread: (contactId) => void fetchThread(contactId),
    draftOf,
    setDraft,
    send: (contactId) => {
      const draft = drafts.peek()[contactId] ?? emptyDraft;
      const { isNote } = draft;
      const text = (isNote ? draft.note : draft.reply).trim();
      const attachments = isNote ? [] : draft.attachments;
      if (text === '' && attachments.length === 0) return;
      const pending: Pending = {
        clientId: options.newClientId(),
        contactId,
        text,
        isNote,
        attachments,
        at: socket.serverNow(),
        state: 'sending',
      };
      batch(() => {
        setDraft(contactId, isNote ? { note: '', isNote: false } : { reply: '', attachments: [] });
        dispatch({ type: 'write', pending });
      });
    },
    sendAgain: () => outbox.hurry(),
    drop: (clientId) => void dispatch({ type: 'drop', clientId }),
    start: () => {
      socket.start();
      stops.push(
        effect(() => writeKept({ drafts: drafts.value, pending: state.value.pending }, userId)),
        effect(markRead),
        effect(tellOfLost),
      );
    },
    stop: () => {
      for (const stop of stops.splice(0)) stop();
      outbox.stop();
      uploads.stop();
      socket.stop();
    },
  };
}
