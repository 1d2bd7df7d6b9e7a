/** A question that must be answered first. The browser's own modal dialog: focus stays inside, Escape closes. */
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

export interface DialogProps {
  title: string;
  confirm: string;
  cancel: string;
  isDanger?: boolean;
  isBusy?: boolean;
  /** More than one question: needs room. */
  isWide?: boolean;
  onConfirm: () => void;
  onClose: () => void;
  children: ComponentChildren;
}

export function Dialog({
  title,
  confirm,
  cancel,
  isDanger = false,
  isBusy = false,
  isWide = false,
  onConfirm,
  onClose,
  children,
}: DialogProps) {
  const box = useRef<HTMLDialogElement>(null);
  // Closed while it is still in the page: only then does the browser give the focus back to what opened it.
  useLayoutEffect(() => {
    const dialog = box.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={box}
      class={`dialog ${isWide ? 'is-wide' : ''}`}
      aria-labelledby="dialog-title"
      onClose={onClose}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          onConfirm();
        }}
      >
        <h2 id="dialog-title">{title}</h2>
        {children}
        <div class="dialog-actions">
          <button type="button" class="button" onClick={onClose}>
            {cancel}
          </button>
          <button type="submit" class={`button ${isDanger ? 'is-danger' : 'is-main'}`} disabled={isBusy}>
            {confirm}
          </button>
        </div>
      </form>
    </dialog>
  );
}
