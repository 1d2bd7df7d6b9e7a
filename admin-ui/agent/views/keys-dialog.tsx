/** The shortcuts, as they are printed on the keys. */
import { useLayoutEffect, useRef } from 'preact/hooks';
import { shortcutKeys, type Shortcut } from '../keys.ts';
import { usePlace } from '../place.ts';
import { words, type TextKey } from '../reading.ts';

const shortcutWord: Record<Shortcut, TextKey> = {
  next: 'keyNext',
  previous: 'keyPrevious',
  accept: 'keyAccept',
  reply: 'keyReply',
  note: 'keyNote',
  transfer: 'keyTransfer',
  close: 'keyClose',
  search: 'keySearch',
  help: 'keyHelp',
};

export function KeysDialog() {
  const { closeDialog } = usePlace();
  const box = useRef<HTMLDialogElement>(null);
  const w = words.value;
  // Closed while it is still in the page: only then does the browser give the focus back to what opened it.
  useLayoutEffect(() => {
    const element = box.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  const close = () => closeDialog('keys');
  return (
    <dialog ref={box} class="dialog" aria-labelledby="keys-title" onClose={close}>
      <h2 id="keys-title">{w.keysTitle}</h2>
      <p class="quiet">{w.keysHelp}</p>
      <dl class="keys">
        {shortcutKeys.map(([key, shortcut]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{w[shortcutWord[shortcut]]}</dd>
          </div>
        ))}
        <div>
          <dt>
            <kbd>Ctrl</kbd> <kbd>Enter</kbd>
          </dt>
          <dd>{w.keySend}</dd>
        </div>
      </dl>
      <div class="dialog-actions">
        <button type="button" class="button is-main" onClick={close}>
          {w.done}
        </button>
      </div>
    </dialog>
  );
}
