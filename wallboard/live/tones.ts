/**
 * The alarm of a display, made in the page: three falling pairs of a soft tone. A browser may forbid sound until somebody has
 * touched the page; then nothing is queued up, and the display says so. No file is fetched.
 */
import { signal, type ReadonlySignal } from '@preact/signals';

const pairs = 3;
const pairEverySec = 1;
const toneSec = 0.32;
const tonesHz = [784, 587] as const;
const loudness = 0.22;

export interface Tones {
  /** False while the browser waits for a touch. */
  isAllowed: ReadonlySignal<boolean>;
  isSounding: ReadonlySignal<boolean>;
  ring: () => void;
  silence: () => void;
  /** Called within a key or a click: only then may a browser be asked. */
  touch: () => void;
  close: () => void;
}
export interface ToneEnv {
  /** Undefined where the browser makes no sound. */
  open: () => AudioContext | undefined;
}
export const browserTones: ToneEnv = {
  open: () => (typeof AudioContext === 'function' ? new AudioContext() : undefined),
};

export function createTones(env: ToneEnv = browserTones): Tones {
  const context = env.open();
  const isAllowed = signal(context?.state === 'running');
  const isSounding = signal(false);
  let playing: OscillatorNode[] = [];
  let ended: ReturnType<typeof setTimeout> | undefined;

  const silence = () => {
    clearTimeout(ended);
    for (const tone of playing) {
      tone.stop();
      tone.disconnect();
    }
    playing = [];
    isSounding.value = false;
  };
  const tone = (audio: AudioContext, hz: number, at: number) => {
    const oscillator = audio.createOscillator();
    const gain = audio.createGain();
    oscillator.frequency.value = hz;
    gain.gain.setValueAtTime(0, at);
    gain.gain.linearRampToValueAtTime(loudness, at + 0.03);
    gain.gain.linearRampToValueAtTime(0, at + toneSec);
    oscillator.connect(gain);
    gain.connect(audio.destination);
    oscillator.onended = () => gain.disconnect();
    oscillator.start(at);
    oscillator.stop(at + toneSec);
    playing.push(oscillator);
  };
  const watch = () => {
    isAllowed.value = context?.state === 'running';
  };
  context?.addEventListener('statechange', watch);
  return {
    isAllowed,
    isSounding,
    ring: () => {
      if (context?.state !== 'running') return;
      silence();
      for (let pair = 0; pair < pairs; pair += 1)
        tonesHz.forEach((hz, index) =>
          tone(context, hz, context.currentTime + pair * pairEverySec + index * toneSec),
        );
      isSounding.value = true;
      ended = setTimeout(silence, pairs * pairEverySec * 1000);
    },
    silence,
    touch: () => {
      if (context?.state === 'suspended') void context.resume().then(watch, () => undefined);
    },
    close: () => {
      silence();
      context?.removeEventListener('statechange', watch);
      void context?.close();
    },
  };
}
