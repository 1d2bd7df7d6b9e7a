/** One message about what happened, told by shape and word and not by colour alone. */
import type { ComponentChildren } from 'preact';

export type NoticeKind = 'good' | 'bad' | 'note';
const shapes: Record<NoticeKind, string> = {
  good: 'M4 10.5l4 4L16.500 5.500',
  bad: 'M10 3.500v8M10 14.500v2',
  note: 'M10 8.500v8M10 3.500v2',
};

export function Notice({ kind, children }: { kind: NoticeKind; children: ComponentChildren }) {
  return (
    <p class={`notice notice-${kind}`} role={kind === 'bad' ? 'alert' : 'status'}>
      <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
        <path d={shapes[kind]} fill="none" stroke="currentColor" stroke-width="2.5" stroke-linecap="round" />
      </svg>
      <span>{children}</span>
    </p>
  );
}
