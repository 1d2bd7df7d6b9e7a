/**
 * Calls the agent: a sound for an offer, repeated while it stands, and a lower one for a message; a desktop notification
 * where the agent asked for them. Both can be switched off and stay so on this machine. A notification names queue and
 * channel only: screens are seen by others. May not ask for a permission unless a button was pressed.
 */
import { signal, type Signal } from '@preact/signals';

export type NotifyState = 'unasked' | 'on' | 'off' | 'denied' | 'absent';

export interface Alerts {
  isSoundOn: Signal<boolean>;
  notify: Signal<NotifyState>;
  switchSound: () => void;
  /** Asks the browser the first time; then on and off. */
  switchNotify: () => Promise<void>;
  offered: () => void;
  wrote: () => void;
  /** One of a `tag` at a time. */
  show: (text: string, tag: string, onClick: () => void) => void;
  stop: () => void;
}

const soundKey = 'hearthline-agent-sound';
const notifyKey = 'hearthline-agent-notify';

function readSetting(key: string): string | null {
  try {
    return window.localStorage.getItem(key);
  } catch {
    return null;
  }
}
function keepSetting(key: string, value: string): void {
  try {
    window.localStorage.setItem(key, value);
  } catch {
    // Kept for this page's life only.
  }
}

/** Pitch in Hz, begin and length in seconds: soft, so that a room of thirty can bear it. */
interface Tone {
  hz: number;
  at: number;
  for: number;
}
const offerTones: Tone[] = [
  { hz: 659, at: 0, for: 0.28 },
  { hz: 988, at: 0.16, for: 0.45 },
];
const messageTones: Tone[] = [{ hz: 523, at: 0, for: 0.22 }];
const loudness = 0.12;

function play(context: AudioContext, tones: readonly Tone[]): void {
  for (const tone of tones) {
    const begin = context.currentTime + tone.at;
    const source = context.createOscillator();
    const gain = context.createGain();
    source.frequency.value = tone.hz;
    gain.gain.setValueAtTime(0, begin);
    gain.gain.linearRampToValueAtTime(loudness, begin + 0.02);
    gain.gain.exponentialRampToValueAtTime(0.0005, begin + tone.for);
    source.connect(gain).connect(context.destination);
    source.start(begin);
    source.stop(begin + tone.for);
  }
}

function firstNotifyState(): NotifyState {
  if (!('Notification' in window)) return 'absent';
  if (Notification.permission === 'denied') return 'denied';
  if (Notification.permission !== 'granted') return 'unasked';
  return readSetting(notifyKey) === 'on' ? 'on' : 'off';
}

export function createAlerts(): Alerts {
  const isSoundOn = signal(readSetting(soundKey) !== 'off');
  const notify = signal<NotifyState>(firstNotifyState());
  let context: AudioContext | undefined;
  // A browser lets nothing sound before somebody has touched the page.
  const wake = () => {
    context ??= new AudioContext();
    if (context.state === 'suspended') void context.resume();
  };
  document.addEventListener('pointerdown', wake);
  document.addEventListener('keydown', wake);
  const sound = (tones: readonly Tone[]) => {
    if (isSoundOn.peek() && context?.state === 'running') play(context, tones);
  };
  const setNotify = (next: NotifyState) => {
    notify.value = next;
    keepSetting(notifyKey, next);
  };
  return {
    isSoundOn,
    notify,
    switchSound: () => {
      isSoundOn.value = !isSoundOn.peek();
      keepSetting(soundKey, isSoundOn.peek() ? 'on' : 'off');
      wake();
      sound(messageTones);
    },
    switchNotify: async () => {
      const now = notify.peek();
      if (now === 'on' || now === 'off') setNotify(now === 'on' ? 'off' : 'on');
      else if (now === 'unasked') {
        const answer = await Notification.requestPermission();
        if (answer === 'granted') setNotify('on');
        else if (answer === 'denied') notify.value = 'denied';
      }
    },
    offered: () => sound(offerTones),
    wrote: () => sound(messageTones),
    show: (text, tag, onClick) => {
      if (notify.peek() !== 'on') return;
      const shown = new Notification('Hearthline', { body: text, tag });
      shown.onclick = () => {
        window.focus();
        onClick();
        shown.close();
      };
    },
    stop: () => {
      document.removeEventListener('pointerdown', wake);
      document.removeEventListener('keydown', wake);
      void context?.close();
    },
  };
}
