/** The settings of the board itself, and its widgets by name for those who choose by list. */
import { palettes, type Palette } from '../../../server/contract/boards.ts';
import { words, type TextKey } from '../reading.ts';
import { boardItself, type Entries, faultsOf, shown } from './board-draft.ts';
import { inReadingOrder } from './board-grid.ts';
import { dispatch, opened } from './board-store.ts';
import { widgetName } from './board-words.ts';
import { KindIcon } from './kind-icons.tsx';
import { Check, Choice, Group, Segments, TextField } from './panel-controls.tsx';

const paletteWord: Record<Palette, TextKey> = {
  standard: 'paletteStandard',
  deuteranopia: 'paletteDeuteranopia',
  protanopia: 'paletteProtanopia',
  tritanopia: 'paletteTritanopia',
};
const usualNight = { from: '20:00', to: '07:00' };

export function BoardPanel() {
  const { state } = opened.value!;
  const value = shown(state.board, state.drafts[boardItself]);
  const faults = faultsOf(state, boardItself);
  const set = (changes: Entries, isTyping = false) =>
    dispatch({ type: 'change', of: boardItself, changes, isTyping });
  const w = words.value;
  const quiet = value['quiet'] as { from: string; to: string } | undefined;
  const quietFault = (which: 'from' | 'to') =>
    faults['quiet']?.path.includes(which) ? faults['quiet'] : undefined;
  return (
    <div class="panel-body" data-panel="board">
      <header class="panel-head">
        <h2>{w.boardItself}</h2>
      </header>
      <TextField
        label={w.boardName}
        name="name"
        value={String(value['name'])}
        onText={(name) => set({ name }, true)}
        fault={faults['name']}
      />
      <Segments
        label={w.boardTheme}
        value={String(value['theme'])}
        options={[
          { value: 'dark', text: w.themeDark },
          { value: 'light', text: w.themeLight },
        ]}
        onChoose={(theme) => set({ theme })}
      />
      <Choice
        label={w.boardPalette}
        name="palette"
        value={String(value['palette'])}
        options={palettes.map((palette) => ({ value: palette, text: w[paletteWord[palette]] }))}
        onChoose={(palette) => set({ palette })}
        help={w.boardPaletteHelp}
      />
      <Group title={w.boardQuiet}>
        <Check
          label={w.boardQuietHelp}
          name="quiet"
          isOn={quiet !== undefined}
          onChange={(isOn) => set({ quiet: isOn ? usualNight : undefined })}
        />
        {quiet && (
          <div class="panel-pair">
            {(['from', 'to'] as const).map((which) => (
              <TextField
                key={which}
                label={which === 'from' ? w.boardQuietFrom : w.boardQuietTo}
                name={`quiet-${which}`}
                type="time"
                value={quiet[which]}
                onText={(time) => set({ quiet: { ...quiet, [which]: time } }, true)}
                fault={quietFault(which)}
              />
            ))}
          </div>
        )}
      </Group>
      {state.board.widgets.length > 0 && (
        <Group title={w.boardWidgets}>
          <ul class="panel-widgets">
            {state.board.widgets.toSorted(inReadingOrder).map((widget) => (
              <li key={widget.widgetId}>
                <button
                  type="button"
                  class={widget.widgetId in state.drafts ? 'has-fault' : ''}
                  onClick={() => dispatch({ type: 'select', widgetId: widget.widgetId })}
                >
                  <KindIcon kind={widget.kind} />
                  <span class="cut" data-given>
                    {widgetName(widget)}
                  </span>
                </button>
              </li>
            ))}
          </ul>
        </Group>
      )}
    </div>
  );
}
