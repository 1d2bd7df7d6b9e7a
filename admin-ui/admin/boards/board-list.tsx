/** The boards of the site: what each is made of, where it is shown, who changed it last; new ones, copies, removal. */
import { useCallback, useEffect, useState } from 'preact/hooks';
import type { BoardList as Boards, BoardRow } from '../../../server/contract/boards.ts';
import type { DisplayList, DisplayRow } from '../../../server/contract/rest.ts';
import type { Refusal } from '../../shared/api-client.ts';
import { Notice } from '../../shared/parts/notice.tsx';
import { fill } from '../../shared/words.ts';
import { Dialog } from '../parts/dialog.tsx';
import { PageHead } from '../parts/shell.tsx';
import { Table } from '../parts/table.tsx';
import { formats, words } from '../reading.ts';
import { api, may, refusalText } from '../session.ts';
import { BoardSketch } from './board-sketch.tsx';
import { boardPath, createBoard } from './board-store.ts';
import { personOf } from './board-words.ts';
import { NewBoard } from './new-board.tsx';

const editorOf = (boardId: string) => `#/boards?id=${encodeURIComponent(boardId)}`;
export const openBoard = (boardId: string): void => {
  window.location.hash = editorOf(boardId);
};

const boardsOf = (display: DisplayRow): readonly string[] =>
  display.state === 'approved' ? (display.settings?.boards ?? []) : [];
const nameOf = (display: DisplayRow) => display.name ?? display.displayId;

interface Lists {
  boards: BoardRow[];
  displays: DisplayRow[];
}

function useLists(): { lists: Lists | undefined; refusal: Refusal | undefined; load: () => Promise<void> } {
  const [lists, setLists] = useState<Lists>();
  const [refusal, setRefusal] = useState<Refusal>();
  const load = useCallback(async () => {
    const [boards, displays] = await Promise.all([
      api<Boards>('/api/boards'),
      // Where a board is shown is for those who may see displays.
      may('displays.list') ? api<DisplayList>('/api/displays') : undefined,
    ]);
    if (boards.isOk) {
      setRefusal(undefined);
      setLists({ boards: boards.body.items, displays: displays?.isOk ? displays.body.items : [] });
    } else setRefusal(boards);
  }, []);
  useEffect(() => void load(), [load]);
  return { lists, refusal, load };
}

interface RemoveProps {
  row: BoardRow;
  shownOn: readonly string[];
  onDone: () => void;
  onClose: () => void;
}

function AskRemove({ row, shownOn, onDone, onClose }: RemoveProps) {
  const [refusal, setRefusal] = useState<Refusal>();
  const w = words.value;
  const isShown = shownOn.length > 0 || refusal?.details['reason'] === 'shown';
  const remove = async () => {
    const answer = await api(boardPath(row.boardId), { method: 'DELETE' });
    if (answer.isOk || answer.status === 404) onDone();
    else setRefusal(answer);
  };
  return (
    <Dialog
      title={fill(w.boardsRemoveTitle, { name: row.board.name })}
      confirm={w.boardsRemove}
      isDanger
      isBusy={isShown}
      onConfirm={() => void remove()}
      onClose={onClose}
    >
      {isShown ? (
        <p>{fill(w.boardsRemoveShown, { names: shownOn.join(', ') || '…' })}</p>
      ) : (
        <p>{w.boardsRemoveHelp}</p>
      )}
      {refusal && !isShown && <Notice kind="bad">{refusalText(refusal)}</Notice>}
    </Dialog>
  );
}

interface RowProps {
  row: BoardRow;
  shownOn: readonly string[];
  onCopy: () => void;
  onRemove: () => void;
}

function Row({ row, shownOn, onCopy, onRemove }: RowProps) {
  const w = words.value;
  const { boardId, board, updatedAt, updatedBy } = row;
  const { date, shortTime } = formats.value;
  const names = shownOn.join(', ');
  return (
    <tr data-board={boardId}>
      <td data-given>
        <a class="board-link" href={editorOf(boardId)}>
          <BoardSketch board={board} />
          <span class="cut">{board.name}</span>
        </a>
      </td>
      <td class="is-number">{formats.value.number(board.widgets.length)}</td>
      <td data-given title={names}>
        {names === '' ? <span class="quiet">{w.boardsNowhere}</span> : names}
      </td>
      <td>
        <span class="board-changed">
          {`${date(updatedAt)} ${shortTime(updatedAt)}`}
          <small class="cut" data-given>
            {fill(w.boardsBy, { name: personOf(updatedBy) })}
          </small>
        </span>
      </td>
      <td>
        <span class="row-actions">
          <a class="button is-small" href={editorOf(boardId)}>
            {w.boardsEdit}
          </a>
          <button type="button" class="button is-small" onClick={onCopy}>
            {w.boardsCopy}
          </button>
          <button type="button" class="button is-small is-danger" onClick={onRemove}>
            {w.boardsRemove}
          </button>
        </span>
      </td>
    </tr>
  );
}

export function BoardList() {
  const { lists, refusal, load } = useLists();
  const [asking, setAsking] = useState<'new' | BoardRow>();
  const [fault, setFault] = useState<string>();
  const w = words.value;
  const shownOn = (boardId: string) =>
    (lists?.displays ?? []).filter((display) => boardsOf(display).includes(boardId)).map(nameOf);
  const copy = async ({ board }: BoardRow) => {
    const name = fill(w.boardsCopyName, { name: board.name }).slice(0, 80).trim();
    const made = await createBoard({ ...board, name });
    if ('boardId' in made) {
      setFault(undefined);
      await load();
    } else setFault(made.details['reason'] === 'full' ? words.peek().boardsFull : refusalText(made));
  };
  const close = () => setAsking(undefined);
  return (
    <>
      <PageHead title={w.pageBoards}>
        <p class="quiet">{w.boardsHelp}</p>
        <span class="head-actions">
          <button type="button" class="button is-main" onClick={() => setAsking('new')}>
            {w.boardsNew}
          </button>
        </span>
      </PageHead>
      {(refusal || fault !== undefined) && (
        <Notice kind="bad">{refusal ? refusalText(refusal) : fault}</Notice>
      )}
      {!lists && !refusal && <p class="quiet">{w.loading}</p>}
      {lists && (
        <Table
          name={w.pageBoards}
          columns={[
            { id: 'board', title: w.colBoard },
            { id: 'widgets', title: w.colWidgets, isNumber: true },
            { id: 'shown', title: w.colShownOn },
            { id: 'changed', title: w.colChanged },
            { id: 'board-actions', title: w.colActions },
          ]}
          empty={w.boardsNone}
          isEmpty={lists.boards.length === 0}
        >
          {lists.boards.map((row) => (
            <Row
              key={row.boardId}
              row={row}
              shownOn={shownOn(row.boardId)}
              onCopy={() => void copy(row)}
              onRemove={() => setAsking(row)}
            />
          ))}
        </Table>
      )}
      {asking === 'new' && <NewBoard onMade={openBoard} onClose={close} />}
      {asking !== undefined && asking !== 'new' && (
        <AskRemove
          row={asking}
          shownOn={shownOn(asking.boardId)}
          onClose={close}
          onDone={() => {
            close();
            void load();
          }}
        />
      )}
    </>
  );
}
