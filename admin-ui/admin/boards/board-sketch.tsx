/** A board as a small drawing of its places: told apart at a glance in a list. */
import type { Board } from '../../../server/contract/boards.ts';
import { gridColumns, gridRows } from '../../shared/board-geometry.ts';

export function BoardSketch({ board }: { board: Board }) {
  return (
    <svg
      class={`board-sketch is-${board.theme}`}
      viewBox={`0 0 ${gridColumns * 2} ${gridRows * 2 + 3}`}
      aria-hidden="true"
    >
      <rect class="ground" width={gridColumns * 2} height={gridRows * 2 + 3} rx="1.5" />
      <rect class="widget" x="1" y="1" width="12" height="1.2" rx="0.6" />
      {board.widgets.map(({ widgetId, x, y, w, h }) => (
        <rect
          key={widgetId}
          class="widget"
          x={x * 2 + 0.4}
          y={y * 2 + 2.6}
          width={w * 2 - 0.8}
          height={h * 2 - 0.8}
          rx="0.8"
        />
      ))}
    </svg>
  );
}
