/**
 * Where the agent writes: an answer or, in another colour, a note. In a chat Enter sends, in a mail Ctrl+Enter does,
 * since a mail has paragraphs. Files go up while one writes on; what is begun is kept with its contact.
 */
import { useRef } from 'preact/hooks';
import type { AttachmentView, DeskContact, ThreadView } from '../../../server/contract/desk.ts';
import { fill, plural } from '../../shared/words.ts';
import { nameIn, usePlace } from '../place.ts';
import { formats, language, words, type TextKey } from '../reading.ts';
import { refusedText } from './attachments.tsx';
import { Icon } from './icons.tsx';

/** By the contract (`maxTextLength`), whose module would bring the validator along. */
const maxTextLength = 20_000;

const whyNoReplyWord: Record<NonNullable<ThreadView['whyNoReply']>, TextKey> = {
  'no-address': 'noReplyAddress',
  automatic: 'noReplyAutomatic',
  'customer-gone': 'noReplyGone',
  'channel-off': 'noReplyOff',
  'by-phone': 'noReplyByPhone',
};

interface ComposerProps {
  contact: DeskContact;
  thread: ThreadView;
}

function Files({ contact, thread, attachments }: ComposerProps & { attachments: AttachmentView[] }) {
  const { desk } = usePlace();
  const w = words.value;
  const { maxBytes, maxCount } = thread.attachmentLimits;
  const uploads = desk.uploads.list.value.filter((upload) => upload.contactId === contact.contactId);
  if (attachments.length === 0 && uploads.length === 0) return null;
  const remove = (name: string, run: () => void) => (
    <button type="button" class="file-remove" aria-label={fill(w.removeFile, { name })} onClick={run}>
      <Icon name="cross" />
    </button>
  );
  return (
    <div class="files composer-files">
      {attachments.map((file) => (
        <span key={file.attachmentId} class="file" data-file="there">
          <Icon name="file" />
          <span class="file-name" data-given>
            {file.name}
          </span>
          <small>{formats.value.bytes(file.bytes)}</small>
          {remove(file.name, () =>
            desk.setDraft(contact.contactId, {
              attachments: attachments.filter((other) => other.attachmentId !== file.attachmentId),
            }),
          )}
        </span>
      ))}
      {uploads.map((upload) => (
        <span
          key={upload.uploadId}
          class={`file ${upload.state === 'refused' ? 'is-refused' : ''}`}
          data-file={upload.state}
        >
          <Icon name={upload.state === 'refused' ? 'warn' : 'file'} />
          <span class="file-name" data-given>
            {upload.name}
          </span>
          {upload.state === 'refused' ? (
            <small role="alert">
              {upload.why === 'count'
                ? plural(language.value, w.refusedCount, maxCount)
                : refusedText(w, upload.why ?? '', maxBytes)}
            </small>
          ) : (
            <progress value={upload.share} max={1}>
              {fill(w.uploading, { percent: formats.value.percent(upload.share) })}
            </progress>
          )}
          {remove(upload.name, () => desk.uploads.remove(upload.uploadId))}
        </span>
      ))}
    </div>
  );
}

function Switch({ contact, isNote }: { contact: DeskContact; isNote: boolean }) {
  const { desk } = usePlace();
  const w = words.value;
  const choose = (next: boolean) => {
    desk.setDraft(contact.contactId, { isNote: next });
    // Where one could only write a note, the field is there a frame later.
    requestAnimationFrame(() => document.getElementById('composer-text')?.focus());
  };
  return (
    <div class="composer-switch" role="group">
      <button type="button" aria-pressed={!isNote} data-do="reply" onClick={() => choose(false)}>
        {w.reply}
      </button>
      <button type="button" aria-pressed={isNote} data-do="note" onClick={() => choose(true)}>
        {w.note}
      </button>
    </div>
  );
}

type OnFiles = (files: FileList | null | undefined) => void;

/** Chosen, dropped or pasted: files go up at once, as many as may. */
function useFiles({ contact, thread }: ComposerProps): OnFiles {
  const { desk } = usePlace();
  return (files) => {
    const { contactId } = contact;
    const { maxBytes, maxCount } = thread.attachmentLimits;
    const isOf = (upload: { contactId: string; state: string }) =>
      upload.contactId === contactId && upload.state === 'uploading';
    const count = desk.draftOf(contactId).attachments.length + desk.uploads.list.peek().filter(isOf).length;
    [...(files ?? [])].forEach((file, index) =>
      desk.uploads.add(contactId, file, { maxBytes, isFull: count + index >= maxCount }),
    );
  };
}

function AttachButton({ onFiles }: { onFiles: OnFiles }) {
  const input = useRef<HTMLInputElement>(null);
  const w = words.value;
  return (
    <>
      <input
        ref={input}
        type="file"
        multiple
        hidden
        onChange={(event) => {
          onFiles(event.currentTarget.files);
          event.currentTarget.value = '';
        }}
      />
      <button
        type="button"
        class="icon-button"
        data-do="attach"
        aria-label={w.attach}
        title={w.attach}
        onClick={() => input.current?.click()}
      >
        <Icon name="clip" />
      </button>
    </>
  );
}

export function Composer({ contact, thread }: ComposerProps) {
  const { desk, actions } = usePlace();
  const w = words.value;
  const { contactId } = contact;
  const draft = desk.draftOf(contactId);
  const { isNote } = draft;
  const text = isNote ? draft.note : draft.reply;
  const isMail = contact.channel === 'mail';
  const uploads = desk.uploads.list.value.filter((upload) => upload.contactId === contactId);
  const running = uploads.filter((upload) => upload.state === 'uploading').length;
  const over = text.length - maxTextLength;
  const cannotReply = !isNote && !thread.may.reply;
  const canAttach = !isNote && !cannotReply && thread.may.attach;
  const onFiles = useFiles({ contact, thread });
  const hasContent = text.trim() !== '' || (!isNote && draft.attachments.length > 0);
  const canSend = hasContent && over <= 0 && !cannotReply && (isNote || running === 0);
  const send = () => {
    if (!canSend) return;
    desk.send(contactId);
    for (const upload of uploads) if (!isNote) desk.uploads.remove(upload.uploadId);
  };
  const onKeyDown = (event: KeyboardEvent & { currentTarget: HTMLTextAreaElement }) => {
    if (event.key === 'Escape') event.currentTarget.blur();
    if (event.key !== 'Enter' || event.isComposing || event.shiftKey || event.altKey) return;
    if (isMail && !event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    send();
  };
  return (
    <form
      class={`composer ${isNote ? 'is-note' : ''} ${isMail ? 'of-mail' : 'of-chat'}`}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
      onDragOver={(event) => {
        if (canAttach) event.preventDefault();
      }}
      onDrop={(event) => {
        if (!canAttach || !event.dataTransfer?.files.length) return;
        event.preventDefault();
        onFiles(event.dataTransfer.files);
      }}
      onPaste={(event) => {
        if (!canAttach || !event.clipboardData?.files.length) return;
        event.preventDefault();
        onFiles(event.clipboardData.files);
      }}
    >
      <div class="composer-top">
        <Switch contact={contact} isNote={isNote} />
        {isNote ? <span class="quiet">{w.noteHelp}</span> : null}
      </div>
      {cannotReply ? (
        <p class="composer-no with-icon">
          <Icon name="warn" />
          {w[thread.whyNoReply === undefined ? 'errorForbidden' : whyNoReplyWord[thread.whyNoReply]]}
        </p>
      ) : (
        <textarea
          id="composer-text"
          aria-label={isNote ? w.noteLabel : w.replyLabel}
          placeholder={isNote ? w.noteHint : fill(w.replyHint, { name: nameIn(w, contact) })}
          rows={isMail ? 5 : 2}
          value={text}
          onInput={(event) => {
            const { value } = event.currentTarget;
            desk.setDraft(contactId, isNote ? { note: value } : { reply: value });
            if (!isNote && contact.channel === 'chat' && value !== '') actions.typing(contactId);
          }}
          onKeyDown={onKeyDown}
        />
      )}
      {!isNote && <Files contact={contact} thread={thread} attachments={draft.attachments} />}
      {!cannotReply && (
        <div class="composer-foot">
          {canAttach && <AttachButton onFiles={onFiles} />}
          <small class={over > 0 ? 'is-over' : 'quiet'}>
            {over > 0
              ? fill(w.tooLong, { count: formats.value.number(over) })
              : isMail
                ? w.sendByCtrlEnter
                : w.sendByEnter}
          </small>
          <button type="submit" class="button is-main" data-do="send" disabled={!canSend}>
            <Icon name={isNote ? 'note' : 'send'} />
            {isNote ? w.saveNote : w.send}
          </button>
        </div>
      )}
    </form>
  );
}
