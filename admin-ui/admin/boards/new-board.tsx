/** A new board: its name, and what it starts from. */
import { useEffect, useState } from 'preact/hooks';
import { Field } from '../../shared/parts/field.tsx';
import { Notice } from '../../shared/parts/notice.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { language, words } from '../reading.ts';
import { limits, refusalText, stage } from '../session.ts';
import { BoardSketch } from './board-sketch.tsx';
import { createBoard } from './board-store.ts';
import { templateWord } from './board-words.ts';
import { siteThings, thingsOf, useSiteThings } from './site-things.ts';
import { fromTemplate, type TemplateId } from './templates.ts';

/** Of mails and chats only where the site has them; of the whole site only to those who see it. */
function offered(): TemplateId[] {
  const view = limits();
  if (view) return [...(view.queues.length > 0 ? (['queue'] as const) : []), 'empty'];
  const now = stage.value;
  const hasText =
    now.at === 'in' && now.session.channels.some((channel) => channel === 'mail' || channel === 'chat');
  return ['floor', 'queue', ...(hasText ? (['text'] as const) : []), 'agents', 'empty'];
}

export function NewBoard({ onMade, onClose }: { onMade: (boardId: string) => void; onClose: () => void }) {
  const [name, setName] = useState('');
  const [template, setTemplate] = useState<TemplateId>(() => offered()[0]!);
  const [queueId, setQueueId] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const [fault, setFault] = useState<string>();
  useSiteThings();
  const w = words.value;
  const queues = thingsOf('queues', language.value);
  const first = queues[0]?.id;
  useEffect(() => setQueueId((id) => id ?? first), [siteThings.value, first]);
  const make = async () => {
    setBusy(true);
    const board = fromTemplate(template, name.trim(), template === 'queue' ? queueId : undefined);
    const made = await createBoard(board);
    setBusy(false);
    if ('boardId' in made) onMade(made.boardId);
    else setFault(made.details['reason'] === 'full' ? words.peek().boardsFull : refusalText(made));
  };
  return (
    <Dialog
      title={w.boardsNewTitle}
      confirm={w.boardsCreate}
      isBusy={isBusy}
      isWide
      onConfirm={() => void make()}
      onClose={onClose}
    >
      <Field
        id="board-name"
        label={w.boardName}
        value={name}
        onText={setName}
        maxLength={80}
        autocomplete="off"
        required
        autoFocus
      />
      <fieldset class="templates">
        <legend>{w.boardsStartFrom}</legend>
        {offered().map((id) => (
          <label key={id} class={id === template ? 'is-chosen' : ''}>
            <input
              type="radio"
              name="template"
              value={id}
              checked={id === template}
              onChange={() => setTemplate(id)}
            />
            <BoardSketch board={fromTemplate(id, 'sketch')} />
            <span>{w[templateWord[id]]}</span>
          </label>
        ))}
      </fieldset>
      {template === 'queue' && queues.length > 0 && (
        <div class="field">
          <label for="board-queue">{w.boardsOfQueue}</label>
          <select
            id="board-queue"
            value={queueId}
            onChange={(event) => setQueueId(event.currentTarget.value)}
          >
            {queues.map(({ id, name: text }) => (
              <option key={id} value={id}>
                {text}
              </option>
            ))}
          </select>
        </div>
      )}
      {fault !== undefined && <Notice kind="bad">{fault}</Notice>}
    </Dialog>
  );
}
