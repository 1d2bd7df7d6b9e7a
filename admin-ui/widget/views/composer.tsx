/** Where the customer writes: text, files by button, drop or paste, and the state of what is on its way. */
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ChatConfig } from '../../../server/contract/chat.ts';
import { fill } from '../../shared/words.ts';
import { maxTextLength } from '../chat-lines.ts';
import type { Draft } from '../chat-session-types.ts';
import type { ChatSessionShell } from '../chat-session.ts';
import { useReading } from '../reading.ts';
import { Icon } from './icons.tsx';
import { useUploads } from './uploads.ts';

const tallestPx = 132;

interface ComposerProps {
  config: ChatConfig;
  draft: Draft;
  fault: string | undefined;
  session: ChatSessionShell;
}

function Chip({ name, share, onRemove }: { name: string; share?: number; onRemove: () => void }) {
  const { words } = useReading();
  const isGoing = share !== undefined;
  return (
    <li class="chip" data-going={isGoing}>
      <Icon name="file" />
      <span class="file-name">{name}</span>
      {isGoing && <progress value={share} max={1} aria-label={fill(words.uploading, { name })} />}
      <button
        type="button"
        class="icon-button"
        aria-label={fill(words.removeFile, { name })}
        onClick={onRemove}
      >
        <Icon name="close" />
      </button>
    </li>
  );
}

/** Fingers have a button; a keyboard has Enter, and Shift with it for a new line. */
const hasKeyboard = () => !window.matchMedia('(pointer: coarse)').matches;

export function Composer({ config, draft, fault, session }: ComposerProps) {
  const { words } = useReading();
  const area = useRef<HTMLTextAreaElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const [isOver, setOver] = useState(false);
  const uploads = useUploads(session, config.attachments);
  const isBusy = uploads.uploading.length > 0;
  const isEmpty = draft.text.trim() === '' && draft.attachments.length === 0;

  useLayoutEffect(() => {
    const element = area.current;
    if (!element) return;
    element.style.height = 'auto';
    element.style.height = `${Math.min(element.scrollHeight, tallestPx)}px`;
  }, [draft.text]);

  const send = () => {
    if (isBusy || isEmpty) return;
    session.write();
    area.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || !hasKeyboard()) return;
    event.preventDefault();
    send();
  };
  const onFiles = (event: Event, list: FileList | undefined | null) => {
    if (!config.attachments || !list || list.length === 0) return;
    event.preventDefault();
    uploads.add([...list]);
  };
  const setText = (text: string) => {
    session.dispatch({ type: 'drafted', draft: { ...session.state().draft, text } });
    session.typed();
  };
  const remove = (attachmentId: string) =>
    session.dispatch({
      type: 'drafted',
      draft: { ...draft, attachments: draft.attachments.filter((one) => one.attachmentId !== attachmentId) },
    });
  const shownFault = uploads.fault ?? (fault === 'too-many' ? words.tooManyUnsent : undefined);

  return (
    <form
      class="composer"
      data-over={isOver}
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
      onDragOver={(event) => {
        if (!config.attachments) return;
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        setOver(false);
        onFiles(event, event.dataTransfer?.files);
      }}
    >
      {shownFault !== undefined && (
        <p class="fault" role="alert">
          {shownFault}
        </p>
      )}
      {(isBusy || draft.attachments.length > 0) && (
        <ul class="chips">
          {draft.attachments.map((one) => (
            <Chip key={one.attachmentId} name={one.name} onRemove={() => remove(one.attachmentId)} />
          ))}
          {uploads.uploading.map((one) => (
            <Chip key={one.id} name={one.name} share={one.share} onRemove={() => uploads.abort(one.id)} />
          ))}
        </ul>
      )}
      <div class="composer-box">
        {config.attachments && (
          <>
            <input
              ref={picker}
              type="file"
              multiple
              hidden
              accept={config.attachments.types.join(',')}
              onChange={(event) => {
                onFiles(event, event.currentTarget.files);
                event.currentTarget.value = '';
              }}
            />
            <button
              type="button"
              class="icon-button"
              aria-label={words.attach}
              title={words.attach}
              onClick={() => picker.current?.click()}
            >
              <Icon name="attach" />
            </button>
          </>
        )}
        <textarea
          ref={area}
          rows={1}
          value={draft.text}
          maxLength={maxTextLength}
          placeholder={words.message}
          aria-label={words.message}
          data-focus
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={onKeyDown}
          onPaste={(event) => onFiles(event, event.clipboardData?.files)}
        />
        <button type="submit" class="send" aria-label={words.send} aria-disabled={isBusy || isEmpty}>
          <Icon name="send" />
        </button>
      </div>
    </form>
  );
}
