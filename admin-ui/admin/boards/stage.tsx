/**
 * The board at the size of a television, made as large as the window allows: the wallboard in a frame, and over it the grid
 * with its handles. The frame takes no pointer and no focus; everything is done on the grid, by pointer or by keys.
 */
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Widget } from '../../../server/contract/boards.ts';
import { boardHeight, boardWidth, gridColumns, gridRows, headerShare } from '../../shared/board-geometry.ts';
import { fill } from '../../shared/words.ts';
import { Notice } from '../../shared/parts/notice.tsx';
import { language, words } from '../reading.ts';
import { refusalText } from '../session.ts';
import { type Cells, type Edges, inReadingOrder } from './board-grid.ts';
import { dispatch, opened } from './board-store.ts';
import { widgetName } from './board-words.ts';
import { KindIcon } from './kind-icons.tsx';
import { type PreviewFeed, usePreview } from './preview-feed.ts';
import { type Drag, useStageDrag } from './stage-drag.ts';

const handles: [string, Edges][] = [
  ['nw', { top: true, left: true }],
  ['n', { top: true }],
  ['ne', { top: true, right: true }],
  ['e', { right: true }],
  ['se', { bottom: true, right: true }],
  ['s', { bottom: true }],
  ['sw', { bottom: true, left: true }],
  ['w', { left: true }],
];

const percent = (share: number) => `${share * 100}%`;
/** Within the grid, which is the stage without its header. */
const placeStyle = ({ x, y, w, h }: Cells) => ({
  left: percent(x / gridColumns),
  top: percent(y / gridRows),
  width: percent(w / gridColumns),
  height: percent(h / gridRows),
});
const placeText = ({ x, y, w, h }: Cells) =>
  fill(words.value.boardPlace, { left: x + 1, right: x + w, top: y + 1, bottom: y + h });

interface BoxProps {
  widget: Widget;
  isSelected: boolean;
  hasFault: boolean;
  drag: Drag | undefined;
  begin: (event: PointerEvent, widget: Widget, edges: Edges) => void;
}

function Box({ widget, isSelected, hasFault, drag, begin }: BoxProps) {
  const name = widgetName(widget);
  const classes = [
    'stage-box',
    isSelected && 'is-selected',
    hasFault && 'has-fault',
    drag && (drag.isBack ? 'is-back' : 'is-dragged'),
    drag?.fault && 'is-refused',
  ];
  return (
    <div
      class={classes.filter(Boolean).join(' ')}
      style={placeStyle(drag?.cells ?? widget)}
      data-widget={widget.widgetId}
      role="button"
      tabIndex={0}
      aria-pressed={isSelected}
      aria-label={`${name}. ${placeText(widget)}`}
      onFocus={() => dispatch({ type: 'select', widgetId: widget.widgetId })}
      onPointerDown={(event) => begin(event, widget, {})}
    >
      <span class="stage-name" data-given>
        <KindIcon kind={widget.kind} />
        <span>{name}</span>
      </span>
      {isSelected &&
        handles.map(([side, edges]) => (
          <span
            key={side}
            class={`stage-handle at-${side}`}
            data-side={side}
            onPointerDown={(event) => {
              event.stopPropagation();
              begin(event, widget, edges);
            }}
          />
        ))}
      {drag && !drag.isBack && <span class="stage-size">{`${drag.cells.w} × ${drag.cells.h}`}</span>}
    </div>
  );
}

/** CSS pixels of the stage that fit into its room. */
function useScale(): { room: { current: HTMLDivElement | null }; scale: number } {
  const room = useRef<HTMLDivElement>(null);
  const [scale, setScale] = useState(0.4);
  useLayoutEffect(() => {
    const element = room.current;
    if (!element) return undefined;
    const measure = () => {
      const { clientWidth, clientHeight } = element;
      const next = Math.min(clientWidth / boardWidth, clientHeight / boardHeight);
      if (next > 0) setScale(next);
    };
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return { room, scale };
}

export function StageNotice({ feed }: { feed: PreviewFeed }) {
  const w = words.value;
  if (feed.refusal)
    return <Notice kind="bad">{fill(w.boardPreviewOld, { reason: refusalText(feed.refusal) })}</Notice>;
  return feed.frame === 'missing' ? <Notice kind="note">{w.boardPreviewMissing}</Notice> : null;
}

export function Stage({ onTree }: { onTree: (feed: PreviewFeed) => void }) {
  const frame = useRef<HTMLIFrameElement>(null);
  const grid = useRef<HTMLDivElement>(null);
  const { room, scale } = useScale();
  const { drag, begin } = useStageDrag(grid);
  const state = opened.value!.state;
  const feed = usePreview(frame, state.board, language.value);
  useEffect(() => onTree(feed), [feed.tree, feed.refusal, feed.frame]);
  const { selected } = state;
  useEffect(() => {
    // A new widget is at hand for the keys; what was chosen in the panel leaves the focus there.
    const active = document.activeElement;
    const box = grid.current?.querySelector<HTMLElement>(`[data-widget="${CSS.escape(selected ?? '')}"]`);
    if (box && box !== active && (active === document.body || active?.closest('.stage, .add-strip')))
      box.focus({ preventScroll: true });
  }, [selected]);
  const w = words.value;
  const size = { width: `${boardWidth * scale}px`, height: `${boardHeight * scale}px` };
  return (
    <div class="stage-room" ref={room}>
      <div
        class={`stage ${feed.frame === 'ready' ? '' : 'is-blind'} is-${state.board.theme} ${drag ? 'is-busy' : ''}`}
        style={size}
      >
        <iframe
          ref={frame}
          class="stage-frame"
          src="/wallboard/?preview"
          title={fill(w.boardPreview, { width: boardWidth, height: boardHeight })}
          tabIndex={-1}
          style={{ transform: `scale(${scale})` }}
        />
        <div
          ref={grid}
          class="stage-grid"
          style={{ top: percent(headerShare) }}
          role="group"
          aria-label={w.boardLayout}
          onPointerDown={(event) => {
            if (event.target === event.currentTarget) dispatch({ type: 'select', widgetId: undefined });
          }}
        >
          {state.board.widgets.toSorted(inReadingOrder).map((widget) => (
            <Box
              key={widget.widgetId}
              widget={widget}
              isSelected={widget.widgetId === selected}
              hasFault={widget.widgetId in state.drafts}
              drag={drag?.widgetId === widget.widgetId ? drag : undefined}
              begin={begin}
            />
          ))}
          {state.board.widgets.length === 0 && <p class="stage-empty">{w.boardEmpty}</p>}
        </div>
      </div>
    </div>
  );
}
