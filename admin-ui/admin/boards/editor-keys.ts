/**
 * The keys of the editor. In a field the keys are the field's, but for saving; with the focus on the board, or nowhere, they
 * are the selected widget's.
 */
import { useEffect, useRef } from 'preact/hooks';
import { widgetOf } from './board-editor-state.ts';
import { clippedWidget, clipWidget, dispatch, opened } from './board-store.ts';

const steps: Record<string, { dx: number; dy: number }> = {
  ArrowLeft: { dx: -1, dy: 0 },
  ArrowRight: { dx: 1, dy: 0 },
  ArrowUp: { dx: 0, dy: -1 },
  ArrowDown: { dx: 0, dy: 1 },
};

/** What a key with Ctrl (or Command) does; true: done. */
function withControl(event: KeyboardEvent, save: () => void): boolean {
  // By place for those who write Cyrillic: the key of "z" is where it is.
  const key = /^Key[A-Z]$/.test(event.code) ? event.code.slice(3).toLowerCase() : event.key.toLowerCase();
  const widget = widgetOf(opened.peek()!.state, opened.peek()!.state.selected);
  if (key === 's') save();
  else if (isInField(event.target)) return false;
  else if (key === 'z') dispatch({ type: event.shiftKey ? 'redo' : 'undo' });
  else if (key === 'y') dispatch({ type: 'redo' });
  else if (key === 'd' && widget) dispatch({ type: 'insert', widget });
  else if (key === 'c' && widget && window.getSelection()?.isCollapsed !== false) clipWidget(widget);
  else if (key === 'v') {
    const clipped = clippedWidget();
    if (!clipped) return false;
    dispatch({ type: 'insert', widget: clipped });
  } else return false;
  return true;
}

const isInField = (target: EventTarget | null): boolean =>
  target instanceof Element && target.closest('input, textarea, select') !== null;

function plain(event: KeyboardEvent): boolean {
  const { target } = event;
  const isOnBoard =
    target === document.body || (target instanceof Element && target.closest('.stage') !== null);
  const widgetId = opened.peek()?.state.selected;
  if (!isOnBoard || widgetId === undefined) return false;
  const by = steps[event.key];
  if (by && event.shiftKey) dispatch({ type: 'grow', widgetId, dw: by.dx, dh: by.dy });
  else if (by) dispatch({ type: 'step', widgetId, ...by });
  else if (event.key === 'Delete' || event.key === 'Backspace') dispatch({ type: 'remove', widgetId });
  else if (event.key === 'Escape') {
    dispatch({ type: 'select', widgetId: undefined });
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
  } else return false;
  return true;
}

export function useEditorKeys(save: () => void): void {
  const latest = useRef(save);
  latest.current = save;
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      // A question stands before the editor.
      if (!opened.peek() || document.querySelector('dialog[open]') || event.altKey) return;
      const isDone =
        event.ctrlKey || event.metaKey ? withControl(event, () => latest.current()) : plain(event);
      if (isDone) event.preventDefault();
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, []);
}
