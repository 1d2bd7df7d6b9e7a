/** The kinds of widgets: each is put into the first free place, and selected. */
import { words } from '../reading.ts';
import { kinds } from './board-kinds.ts';
import { dispatch } from './board-store.ts';
import { kindWord } from './board-words.ts';
import { KindIcon } from './kind-icons.tsx';

export function AddStrip() {
  const w = words.value;
  return (
    <div class="add-strip" role="group" aria-label={w.boardAdd}>
      {kinds.map((kind) => (
        <button
          key={kind}
          type="button"
          class="add-kind"
          data-kind={kind}
          onClick={() => dispatch({ type: 'add', kind, newsText: words.peek().widgetNewsFirst })}
        >
          <KindIcon kind={kind} />
          <span>{w[kindWord[kind]]}</span>
        </button>
      ))}
    </div>
  );
}
