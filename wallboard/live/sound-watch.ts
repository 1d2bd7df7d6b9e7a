/**
 * Joins the alarm to the tones and the keys of one display. A key or a click anywhere lets the browser sound, and stops what
 * sounds: that silences this display only; an alert itself is acknowledged by its users elsewhere.
 */
import { effect, signal, type ReadonlySignal } from '@preact/signals';
import type { BoardTree } from '../../server/contract/boards.ts';
import { formatsFor } from '../../admin-ui/shared/format.ts';
import { hasSound, nextAlarm, quietAlarm, type AlarmState } from './alarm.ts';
import type { BoardSource } from './screen.ts';
import { browserTones, createTones, type ToneEnv, type Tones } from './tones.ts';

/** `off`: nothing on this display sounds. `hint`: the browser waits for a touch. */
export type SoundState = 'off' | 'hint' | 'ready' | 'sounding';

export interface SoundWatch {
  state: ReadonlySignal<SoundState>;
  stop: () => void;
}

export function watchSound(source: BoardSource<BoardTree>, env: ToneEnv = browserTones): SoundWatch {
  const state = signal<SoundState>('off');
  let tones: Tones | undefined;
  let alarm: AlarmState = quietAlarm;

  const show = () => {
    if (!tones) state.value = 'off';
    else if (!tones.isAllowed.value) state.value = 'hint';
    else state.value = tones.isSounding.value ? 'sounding' : 'ready';
  };
  const stopWatching = effect(() => {
    const tree = source.tree.value;
    const nowMs = source.serverSec.value * 1000;
    // Figures that are not known to be true ring for nobody.
    if (!tree || source.isStale.value) return;
    if (!hasSound(tree)) {
      alarm = quietAlarm;
      state.value = 'off';
      return;
    }
    tones ??= createTones(env);
    const siteTime = formatsFor('en', tree.site.timeZone).shortTime(nowMs);
    const next = nextAlarm(alarm, tree, nowMs, siteTime);
    alarm = next.state;
    if (next.rings) tones.ring();
    show();
  });
  const touched = () => {
    tones?.touch();
    tones?.silence();
  };
  const key = (event: KeyboardEvent) => {
    if (event.key === 'a' || event.key === 'A') touched();
    else tones?.touch();
  };
  window.addEventListener('click', touched);
  window.addEventListener('keydown', key);
  return {
    state,
    stop: () => {
      stopWatching();
      window.removeEventListener('click', touched);
      window.removeEventListener('keydown', key);
      tones?.close();
    },
  };
}
