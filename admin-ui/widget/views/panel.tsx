/** The panel: its head with what can be done at any time, and the phase below it. Not modal: the page stays usable beside it. */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ChatConfig } from '../../../server/contract/chat.ts';
import { fill } from '../../shared/words.ts';
import type { ChatSession } from '../chat-session-types.ts';
import type { ChatSessionShell } from '../chat-session.ts';
import { useReading, type Reading } from '../reading.ts';
import { AskForm } from './ask-form.tsx';
import { Conversation } from './conversation.tsx';
import { Icon } from './icons.tsx';
import { RequestForm } from './request-form.tsx';
import { Transcript } from './transcript.tsx';

interface PanelProps {
  config: ChatConfig;
  state: ChatSession;
  session: ChatSessionShell;
  isMuted: boolean;
  onMute: () => void;
  onClose: () => void;
  /** Opened by the customer just now, not by a reload: may take the focus. */
  takesFocus: boolean;
}
type Question = 'transcript' | 'end' | undefined;

function headText(words: Reading['words'], state: ChatSession): string {
  switch (state.phase) {
    case 'waiting':
      return words.waiting;
    case 'talking':
      return fill(words.talkingWith, { name: state.agentName ?? words.agent });
    case 'ended':
      return words.ended;
    case 'starting':
      return words.loading;
    default:
      return '';
  }
}

function Menu(props: PanelProps & { onQuestion: (question: Question) => void }) {
  const { config, state, isMuted } = props;
  const { words } = useReading();
  const [isOpen, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const isRunning = state.phase === 'waiting' || state.phase === 'talking';
  const choose = (act: () => void) => () => {
    setOpen(false);
    act();
  };
  const close = (event: FocusEvent) => {
    if (!box.current?.contains(event.relatedTarget as Node | null)) setOpen(false);
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Escape' || !isOpen) return;
    event.stopPropagation();
    setOpen(false);
    box.current?.querySelector('button')?.focus();
  };
  return (
    <div class="menu" ref={box} onFocusOut={close} onKeyDown={onKeyDown}>
      <button
        type="button"
        class="icon-button"
        aria-label={words.menu}
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name="more" />
      </button>
      {isOpen && (
        <div class="menu-list">
          <button type="button" onClick={choose(props.onMute)}>
            {isMuted ? words.soundOn : words.soundOff}
          </button>
          {config.hasTranscript && (isRunning || state.phase === 'ended') && (
            <button type="button" onClick={choose(() => props.onQuestion('transcript'))}>
              {words.transcript}
            </button>
          )}
          {isRunning && (
            <button type="button" onClick={choose(() => props.onQuestion('end'))}>
              {words.endChat}
            </button>
          )}
        </div>
      )}
    </div>
  );
}

function EndQuestion({ onNo, onYes }: { onNo: () => void; onYes: () => void }) {
  const { words } = useReading();
  return (
    <div class="ending" role="group" aria-label={words.endSure}>
      <p>{words.endSure}</p>
      <div class="actions">
        <button type="button" class="button" data-focus onClick={onNo}>
          {words.no}
        </button>
        <button type="button" class="button is-danger" onClick={onYes}>
          {words.endChat}
        </button>
      </div>
    </div>
  );
}

function Body(props: PanelProps & { question: Question; onQuestion: (question: Question) => void }) {
  const { config, state, session, question, onQuestion } = props;
  const { words } = useReading();
  const done = () => onQuestion(undefined);
  if (state.phase === 'closed') return <p class="sheet quiet">{words.loading}</p>;
  if (state.phase === 'offline') {
    const { text, hasForm, formId } = config.offline;
    return (
      <div class="sheet">
        <p class="lead">{text}</p>
        {hasForm && <RequestForm formId={formId ?? config.widgetId} fallback={config} />}
      </div>
    );
  }
  if (state.phase === 'asking' || state.token === undefined)
    return <AskForm config={config} state={state} session={session} />;
  const asked =
    question === 'transcript' ? (
      <Transcript token={state.token} onDone={done} />
    ) : question === 'end' && state.phase !== 'ended' ? (
      <EndQuestion
        onNo={done}
        onYes={() => {
          session.dispatch({ type: 'end-asked' });
          done();
        }}
      />
    ) : undefined;
  return (
    <Conversation
      config={config}
      state={state}
      session={session}
      question={asked}
      onTranscript={() => onQuestion('transcript')}
    />
  );
}

/** On a telephone the panel is as high as what the keyboard leaves free. */
function useVisibleHeight() {
  const panel = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const view = window.visualViewport;
    if (!view) return undefined;
    const fit = () => {
      panel.current?.style.setProperty('--visible-height', `${view.height}px`);
      panel.current?.style.setProperty('--visible-top', `${view.offsetTop}px`);
    };
    fit();
    view.addEventListener('resize', fit);
    view.addEventListener('scroll', fit);
    return () => {
      view.removeEventListener('resize', fit);
      view.removeEventListener('scroll', fit);
    };
  }, []);
  return panel;
}

export function Panel(props: PanelProps) {
  const { config, state, onClose } = props;
  const { words } = useReading();
  const panel = useVisibleHeight();
  const [question, setQuestion] = useState<Question>();
  const hadFocus = useRef(props.takesFocus);
  const head = headText(words, state);

  // The focus follows what is asked next, but only within the panel: it is never taken from the page.
  useLayoutEffect(() => {
    if (hadFocus.current) panel.current?.querySelector<HTMLElement>('[data-focus]')?.focus();
  }, [state.phase, state.token === undefined, question]);
  return (
    <section
      class="panel"
      ref={panel}
      role="dialog"
      aria-modal="false"
      aria-labelledby="chat-title"
      data-phase={state.phase}
      data-live={state.isLive}
      onFocusIn={() => {
        hadFocus.current = true;
      }}
      onFocusOut={(event) => {
        // Without a next place the focused thing was taken away: the next phase gives the focus a new one.
        if (event.relatedTarget)
          hadFocus.current = panel.current?.contains(event.relatedTarget as Node) ?? false;
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape' && !event.isComposing) onClose();
      }}
    >
      <header class="head">
        <div class="head-text">
          <h2 id="chat-title">{config.title}</h2>
          {head !== '' && <p>{head}</p>}
        </div>
        <Menu {...props} onQuestion={setQuestion} />
        <button type="button" class="icon-button" aria-label={words.closeChat} onClick={onClose}>
          <Icon name="down" />
        </button>
      </header>
      <Body {...props} question={question} onQuestion={setQuestion} />
    </section>
  );
}
