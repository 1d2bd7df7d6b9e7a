/** The questions of the editor: leaving with something unsaved, a board that somebody else changed or removed, its keys. */
import type { BoardRow } from '../../../server/contract/boards.ts';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { fill } from '../../shared/words.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Dialog as PlainDialog } from '../../shared/parts/dialog.tsx';
import { formats, words } from '../reading.ts';
import { api } from '../session.ts';
import { boardPath } from './board-store.ts';
import { personOf } from './board-words.ts';

export function LeaveDialog({
  name,
  onLeave,
  onStay,
}: {
  name: string;
  onLeave: () => void;
  onStay: () => void;
}) {
  const w = words.value;
  return (
    <PlainDialog
      title={w.boardLeaveTitle}
      confirm={w.boardLeave}
      cancel={w.boardStay}
      isDanger
      onConfirm={onLeave}
      onClose={onStay}
    >
      <p>{fill(w.boardLeaveHelp, { name })}</p>
    </PlainDialog>
  );
}

interface ConflictProps {
  boardId: string;
  what: 'conflict' | 'gone';
  onLoad: () => void;
  onKeep: () => void;
  onClose: () => void;
}

export function ConflictDialog({ boardId, what, onLoad, onKeep, onClose }: ConflictProps) {
  const [theirs, setTheirs] = useState<BoardRow>();
  useEffect(() => {
    if (what === 'gone') return;
    void api<BoardRow>(boardPath(boardId)).then((answer) => {
      if (answer.isOk) setTheirs(answer.body);
    });
  }, [boardId, what]);
  const w = words.value;
  const isGone = what === 'gone';
  return (
    <Dialog
      title={isGone ? w.boardGoneTitle : w.boardConflictTitle}
      confirm={w.boardKeepCopy}
      onConfirm={onKeep}
      onClose={onClose}
    >
      {theirs && (
        <p>
          {fill(w.boardConflictBy, {
            name: personOf(theirs.updatedBy),
            time: formats.value.dateTime(theirs.updatedAt),
          })}
        </p>
      )}
      <p>{isGone ? w.boardGoneHelp : w.boardConflictHelp}</p>
      {!isGone && (
        <button type="button" class="button is-danger board-load" onClick={onLoad}>
          {w.boardLoadTheirs}
        </button>
      )}
    </Dialog>
  );
}

export function KeysDialog({ onClose }: { onClose: () => void }) {
  const box = useRef<HTMLDialogElement>(null);
  // Closed while it is still in the page: only then does the browser give the focus back to what opened it.
  useLayoutEffect(() => {
    const element = box.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  const w = words.value;
  const rows: [string[], string][] = [
    [['←', '→', '↑', '↓'], w.boardKeyMove],
    [['Shift', '←→↑↓'], w.boardKeyGrow],
    [['Delete'], w.boardKeyRemove],
    [['Ctrl', 'D'], w.boardKeyCopy],
    [['Ctrl', 'C / V'], w.boardKeyClip],
    [['Ctrl', 'Z'], w.boardKeyUndo],
    [['Ctrl', 'S'], w.boardKeySave],
    [['Esc'], w.boardKeyLeave],
  ];
  return (
    <dialog ref={box} class="dialog" aria-labelledby="keys-title" onClose={onClose}>
      <h2 id="keys-title">{w.boardKeysTitle}</h2>
      <dl class="board-keys">
        {rows.map(([keys, text]) => (
          <div key={text}>
            <dt>
              {keys.map((key) => (
                <kbd key={key}>{key}</kbd>
              ))}
            </dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <div class="dialog-actions">
        <button type="button" class="button is-main" onClick={onClose}>
          {w.boardKeysClose}
        </button>
      </div>
    </dialog>
  );
}
