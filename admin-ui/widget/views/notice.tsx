/** A word from the widget itself, above what it is about; and the way to the first field that needs another look. */
import type { ComponentChildren } from 'preact';
import { Icon } from './icons.tsx';

export function Notice({ kind, children }: { kind: 'info' | 'bad' | 'good'; children: ComponentChildren }) {
  return (
    <div class={`notice is-${kind}`} role={kind === 'bad' ? 'alert' : 'status'}>
      <Icon name={kind === 'good' ? 'check' : 'alert'} />
      <p>{children}</p>
    </div>
  );
}

/** After the faults have been painted: the first of them gets the focus. */
export function focusFault(form: HTMLFormElement | null): void {
  requestAnimationFrame(() => form?.querySelector<HTMLElement>('[aria-invalid]')?.focus());
}
