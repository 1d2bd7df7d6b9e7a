/** The kinds of widgets: each is put into the first free place, and selected. */
import { words } from '../reading.ts';
import { limits } from '../session.ts';
import { kinds } from './board-kinds.ts';
import { dispatch } from './board-store.ts';
import { kindWord } from './board-words.ts';
import { KindIcon } from './kind-icons.tsx';
import { isOwnKind } from './own-widget.ts';

export function AddStrip() {
  const w = words.value;
  const view = limits();
  return (
    <div class="add-strip" role="group" aria-label={w.boardAdd}>
      {kinds
        .filter((kind) => isOwnKind(kind, view))
        .map((kind) => (
          <button
            key={kind}
            type="button"
            class="add-kind"
            data-kind={kind}
            onClick={() =>
              dispatch({ type: 'add', kind, newsText: words.peek().widgetNewsFirst, ...(view && { view }) })
            }
          >
            <KindIcon kind={kind} />
            <span>{w[kindWord[kind]]}</span>
          </button>
        ))}
    </div>
  );
}
