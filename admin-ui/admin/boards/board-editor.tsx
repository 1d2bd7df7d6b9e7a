/** The editor of one board: what is done to it above, the board in the middle, kinds of widgets below, settings beside it. */
import { useEffect, useState } from 'preact/hooks';
import type { Refusal } from '../../shared/api-client.ts';
import { Notice } from '../../shared/parts/notice.tsx';
import { fill, plural } from '../../shared/words.ts';
import { formats, language, words } from '../reading.ts';
import { guardLeaving } from '../route.ts';
import { refusalText } from '../session.ts';
import { AddStrip } from './add-strip.tsx';
import { BoardPanel } from './board-panel.tsx';
import { boardItself, type Content } from './board-draft.ts';
import { canRedo, canUndo, widgetOf } from './board-editor-state.ts';
import {
  closeBoard,
  createBoard,
  dispatch,
  hasUnsaved,
  lastRefusal,
  loadBoard,
  opened,
  saveBoard,
} from './board-store.ts';
import { editorRefusalText } from './board-words.ts';
import { ConflictDialog, KeysDialog, LeaveDialog } from './editor-dialogs.tsx';
import { useEditorKeys } from './editor-keys.ts';
import type { PreviewFeed } from './preview-feed.ts';
import { useSiteThings } from './site-things.ts';
import { Stage, StageNotice } from './stage.tsx';
import { WidgetPanel } from './widget-panel.tsx';

const refusalForMs = 5000;
type Asking = 'conflict' | 'gone' | 'keys' | { leave: () => void };

const icons = {
  undo: 'M7.500 4L3.500 8l4 4M3.500 8h8.500a4.300 4.300 0 0 1 0 8.600H9',
  redo: 'M12.500 4l4 4-4 4M16.500 8H8a4.300 4.300 0 0 0 0 8.600h3',
  keys: 'M2.500 5.500h15v9h-15zM5.500 8.500h.1M8.500 8.500h.1M11.500 8.500h.1M14.500 8.500h.1M6.500 11.700h7',
};

function Tool({
  icon,
  label,
  isOff = false,
  onClick,
}: {
  icon: keyof typeof icons;
  label: string;
  isOff?: boolean;
  onClick: () => void;
}) {
  return (
    <button
      type="button"
      class="button board-tool"
      aria-label={label}
      title={label}
      disabled={isOff}
      onClick={onClick}
    >
      <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
        <path
          d={icons[icon]}
          fill="none"
          stroke="currentColor"
          stroke-width="1.7"
          stroke-linecap="round"
          stroke-linejoin="round"
        />
      </svg>
    </button>
  );
}

/** What stands between the board and its saving; leads to the first of them. */
function Faults({ state }: { state: Content }) {
  const ids = Object.keys(state.drafts);
  const first = ids[0];
  if (first === undefined) return null;
  const count = ids.reduce((sum, id) => sum + Object.keys(state.drafts[id] ?? {}).length, 0);
  return (
    <button
      type="button"
      class="link-button board-faults"
      onClick={() => dispatch({ type: 'select', widgetId: first === boardItself ? undefined : first })}
    >
      {plural(language.value, words.value.boardFaults, count)}
    </button>
  );
}

interface BarProps {
  isBusy: boolean;
  savedAt: number | undefined;
  onSave: () => void;
  onKeys: () => void;
}

function Bar({ isBusy, savedAt, onSave, onKeys }: BarProps) {
  const { state } = opened.value!;
  const w = words.value;
  const isUnsaved = hasUnsaved.value;
  return (
    <header class="board-bar">
      <a class="board-back" href="#/boards">
        ← {w.boardBack}
      </a>
      <h1 class="cut" data-given title={state.board.name}>
        {state.board.name}
      </h1>
      <span class="board-status" role="status">
        {isUnsaved && <b class="changed">{w.boardUnsaved}</b>}
        {!isUnsaved && savedAt !== undefined && (
          <span class="quiet">{fill(w.boardSavedAt, { time: formats.value.time(savedAt) })}</span>
        )}
      </span>
      <Faults state={state} />
      <span class="board-tools">
        <Tool
          icon="undo"
          label={w.boardUndo}
          isOff={!canUndo(state)}
          onClick={() => dispatch({ type: 'undo' })}
        />
        <Tool
          icon="redo"
          label={w.boardRedo}
          isOff={!canRedo(state)}
          onClick={() => dispatch({ type: 'redo' })}
        />
        <Tool icon="keys" label={w.boardKeys} onClick={onKeys} />
        <button type="button" class="button is-main" disabled={!isUnsaved || isBusy} onClick={onSave}>
          {w.boardSave}
        </button>
      </span>
    </header>
  );
}

/** Said for a while, and to those who hear the page. */
function RefusalNotice() {
  const refusal = lastRefusal.value;
  useEffect(() => {
    if (!refusal) return undefined;
    const timer = setTimeout(() => {
      if (lastRefusal.peek() === refusal) lastRefusal.value = undefined;
    }, refusalForMs);
    return () => clearTimeout(timer);
  }, [refusal]);
  return (
    <div class="board-said" aria-live="assertive">
      {refusal && <Notice kind="bad">{editorRefusalText(refusal.why)}</Notice>}
    </div>
  );
}

function useOpen(boardId: string): string | undefined {
  const [fault, setFault] = useState<string>();
  useEffect(() => {
    // What was left unsaved by a session that ended is still there.
    if (opened.peek()?.row.boardId === boardId && hasUnsaved.peek()) return;
    closeBoard();
    void loadBoard(boardId).then((refusal) => {
      if (refusal === 'unreadable') setFault(words.peek().boardUnreadable);
      else if (refusal) setFault(refusalText(refusal));
    });
  }, [boardId]);
  return fault;
}

function useGuard(ask: (leave: () => void) => void): void {
  useEffect(() => {
    const release = guardLeaving((leave) => {
      if (hasUnsaved.peek()) ask(leave);
      return hasUnsaved.peek();
    });
    const onUnload = (event: BeforeUnloadEvent) => {
      if (hasUnsaved.peek()) event.preventDefault();
    };
    window.addEventListener('beforeunload', onUnload);
    return () => {
      release();
      window.removeEventListener('beforeunload', onUnload);
    };
  }, []);
}

function useSaving(setAsking: (what: 'conflict' | 'gone') => void) {
  const [isBusy, setBusy] = useState(false);
  const [savedAt, setSavedAt] = useState<number>();
  const [said, setSaid] = useState<string>();
  const save = async () => {
    const now = opened.peek();
    if (!now || isBusy || !hasUnsaved.peek()) return;
    const wrong = Object.keys(now.state.drafts)[0];
    if (wrong !== undefined) {
      setSaid(words.peek().boardPutRight);
      dispatch({ type: 'select', widgetId: wrong === boardItself ? undefined : wrong });
      return;
    }
    setBusy(true);
    const outcome = await saveBoard();
    setBusy(false);
    setSaid(undefined);
    if (outcome === 'saved') setSavedAt(Date.now());
    else if (outcome === 'conflict' || outcome === 'gone') setAsking(outcome);
    else setSaid(refusalText(outcome));
  };
  return { isBusy, savedAt, said, setSaid, save };
}

/** Whether the selected widget asks for one figure, and the preview has none. */
function hasNoValue(feed: PreviewFeed | undefined, widgetId: string): boolean {
  const data = feed?.tree?.boards['draft']?.data[widgetId];
  return data !== undefined && !('value' in data);
}

function Question({
  asking,
  boardId,
  close,
  onRefused,
}: {
  asking: Asking;
  boardId: string;
  close: () => void;
  onRefused: (refusal: Refusal) => void;
}) {
  const board = opened.value!.state.board;
  if (asking === 'keys') return <KeysDialog onClose={close} />;
  if (typeof asking === 'object')
    return (
      <LeaveDialog
        name={board.name}
        onStay={close}
        onLeave={() => {
          closeBoard();
          asking.leave();
        }}
      />
    );
  const keep = async () => {
    const name = fill(words.peek().boardsCopyName, { name: board.name }).slice(0, 80).trim();
    const made = await createBoard({ ...board, name });
    close();
    if (!('boardId' in made)) return onRefused(made);
    closeBoard();
    window.location.hash = `#/boards?id=${encodeURIComponent(made.boardId)}`;
  };
  return (
    <ConflictDialog
      boardId={boardId}
      what={asking}
      onClose={close}
      onKeep={() => void keep()}
      onLoad={() => {
        close();
        void loadBoard(boardId);
      }}
    />
  );
}

export function BoardEditor({ boardId }: { boardId: string }) {
  const [asking, setAsking] = useState<Asking>();
  const [feed, setFeed] = useState<PreviewFeed>();
  const fault = useOpen(boardId);
  const { isBusy, savedAt, said, setSaid, save } = useSaving(setAsking);
  useSiteThings();
  useGuard((leave) => setAsking({ leave }));
  useEditorKeys(() => void save());
  const w = words.value;
  const state = opened.value?.row.boardId === boardId ? opened.value.state : undefined;
  if (fault !== undefined)
    return (
      <>
        <a class="board-back" href="#/boards">
          ← {w.boardBack}
        </a>
        <Notice kind="bad">{fault}</Notice>
      </>
    );
  if (!state) return <p class="quiet">{w.loading}</p>;
  const widget = widgetOf(state, state.selected);
  return (
    <div class="board-editor">
      <Bar isBusy={isBusy} savedAt={savedAt} onSave={() => void save()} onKeys={() => setAsking('keys')} />
      {said !== undefined && <Notice kind="bad">{said}</Notice>}
      {feed && <StageNotice feed={feed} />}
      <div class="board-work">
        <Stage onTree={setFeed} />
        <AddStrip />
        <p class="board-hint quiet">{w.boardHint}</p>
        <aside class="board-panel" aria-label={w.boardItself}>
          {widget ? (
            <WidgetPanel
              key={widget.widgetId}
              widget={widget}
              isWithoutValue={
                'figure' in widget && widget.kind !== 'intraday' && hasNoValue(feed, widget.widgetId)
              }
            />
          ) : (
            <BoardPanel />
          )}
        </aside>
      </div>
      <RefusalNotice />
      {asking && (
        <Question
          asking={asking}
          boardId={boardId}
          close={() => setAsking(undefined)}
          onRefused={(refusal) => setSaid(refusalText(refusal))}
        />
      )}
    </div>
  );
}
