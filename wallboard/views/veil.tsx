/** Lies over figures that are not known to be true any more, and counts for how long. */
import type { ReadonlySignal } from '@preact/signals';
import { fill } from '../../admin-ui/shared/words.ts';
import { formats, words } from '../live/reading.ts';

export function Veil({ silentSec }: { silentSec: ReadonlySignal<number> }) {
  return (
    <div class="veil" role="status">
      <div class="veil-card">
        <p class="veil-title">
          {fill(words.value.noDataFor, { time: formats.value.duration(silentSec.value * 1000) })}
        </p>
        <p class="veil-note">{words.value.reconnecting}</p>
      </div>
    </div>
  );
}
