/** The chat on the page: the launcher, the panel, the configuration between them, and the sound of what comes unseen. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ChatConfig } from '../../../server/contract/chat.ts';
import { backOffMs } from '../../shared/back-off.ts';
import { accentOf, type Theme } from '../colours.ts';
import { newestSeq } from '../chat-lines.ts';
import { unreadCount } from '../chat-session-state.ts';
import type { ChatApi } from '../chat-api.ts';
import type { ChatSessionShell } from '../chat-session.ts';
import type { Embedding } from '../embed.ts';
import { ReadingContext, readingOf, useReading } from '../reading.ts';
import { allowSound, chime } from '../sound.ts';
import { Icon } from './icons.tsx';
import { Panel } from './panel.tsx';

/** An older configuration is asked for again when the panel opens: the office may have closed meanwhile. */
const freshForMs = 30_000;
/** A page without its chat is no emergency: a thousand open pages must not storm a server that starts. */
const retryFactor = 15;

export interface AppProps {
  embedding: Embedding;
  api: ChatApi;
  session: ChatSessionShell;
}

function useConfig({ embedding, api }: AppProps) {
  const [config, setConfig] = useState<ChatConfig>();
  const known = useRef<{ config: ChatConfig; at: number } | undefined>(undefined);
  const load = async (): Promise<'ok' | 'none' | 'failed'> => {
    const answer = await api.config(embedding.id, embedding.language);
    if (!answer.isOk) return answer.status === 404 ? 'none' : 'failed';
    known.current = { config: answer.body, at: performance.now() };
    setConfig(answer.body);
    return 'ok';
  };
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const attempt = async (count: number) => {
      if ((await load()) === 'failed')
        timer = setTimeout(() => void attempt(count + 1), backOffMs(count, Math.random()) * retryFactor);
    };
    void attempt(0);
    return () => clearTimeout(timer);
  }, []);
  /** The newest there is: an old one where the server does not answer. */
  const refresh = async (isForced: boolean): Promise<ChatConfig | undefined> => {
    const isFresh = known.current && performance.now() - known.current.at < freshForMs;
    if (isForced || !isFresh) await load();
    return known.current?.config;
  };
  return { config, refresh };
}

export function useTheme(wish: 'light' | 'dark' | 'auto'): Theme {
  const [isDark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const query = matchMedia('(prefers-color-scheme: dark)');
    const change = () => setDark(query.matches);
    query.addEventListener?.('change', change);
    return () => query.removeEventListener?.('change', change);
  }, []);
  return wish === 'auto' ? (isDark ? 'dark' : 'light') : wish;
}

/** The widget's own colours, set through the object model, which no policy of the page forbids. */
export const accentStyle = (colour: string, theme: Theme) => {
  const accent = accentOf(colour, theme);
  return { '--accent': accent.fill, '--on-accent': accent.onFill, '--accent-text': accent.text };
};

/** Keys typed here are no shortcuts of the page. */
export const keepKeys = {
  onKeyDown: (event: KeyboardEvent) => event.stopPropagation(),
  onKeyUp: (event: KeyboardEvent) => event.stopPropagation(),
  onKeyPress: (event: KeyboardEvent) => event.stopPropagation(),
};

function useSession(session: ChatSessionShell) {
  const [state, setState] = useState(session.state);
  useEffect(() => {
    // What a reload found may have come between the first painting and now.
    setState(session.state());
    return session.subscribe(() => setState(session.state()));
  }, [session]);
  return state;
}

function Launcher(props: {
  unread: number;
  launcher: { current: HTMLButtonElement | null };
  onOpen: () => void;
}) {
  const { words, count } = useReading();
  const unreadText = props.unread > 0 ? count(words.unread, props.unread) : undefined;
  return (
    <div class="corner">
      <button
        type="button"
        class="launcher"
        ref={props.launcher}
        aria-label={unreadText === undefined ? words.openChat : `${words.openChat}, ${unreadText}`}
        onClick={props.onOpen}
      >
        <Icon name="chat" />
        {props.unread > 0 && <span class="badge">{props.unread > 99 ? '99+' : props.unread}</span>}
      </button>
      <p class="unseen" role="status">
        {unreadText ?? ''}
      </p>
    </div>
  );
}

export function App(props: AppProps) {
  const { embedding, api, session } = props;
  const state = useSession(session);
  const { config, refresh } = useConfig(props);
  const [isOpen, setOpen] = useState(() => session.storage.isSet('panel'));
  const [isMuted, setMuted] = useState(() => session.storage.isSet('muted'));
  const wasClicked = useRef(false);
  const launcher = useRef<HTMLButtonElement>(null);
  const theme = useTheme(embedding.theme ?? config?.theme ?? 'auto');
  const isShown = isOpen && config !== undefined;
  const unread = unreadCount(state);

  useEffect(() => {
    if (!isShown || state.phase !== 'closed') return;
    void refresh(false).then((fresh) => {
      if (fresh) session.dispatch({ type: 'opened', isOpen: fresh.isOpen });
    });
  }, [isShown, state.phase]);
  useEffect(() => {
    // The text to be agreed to, or what must be told, has changed under our hands.
    if (/^(consent|field)-/.test(state.fault ?? '')) void refresh(true);
  }, [state.fault]);
  useEffect(() => {
    const look = () => {
      if (isShown && document.visibilityState === 'visible') session.dispatch({ type: 'seen' });
    };
    look();
    document.addEventListener('visibilitychange', look);
    return () => document.removeEventListener('visibilitychange', look);
  }, [isShown, state.lines]);
  useEffect(() => {
    session.onArrival(() => {
      const isInSight = isShown && document.visibilityState === 'visible';
      if (!isInSight && !isMuted && session.storage.claim(newestSeq(session.state().lines))) chime();
    });
  }, [isShown, isMuted]);

  if (!config) return null;
  const open = () => {
    wasClicked.current = true;
    allowSound();
    session.storage.set('panel', true);
    setOpen(true);
    if (state.phase === 'asking' || state.phase === 'offline')
      void refresh(false).then((fresh) => {
        if (fresh) session.dispatch({ type: 'opened', isOpen: fresh.isOpen });
      });
  };
  const close = () => {
    session.storage.set('panel', false);
    setOpen(false);
    // The next at this computer need not read what was said.
    if (state.phase === 'ended') session.dispatch({ type: 'again' });
    requestAnimationFrame(() => launcher.current?.focus());
  };
  const mute = () => {
    session.storage.set('muted', !isMuted);
    setMuted(!isMuted);
  };
  return (
    <ReadingContext.Provider value={readingOf(config.language, api)}>
      <div
        class="widget"
        lang={config.language}
        data-theme={theme}
        style={accentStyle(embedding.colour ?? config.colour, theme)}
        onClick={allowSound}
        {...keepKeys}
      >
        {isShown ? (
          <Panel
            config={config}
            state={state}
            session={session}
            isMuted={isMuted}
            onMute={mute}
            onClose={close}
            takesFocus={wasClicked.current}
          />
        ) : (
          <Launcher unread={unread} launcher={launcher} onOpen={open} />
        )}
      </div>
    </ReadingContext.Provider>
  );
}
