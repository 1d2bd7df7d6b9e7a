/**
 * What the agent's page knows, as a pure fold: of the frames of the socket, of the threads it fetched and of its own
 * messages on their way. No clock, no I/O.
 *
 *   socket:   cut --frame 'desk'--> live --gap in n--> cut (the shell opens another socket, the desk comes anew)
 *   thread:   absent --asked--> asked (frames are kept aside) --fetched--> held (frames are laid in) --cut--> asked again
 *   message:  sending --answer or frame with its clientId--> gone from `pending`, shown as the server has it
 *                |--no answer--> waiting --again, same clientId--> sending
 *                '--refused----> refused (the agent takes the text back or drops it)
 *
 * Laws, tested: whatever the order of a fetched thread and the frames around it, a held thread is the server's; a message
 * is never shown twice, whichever of answer and frame comes first and however often it was sent.
 *
 * The races it stops: a thread that was read before a message, and answered after it; a delivery state that overtakes the
 * thread; a lost answer to a message that arrived.
 */
import type {
  AttachmentView,
  DeskFrame,
  DeskView,
  MessageView,
  ThreadView,
} from '../../server/contract/desk.ts';

/** By the contract (`messagesAtMost`), whose module would bring the validator along. */
export const messagesKept = 500;

export interface Pending {
  clientId: string;
  contactId: string;
  text: string;
  isNote: boolean;
  attachments: AttachmentView[];
  /** By the server's clock as far as we know it. */
  at: number;
  state: 'sending' | 'waiting' | 'refused';
  /** Of `refused`: the code, or the reason in its details. */
  why?: string;
}

export interface HeldThread {
  view: ThreadView;
  /** Frames that came while it was asked for: newer than the answer, or as new. Absent: not asked for. */
  aside?: MessageView[];
}

export interface DeskState {
  /** Of the newest frame of this socket. */
  n: number | undefined;
  isLive: boolean;
  desk: DeskView | undefined;
  threads: Record<string, HeldThread>;
  /** Asked for, and not held yet. */
  asked: Record<string, MessageView[]>;
  /** In the order in which they were written. */
  pending: readonly Pending[];
  /** The newest message of a contact that was before the agent's eyes here. */
  readSeq: Record<string, number>;
}

export const emptyDeskState: DeskState = {
  n: undefined,
  isLive: false,
  desk: undefined,
  threads: {},
  asked: {},
  pending: [],
  readSeq: {},
};

export type DeskInput =
  | { type: 'frame'; frame: Extract<DeskFrame, { type: 'desk' | 'message' }> }
  /** The socket is gone. `keep`: the thread that is open, kept for the eye until it is fetched again. */
  | { type: 'cut'; keep: string | undefined }
  /** This session may not see it any more: nothing of the customers' stays but what was written here. */
  | { type: 'revoked' }
  | { type: 'thread-asked'; contactId: string }
  | { type: 'thread'; thread: ThreadView }
  | { type: 'thread-failed'; contactId: string }
  | { type: 'write'; pending: Pending }
  | { type: 'again'; clientId: string }
  | { type: 'sent'; clientId: string; message: MessageView }
  | { type: 'unanswered'; clientId: string }
  | { type: 'refused'; clientId: string; why: string }
  | { type: 'drop'; clientId: string }
  | { type: 'read'; contactId: string; seq: number };

/** `gap`: a frame was lost, nothing may be built on this socket any more. */
export type DeskEffect = 'none' | 'gap';

/** Newer of the same message replaces; in order of `seq`; the newest `messagesKept`. */
export function layIn(messages: readonly MessageView[], more: readonly MessageView[]): MessageView[] {
  if (more.length === 0) return [...messages];
  const byId = new Map(messages.map((message) => [message.messageId, message]));
  for (const message of more) byId.set(message.messageId, message);
  return [...byId.values()].sort((a, b) => a.seq - b.seq).slice(-messagesKept);
}

function without<T>(record: Record<string, T>, key: string): Record<string, T> {
  if (!(key in record)) return record;
  const { [key]: _gone, ...rest } = record;
  return rest;
}

const isOnDesk = (desk: DeskView, contactId: string): boolean =>
  desk.mine.some((contact) => contact.contactId === contactId) ||
  desk.offers.some((contact) => contact.contactId === contactId);

/** Threads of contacts that have left the desk are forgotten: they are other people's now. */
function takeDesk(state: DeskState, desk: DeskView): DeskState {
  const keep = <T>(record: Record<string, T>) =>
    Object.fromEntries(Object.entries(record).filter(([contactId]) => isOnDesk(desk, contactId)));
  return {
    ...state,
    desk,
    threads: keep(state.threads),
    asked: keep(state.asked),
    readSeq: keep(state.readSeq),
  };
}

function takeMessage(state: DeskState, message: MessageView): DeskState {
  const { contactId, clientId } = message;
  const pending =
    clientId === undefined ? state.pending : state.pending.filter((own) => own.clientId !== clientId);
  const threads = { ...state.threads };
  for (const [id, held] of Object.entries(threads)) {
    // A bounce may change a message of an older contact of the same thread.
    const isHere =
      id === contactId || held.view.messages.some((known) => known.messageId === message.messageId);
    if (!isHere) continue;
    threads[id] = {
      view: { ...held.view, messages: layIn(held.view.messages, [message]) },
      ...(held.aside && { aside: [...held.aside, message] }),
    };
  }
  // Which thread it will belong to is not known yet: each that is asked for keeps it, and takes what it has use for.
  const asked = Object.fromEntries(
    Object.entries(state.asked).map(([id, aside]) => [id, [...aside, message]]),
  );
  return { ...state, threads, asked, pending };
}

function takeThread(state: DeskState, thread: ThreadView): DeskState {
  const { contactId } = thread.contact;
  if (state.desk && !isOnDesk(state.desk, contactId)) return state;
  const aside = state.asked[contactId] ?? state.threads[contactId]?.aside ?? [];
  const known = new Set(thread.messages.map((message) => message.messageId));
  const late = aside.filter((message) => message.contactId === contactId || known.has(message.messageId));
  const messages = layIn(thread.messages, late);
  const here = new Set(messages.flatMap(({ clientId }) => (clientId === undefined ? [] : [clientId])));
  return {
    ...state,
    threads: { ...state.threads, [contactId]: { view: { ...thread, messages } } },
    asked: without(state.asked, contactId),
    // One whose answer was lost, and whose frame as well.
    pending: state.pending.filter((own) => !here.has(own.clientId)),
  };
}

/** Asked for again before the answer came: what was kept aside stays, the shell hears the newest answer only. */
function askThread(state: DeskState, contactId: string): DeskState {
  const held = state.threads[contactId];
  if (!held) return { ...state, asked: { ...state.asked, [contactId]: state.asked[contactId] ?? [] } };
  const aside = held.aside ?? [];
  return { ...state, threads: { ...state.threads, [contactId]: { ...held, aside } } };
}

/** The answer to a send may be older than a frame that has overtaken it: what is known already stands. */
function takeAnswer(state: DeskState, clientId: string, message: MessageView): DeskState {
  const has = (messages: readonly MessageView[]) =>
    messages.some((known) => known.messageId === message.messageId);
  const isKnown =
    Object.values(state.threads).some((held) => has(held.view.messages)) ||
    Object.values(state.asked).some(has);
  return drop(isKnown ? state : takeMessage(state, message), clientId);
}

function failThread(state: DeskState, contactId: string): DeskState {
  const held = state.threads[contactId];
  const threads = held ? { ...state.threads, [contactId]: { view: held.view } } : state.threads;
  return { ...state, threads, asked: without(state.asked, contactId) };
}

/** Nothing that is held was told of what happened meanwhile; the server counts what is unread. */
function cut(state: DeskState, keep: string | undefined): DeskState {
  const held = keep === undefined ? undefined : state.threads[keep];
  return {
    ...state,
    n: undefined,
    isLive: false,
    threads: keep !== undefined && held ? { [keep]: { view: held.view } } : {},
    asked: {},
    readSeq: {},
  };
}

const change = (state: DeskState, clientId: string, to: (own: Pending) => Pending): DeskState => ({
  ...state,
  pending: state.pending.map((own) => (own.clientId === clientId ? to(own) : own)),
});

const drop = (state: DeskState, clientId: string): DeskState => ({
  ...state,
  pending: state.pending.filter((own) => own.clientId !== clientId),
});

export function nextDeskState(state: DeskState, input: DeskInput): { state: DeskState; effect: DeskEffect } {
  const quiet = (next: DeskState): { state: DeskState; effect: DeskEffect } => ({
    state: next,
    effect: 'none',
  });
  switch (input.type) {
    case 'frame': {
      const { frame } = input;
      if (state.n !== undefined && frame.n !== state.n + 1) return { state, effect: 'gap' };
      const counted = { ...state, n: frame.n };
      if (frame.type === 'desk') return quiet({ ...takeDesk(counted, frame.desk), isLive: true });
      return quiet(takeMessage(counted, frame.message));
    }
    case 'cut':
      return quiet(cut(state, input.keep));
    case 'revoked':
      return quiet({ ...emptyDeskState, pending: state.pending });
    case 'thread-asked':
      return quiet(askThread(state, input.contactId));
    case 'thread':
      return quiet(takeThread(state, input.thread));
    case 'thread-failed':
      return quiet(failThread(state, input.contactId));
    case 'write':
      return quiet({ ...state, pending: [...state.pending, input.pending] });
    case 'again':
      return quiet(change(state, input.clientId, ({ why: _why, ...own }) => ({ ...own, state: 'sending' })));
    case 'sent':
      return quiet(takeAnswer(state, input.clientId, input.message));
    case 'unanswered':
      return quiet(change(state, input.clientId, (own) => ({ ...own, state: 'waiting' })));
    case 'refused':
      return quiet(change(state, input.clientId, (own) => ({ ...own, state: 'refused', why: input.why })));
    case 'drop':
      return quiet(drop(state, input.clientId));
    case 'read':
      return quiet({
        ...state,
        readSeq: {
          ...state.readSeq,
          [input.contactId]: Math.max(input.seq, state.readSeq[input.contactId] ?? 0),
        },
      });
  }
}

/** What the agent has not read: as this page knows it where it holds the thread, else as the server counts. */
export function unreadOf(state: DeskState, contact: { contactId: string; unread: number }): number {
  const seen = state.readSeq[contact.contactId];
  const held = state.threads[contact.contactId];
  if (seen === undefined || !held) return contact.unread;
  return held.view.messages.filter(
    (message) => message.author === 'customer' && !message.isNote && message.seq > seen,
  ).length;
}
