/** A running or ended chat: place in the queue, the log, who types, and below it the composer or what can be done after the end. */
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { fill } from '../../shared/words.ts';
import { canWrite } from '../chat-session-state.ts';
import type { ChatSession } from '../chat-session-types.ts';
import { useReading, type Reading } from '../reading.ts';
import { shownLines } from '../shown-lines.ts';
import type { AskFormProps } from './ask-form.tsx';
import { Composer } from './composer.tsx';
import { Icon } from './icons.tsx';
import { Line } from './line.tsx';

/** So far from the end one still reads the end. */
const nearEndPx = 48;
/** A link that comes back so soon is not worth a word. */
const lostAfterMs = 1500;

function WaitingCard({ place }: { place: ChatSession['place'] }) {
  const { words, count } = useReading();
  const { position, estimateMs } = place;
  const minutes = estimateMs === undefined ? undefined : Math.max(1, Math.round(estimateMs / 60_000));
  const title =
    position === undefined
      ? words.waiting
      : position <= 1
        ? words.next
        : fill(words.place, { place: position });
  return (
    <div class="waiting">
      <span class="waiting-mark" aria-hidden="true">
        {position ?? '…'}
      </span>
      <div>
        <p role="status" class="waiting-title">
          {title}
          {minutes !== undefined && <span class="waiting-estimate">{count(words.estimate, minutes)}</span>}
        </p>
        <p class="quiet">{words.writeAlready}</p>
      </div>
    </div>
  );
}

/** Whether the link has been gone so long that the customer should know. */
function useIsLost(state: ChatSession): boolean {
  const isAway = !state.isLive && (state.phase === 'waiting' || state.phase === 'talking');
  const [isLost, setLost] = useState(false);
  useEffect(() => {
    if (!isAway) {
      setLost(false);
      return undefined;
    }
    const timer = setTimeout(() => setLost(true), lostAfterMs);
    return () => clearTimeout(timer);
  }, [isAway]);
  return isLost;
}

/** Keeps the end in sight for one who was there, and leaves one who reads above in peace. */
function useEndInSight(length: number, isTyping: boolean) {
  const log = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const [hasMore, setMore] = useState(false);
  const toEnd = () => {
    const element = log.current;
    if (element) element.scrollTop = element.scrollHeight;
    setMore(false);
  };
  useLayoutEffect(() => {
    if (isAtEnd.current) toEnd();
    else setMore(true);
  }, [length]);
  useLayoutEffect(() => {
    if (isAtEnd.current) toEnd();
  }, [isTyping]);
  useEffect(() => {
    const element = log.current;
    if (!element || typeof ResizeObserver !== 'function') return undefined;
    // The keyboard of a telephone, a picture that has come, a composer that has grown.
    const watch = new ResizeObserver(() => {
      if (isAtEnd.current) toEnd();
    });
    watch.observe(element);
    if (element.firstElementChild) watch.observe(element.firstElementChild);
    return () => watch.disconnect();
  }, []);
  const onScroll = () => {
    const element = log.current;
    if (!element) return;
    isAtEnd.current = element.scrollHeight - element.scrollTop - element.clientHeight < nearEndPx;
    if (isAtEnd.current) setMore(false);
  };
  return { log, hasMore, toEnd, onScroll };
}

function endText(words: Reading['words'], by: ChatSession['endedBy']): string {
  if (by === 'agent') return words.endedByAgent;
  return by === 'idle' ? words.endedIdle : words.ended;
}

interface ConversationProps extends AskFormProps {
  onTranscript: () => void;
  /** A question of the panel's own, in the place of the composer. */
  question: ComponentChildren;
}

function Ending({ config, state, session, onTranscript }: ConversationProps) {
  const { words } = useReading();
  return (
    <div class="ending">
      <p role="status">{endText(words, state.endedBy)}</p>
      <div class="actions">
        {config.hasTranscript && (
          <button type="button" class="button" onClick={onTranscript}>
            {words.transcript}
          </button>
        )}
        <button
          type="button"
          class="button is-main"
          data-focus
          onClick={() => session.dispatch({ type: 'again' })}
        >
          {words.newChat}
        </button>
      </div>
    </div>
  );
}

export function Conversation(props: ConversationProps) {
  const { config, state, session } = props;
  const { words, formats } = useReading();
  const isLost = useIsLost(state);
  const shown = shownLines(state);
  const isTyping = state.isAgentTyping && state.phase === 'talking';
  const end = useEndInSight(shown.length, isTyping);
  const { consent, agentName } = state;
  const typing = fill(words.typing, { name: agentName ?? words.agent });

  return (
    <>
      {state.phase === 'waiting' && <WaitingCard place={state.place} />}
      <div
        class="log"
        ref={end.log}
        onScroll={end.onScroll}
        tabIndex={0}
        role="log"
        aria-live="polite"
        aria-relevant="additions"
        aria-label={words.log}
      >
        <div>
          {consent && (
            <p class="consent-given">
              {fill(words.consentGiven, { time: formats.dateTime(consent.at), version: consent.version })}
            </p>
          )}
          <ol class="lines">
            {shown.map(({ key, ...line }) => (
              <Line
                key={key}
                line={{ key, ...line }}
                onRetry={canWrite(state) ? (clientId) => session.retry(clientId) : undefined}
                onDiscard={(clientId) => session.dispatch({ type: 'discarded', clientId })}
              />
            ))}
          </ol>
          {isTyping && (
            <p class="typing" aria-hidden="true">
              <span class="dots">
                <i />
                <i />
                <i />
              </span>
              {typing}
            </p>
          )}
        </div>
      </div>
      <p class="unseen" role="status">
        {isTyping ? typing : ''}
      </p>
      {end.hasMore && (
        <button type="button" class="to-end" onClick={end.toEnd}>
          {words.newBelow} <Icon name="down" />
        </button>
      )}
      {isLost && (
        <p class="lost" role="status">
          {words.reconnecting}
        </p>
      )}
      {props.question ??
        (state.phase === 'ended' ? (
          <Ending {...props} />
        ) : (
          <Composer config={config} draft={state.draft} fault={state.fault} session={session} />
        ))}
    </>
  );
}
