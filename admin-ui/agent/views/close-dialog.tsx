/** What became of it, and a last note; then the contact leaves the desk. */
import { useState } from 'preact/hooks';
import type { CloseRequest, DeskContact, DeskView } from '../../../server/contract/desk.ts';
import { Dialog } from '../../shared/parts/dialog.tsx';
import { Notice } from '../../shared/parts/notice.tsx';
import { usePlace } from '../place.ts';
import { words } from '../reading.ts';

export function CloseDialog({ contact, view }: { contact: DeskContact; view: DeskView }) {
  const { actions, desk, closeDialog, told } = usePlace();
  const [disposition, setDisposition] = useState('');
  const [note, setNote] = useState('');
  const w = words.value;
  const draft = desk.draftOf(contact.contactId);
  const hasDraft = draft.reply.trim() !== '' || draft.note.trim() !== '' || draft.attachments.length > 0;
  const close = () => closeDialog('close');
  const run = async () => {
    const body: CloseRequest = {
      ...(disposition !== '' && { disposition }),
      ...(note.trim() !== '' && { note: note.trim() }),
    };
    if (!(await actions.close(contact.contactId, body))) return;
    close();
    told.tell('good', (now) => now.closedNow);
  };
  return (
    <Dialog
      title={w.closeTitle}
      confirm={w.close}
      cancel={w.cancel}
      isWide
      isBusy={actions.busy.value.has(`contact ${contact.contactId}`)}
      onConfirm={() => void run()}
      onClose={close}
    >
      {hasDraft && <Notice kind="note">{w.closeDraft}</Notice>}
      {view.dispositions.length > 0 && (
        <fieldset class="dispositions">
          <legend>{w.disposition}</legend>
          {[{ id: '', name: w.dispositionNone }, ...view.dispositions].map(({ id, name }) => (
            <label key={id} class={`choice ${disposition === id ? 'is-chosen' : ''}`}>
              <input
                type="radio"
                name="disposition"
                value={id}
                checked={disposition === id}
                onChange={() => setDisposition(id)}
              />
              <span class="choice-name" data-given>
                {name}
              </span>
            </label>
          ))}
        </fieldset>
      )}
      <div class="field">
        <label for="close-note">{w.closeNote}</label>
        <textarea
          id="close-note"
          rows={3}
          value={note}
          maxLength={20_000}
          onInput={(event) => setNote(event.currentTarget.value)}
        />
      </div>
    </Dialog>
  );
}
