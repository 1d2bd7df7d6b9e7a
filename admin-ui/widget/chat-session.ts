/**
 * The shell around the machine of a chat: takes its effects to the socket, the storage, the other tabs and the server, and
 * what comes back to the machine. Decides nothing itself. Events are taken one after the other, also those that an effect
 * brings about at once, so that no effect ever sees half a step.
 */
import type { StartChat } from '../../server/contract/chat.ts';
import type { ChatApi } from './chat-api.ts';
import { refusalCode } from './checks.ts';
import { cleanText } from './chat-lines.ts';
import { nextChat, unreadCount } from './chat-session-state.ts';
import { closedChat, type ChatEffect, type ChatEvent, type ChatSession } from './chat-session-types.ts';
import { createChatSocket } from './chat-socket.ts';
import { createChatStorage } from './chat-storage.ts';

/** The contract: typing is good for so long. */
const typingGoodMs = 5000;
const typedEveryMs = 3000;

export interface ChatSessionShell {
  state: () => ChatSession;
  storage: ReturnType<typeof createChatStorage>;
  subscribe: (listener: () => void) => () => void;
  dispatch: (event: ChatEvent) => void;
  /** Takes up what a reload or another tab left. */
  resume: () => void;
  submit: (request: StartChat) => void;
  /** The draft as a line; nothing is sent of an empty one. */
  write: () => void;
  retry: (clientId: string) => void;
  typed: () => void;
  /** New lines of an agent came. */
  onArrival: (listener: () => void) => void;
}

/** 22 characters of 128 random bits; a page without TLS has no `randomUUID`. */
export function newClientId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, '-')
    .replace(/\//g, '_')
    .replace(/=+$/, '');
}

export function createChatSession(options: {
  api: ChatApi;
  base: string;
  widgetId: string;
}): ChatSessionShell {
  const { api, widgetId } = options;
  let state = closedChat;
  let lastOrder = 0;
  let typedAt = -Infinity;
  let typingTimer: ReturnType<typeof setTimeout> | undefined;
  let arrival: (() => void) | undefined;
  let isStepping = false;
  const waiting: ChatEvent[] = [];
  const listeners = new Set<() => void>();

  const storage = createChatStorage(widgetId, (share) => dispatch({ type: 'shared', share }));
  const socket = createChatSocket({
    url: `${options.base.replace(/^http/, 'ws')}/chat/socket`,
    hello: () => {
      const { token, lines } = state;
      return token === undefined
        ? undefined
        : { type: 'hello', token, after: lines[lines.length - 1]?.seq ?? 0 };
    },
    onFrame: (frame) => {
      dispatch({ type: 'frame', frame });
      if (frame.type !== 'typing') return;
      clearTimeout(typingTimer);
      typingTimer = setTimeout(() => dispatch({ type: 'typing-over' }), typingGoodMs);
    },
    onLost: () => dispatch({ type: 'lost' }),
  });
  const nextOrder = () => {
    lastOrder = Math.max(Date.now(), lastOrder + 1);
    return lastOrder;
  };

  const start = async (request: StartChat) => {
    const answer = await api.start(widgetId, request);
    if (answer.isOk)
      dispatch({ type: 'started', token: answer.body.token, clientId: newClientId(), order: nextOrder() });
    else dispatch({ type: 'refused', code: refusalCode(answer) });
  };
  const carryOut = (effect: ChatEffect) => {
    switch (effect.type) {
      case 'start':
        void start(effect.request);
        return;
      case 'connect':
        socket.connect();
        return;
      case 'reconnect':
        socket.reconnect();
        return;
      case 'disconnect':
        socket.disconnect();
        return;
      case 'send':
        socket.send(effect.frame);
        return;
      case 'keep':
        storage.keep(effect.share);
        return;
      case 'forget':
        storage.forget(effect.share);
        return;
      case 'leave':
        storage.leave(effect.token);
    }
  };

  function dispatch(event: ChatEvent): void {
    waiting.push(event);
    if (isStepping) return;
    isStepping = true;
    const before = state;
    try {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const result = nextChat(state, next);
        if (result.state.draft !== state.draft) storage.keepDraft(result.state.draft);
        state = result.state;
        for (const effect of result.effects) carryOut(effect);
      }
    } finally {
      isStepping = false;
    }
    if (state === before) return;
    for (const listener of listeners) listener();
    if (unreadCount(state) > unreadCount(before)) arrival?.();
  }

  const wake = () => {
    if (document.visibilityState === 'visible') socket.wake();
  };
  window.addEventListener('online', wake);
  document.addEventListener('visibilitychange', wake);
  // A page taken back from the browser's cache has slept through whatever the other tabs said.
  window.addEventListener('pageshow', (event) => {
    if (event.persisted) shell.resume();
  });

  const shell: ChatSessionShell = {
    state: () => state,
    storage,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    dispatch,
    resume: () => {
      const draft = storage.draft();
      for (const share of storage.load()) dispatch({ type: 'shared', share });
      if (draft) dispatch({ type: 'drafted', draft });
      socket.wake();
    },
    submit: (request) => {
      dispatch({ type: 'drafted', draft: { ...state.draft, text: cleanText(state.draft.text) } });
      dispatch({ type: 'submitted', request, at: Date.now() });
    },
    write: () => {
      const { text, attachments } = state.draft;
      typedAt = -Infinity;
      dispatch({
        type: 'wrote',
        clientId: newClientId(),
        text: cleanText(text),
        attachments,
        order: nextOrder(),
      });
    },
    retry: (clientId) =>
      dispatch({ type: 'retried', clientId, newClientId: newClientId(), order: nextOrder() }),
    typed: () => {
      if (state.phase !== 'talking' || performance.now() - typedAt < typedEveryMs) return;
      typedAt = performance.now();
      dispatch({ type: 'typed' });
    },
    onArrival: (listener) => {
      arrival = listener;
    },
  };
  return shell;
}
