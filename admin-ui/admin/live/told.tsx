/** What came of the last thing that was asked for on the live page: one line over the page, so that nothing on it moves. */
import type { Signal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { Notice } from '../../shared/parts/notice.tsx';
import { words } from '../reading.ts';

/** What went well need not be put away by hand; what did not, must. */
const goodForMs = 9000;

export interface Told {
  isGood: boolean;
  text: string;
}

/** Always there, so that a reader of the screen hears what comes into it. */
export function ToldLine({ told }: { told: Signal<Told | undefined> }) {
  const now = told.value;
  useEffect(() => {
    if (!now?.isGood) return undefined;
    const timer = setTimeout(() => {
      if (told.peek() === now) told.value = undefined;
    }, goodForMs);
    return () => clearTimeout(timer);
  }, [now, told]);
  return (
    <div class="agent-told" aria-live="polite">
      {now && (
        <>
          <Notice kind={now.isGood ? 'good' : 'bad'}>{now.text}</Notice>
          <button
            type="button"
            class="agent-told-close"
            aria-label={words.value.closeMessage}
            onClick={() => {
              told.value = undefined;
            }}
          >
            ×
          </button>
        </>
      )}
    </div>
  );
}
