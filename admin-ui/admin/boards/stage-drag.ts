/**
 * One drag on the grid: of a whole widget or of its edges. Holds where it began and where it would end; the board changes
 * only when the pointer lets go in a place that is free. What ends elsewhere goes back to where it was.
 */
import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { gridColumns, gridRows } from '../../shared/board-geometry.ts';
import type { Widget } from '../../../server/contract/boards.ts';
import { type Cells, dragged, type Edges, faultOfPlace, type PlaceFault } from './board-grid.ts';
import { othersOf } from './board-editor-state.ts';
import { kindFacts } from './board-kinds.ts';
import { dispatch, lastRefusal, opened } from './board-store.ts';

/** A press that moves less is a click. */
const clickWithinPx = 4;
const backWithinMs = 220;

export interface Drag {
  widgetId: string;
  cells: Cells;
  fault: PlaceFault | undefined;
  /** On its way back. */
  isBack: boolean;
}
interface Press {
  widget: Widget;
  edges: Edges;
  x: number;
  y: number;
  cellWidth: number;
  cellHeight: number;
  hasMoved: boolean;
}

export interface StageDrag {
  drag: Drag | undefined;
  begin: (event: PointerEvent, widget: Widget, edges: Edges) => void;
}

export function useStageDrag(grid: RefObject<HTMLDivElement | null>): StageDrag {
  const [drag, setDrag] = useState<Drag>();
  const press = useRef<Press | undefined>(undefined);
  /** As it is now, for handlers that are older than the last render. */
  const now = useRef<Drag | undefined>(undefined);
  const show = (next: Drag | undefined) => {
    now.current = next;
    setDrag(next);
  };
  const stop = () => {
    press.current = undefined;
    const last = now.current;
    if (!last) return;
    const widget = opened.peek()?.state.board.widgets.find((one) => one.widgetId === last.widgetId);
    if (!widget) return show(undefined);
    const { x, y, w, h } = widget;
    show({ ...last, cells: { x, y, w, h }, fault: undefined, isBack: true });
    setTimeout(() => {
      if (now.current?.isBack) show(undefined);
    }, backWithinMs);
  };
  useEffect(() => {
    const onMove = (event: PointerEvent) => {
      const held = press.current;
      const state = opened.peek()?.state;
      if (!held || !state) return;
      const [dx, dy] = [event.clientX - held.x, event.clientY - held.y];
      held.hasMoved ||= Math.hypot(dx, dy) >= clickWithinPx;
      if (!held.hasMoved) return;
      const by = { dx: Math.round(dx / held.cellWidth), dy: Math.round(dy / held.cellHeight) };
      const { x, y, w, h, kind, widgetId } = held.widget;
      const cells = dragged({ x, y, w, h }, by, held.edges, kindFacts[kind].least);
      show({ widgetId, cells, fault: faultOfPlace(cells, othersOf(state, widgetId)), isBack: false });
    };
    const onUp = () => {
      const last = now.current;
      if (!press.current || !last || last.isBack) {
        press.current = undefined;
        return;
      }
      if (last.fault) {
        lastRefusal.value = { why: last.fault };
        stop();
        return;
      }
      press.current = undefined;
      show(undefined);
      dispatch({ type: 'place', widgetId: last.widgetId, cells: last.cells });
    };
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== 'Escape' || !press.current) return;
      event.stopPropagation();
      stop();
    };
    window.addEventListener('pointermove', onMove);
    window.addEventListener('pointerup', onUp);
    window.addEventListener('pointercancel', stop);
    window.addEventListener('keydown', onKey, true);
    return () => {
      window.removeEventListener('pointermove', onMove);
      window.removeEventListener('pointerup', onUp);
      window.removeEventListener('pointercancel', stop);
      window.removeEventListener('keydown', onKey, true);
    };
  }, []);
  const begin = (event: PointerEvent, widget: Widget, edges: Edges) => {
    if (event.button !== 0 || !grid.current) return;
    const box = grid.current.getBoundingClientRect();
    press.current = {
      widget,
      edges,
      x: event.clientX,
      y: event.clientY,
      cellWidth: box.width / gridColumns,
      cellHeight: box.height / gridRows,
      hasMoved: false,
    };
  };
  return { drag, begin };
}
