/** What one display shows: boards in order, for how long each, and how. Without a board it shows the standard one. */
import { useEffect, useState } from 'preact/hooks';
import type { BoardList, BoardRow, DisplaySettings } from '../../../server/contract/boards.ts';
import type { DisplayRow } from '../../../server/contract/rest.ts';
import type { Refusal } from '../../shared/api-client.ts';
import { Notice } from '../../shared/parts/notice.tsx';
import { fill, isLanguage, languageList, languageNames } from '../../shared/words.ts';
import { OrderedList } from '../boards/ordered-list.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { words } from '../reading.ts';
import { api, refusalText } from '../session.ts';

/** By the contract (`boardsOfDisplayAtMost`), whose module would bring the validator along. */
const boardsAtMost = 10;
const usual = { rotateSec: 30, zoom: 100 };
const limits = { rotateSec: { min: 5, max: 3600 }, zoom: { min: 50, max: 200 } };

interface NumberProps {
  id: string;
  label: string;
  value: string;
  limit: { min: number; max: number };
  onText: (text: string) => void;
}

function NumberInput({ id, label, value, limit, onText }: NumberProps) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="number"
        min={limit.min}
        max={limit.max}
        step={1}
        required
        value={value}
        onInput={(event) => onText(event.currentTarget.value)}
      />
    </div>
  );
}

interface SelectProps {
  id: string;
  label: string;
  value: string;
  options: readonly [string, string][];
  onChoose: (value: string) => void;
}

function Select({ id, label, value, options, onChoose }: SelectProps) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onChoose(event.currentTarget.value)}>
        {options.map(([option, text]) => (
          <option key={option} value={option} selected={option === value}>
            {text}
          </option>
        ))}
      </select>
    </div>
  );
}

function useBoards(): { boards: BoardRow[] | undefined; refusal: Refusal | undefined } {
  const [boards, setBoards] = useState<BoardRow[]>();
  const [refusal, setRefusal] = useState<Refusal>();
  useEffect(() => {
    void api<BoardList>('/api/boards').then((answer) => {
      if (answer.isOk) setBoards(answer.body.items);
      else setRefusal(answer);
    });
  }, []);
  return { boards, refusal };
}

interface Props {
  display: DisplayRow;
  onDone: () => void;
  onClose: () => void;
}

export function DisplaySettingsDialog({ display, onDone, onClose }: Props) {
  const { displayId, name, settings } = display;
  const { boards, refusal } = useBoards();
  const [chosen, setChosen] = useState<string[]>([...(settings?.boards ?? [])]);
  const [rotate, setRotate] = useState(String(settings?.rotateSec ?? usual.rotateSec));
  const [zoom, setZoom] = useState(String(settings?.zoom ?? usual.zoom));
  const [language, setLanguage] = useState<string>(settings?.language ?? '');
  const [theme, setTheme] = useState<string>(settings?.theme ?? '');
  const [failed, setFailed] = useState<Refusal>();
  const w = words.value;
  const nameOf = (boardId: string) =>
    boards?.find((row) => row.boardId === boardId)?.board.name ?? (boards ? w.displayBoardGone : '…');
  const save = async () => {
    const body: DisplaySettings = {
      boards: chosen,
      rotateSec: Number(rotate),
      zoom: Number(zoom),
      ...(isLanguage(language) ? { language } : {}),
      ...(theme === 'dark' || theme === 'light' ? { theme } : {}),
    };
    const path = `/api/displays/${encodeURIComponent(displayId)}/settings`;
    const answer = await api<DisplayRow>(path, { method: 'PUT', body });
    if (answer.isOk) onDone();
    else setFailed(answer);
  };
  const told = failed ?? refusal;
  return (
    <Dialog
      title={fill(w.displaySettingsTitle, { name: name ?? displayId })}
      confirm={w.save}
      isBusy={!boards}
      isWide
      onConfirm={() => void save()}
      onClose={onClose}
    >
      <div class="field">
        <span class="panel-label">{w.displayBoards}</span>
        <OrderedList
          label={w.displayBoards}
          entries={chosen.map((id) => ({ id, name: nameOf(id) }))}
          onChange={setChosen}
          add={w.displayAddBoard}
          options={(boards ?? [])
            .filter(({ boardId }) => !chosen.includes(boardId))
            .map(({ boardId, board }) => ({ value: boardId, text: board.name }))}
          atMost={boardsAtMost}
        />
        {chosen.length === 0 && <small class="quiet">{w.displayBoardsHelp}</small>}
      </div>
      <div class="display-settings">
        {chosen.length > 1 && (
          <NumberInput
            id="rotate"
            label={w.displayRotate}
            value={rotate}
            limit={limits.rotateSec}
            onText={setRotate}
          />
        )}
        <Select
          id="display-language"
          label={w.displayLanguage}
          value={language}
          options={[
            ['', w.displayLanguageSite],
            ...languageList.map((one): [string, string] => [one, languageNames[one]]),
          ]}
          onChoose={setLanguage}
        />
        <NumberInput id="zoom" label={w.displayZoom} value={zoom} limit={limits.zoom} onText={setZoom} />
        <Select
          id="display-theme"
          label={w.displayTheme}
          value={theme}
          options={[
            ['', w.displayThemeBoard],
            ['dark', w.themeDark],
            ['light', w.themeLight],
          ]}
          onChoose={setTheme}
        />
      </div>
      {told && <Notice kind="bad">{refusalText(told)}</Notice>}
    </Dialog>
  );
}

/** In a table: the boards of a display by name. */
export function boardsText(display: DisplayRow, boards: readonly BoardRow[]): string {
  const chosen = display.settings?.boards ?? [];
  if (chosen.length === 0) return words.value.displayStandard;
  const nameOf = (boardId: string) =>
    boards.find((row) => row.boardId === boardId)?.board.name ?? words.value.displayBoardGone;
  return chosen.map(nameOf).join(', ');
}
