/** A button that opens a menu beside it: arrows go through it, Escape and a click elsewhere close it. */
import type { ComponentChildren } from 'preact';
import { useLayoutEffect, useRef, useState } from 'preact/hooks';

export interface PopupProps {
  id: string;
  /** Of the button. */
  class: string;
  label?: string;
  face: ComponentChildren;
  children: (close: () => void) => ComponentChildren;
}

/** Arrows go round, Home and End to the ends. */
function moveFocus(menu: HTMLElement, key: string): boolean {
  const items = [...menu.querySelectorAll<HTMLElement>('button:not(:disabled)')];
  const at = items.indexOf(document.activeElement as HTMLElement);
  const next = { ArrowDown: at + 1, ArrowUp: at < 0 ? -1 : at - 1, Home: 0, End: -1 }[key];
  if (next === undefined || items.length === 0) return false;
  items.at(next % items.length)?.focus();
  return true;
}

export function Popup({ id, class: name, label, face, children }: PopupProps) {
  const [isOpen, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const menu = useRef<HTMLDivElement>(null);
  const close = () => {
    setOpen(false);
    opener.current?.focus();
  };
  // Before it is painted: an Escape that follows at once must find a listener.
  useLayoutEffect(() => {
    if (!isOpen) return undefined;
    menu.current?.querySelector<HTMLElement>('button:not(:disabled)')?.focus();
    const onPointer = (event: Event) => {
      if (!box.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', onPointer);
    return () => document.removeEventListener('pointerdown', onPointer);
  }, [isOpen]);
  return (
    <div
      class="popup"
      ref={box}
      onKeyDown={(event) => {
        if (!isOpen || !menu.current) return;
        if (event.key === 'Escape') close();
        else if (!moveFocus(menu.current, event.key)) return;
        event.preventDefault();
        event.stopPropagation();
      }}
      onFocusOut={(event) => {
        const next = event.relatedTarget;
        if (next instanceof Node && !box.current?.contains(next)) setOpen(false);
      }}
    >
      <button
        ref={opener}
        type="button"
        class={name}
        aria-expanded={isOpen}
        aria-controls={id}
        {...(label === undefined ? {} : { 'aria-label': label })}
        onClick={() => setOpen(!isOpen)}
      >
        {face}
      </button>
      {isOpen && (
        <div class="popup-menu" id={id} ref={menu}>
          {children(close)}
        </div>
      )}
    </div>
  );
}
