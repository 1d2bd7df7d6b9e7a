/**
 * The soft sound of a new line: two short sines, made here, so that no file has to pass the page's policy. A browser lets
 * sound begin only after the visitor has touched the page; until then there is none, and that is no fault.
 */
type Context = AudioContext;

let context: Context | undefined;

/** To be called from a click or a key. */
export function allowSound(): void {
  try {
    context ??= new AudioContext();
    if (context.state === 'suspended') void context.resume().catch(() => undefined);
  } catch {
    context = undefined;
  }
}

function note(on: Context, hertz: number, startSec: number): void {
  const wave = on.createOscillator();
  const loudness = on.createGain();
  const begin = on.currentTime + startSec;
  wave.frequency.value = hertz;
  loudness.gain.setValueAtTime(0, begin);
  loudness.gain.linearRampToValueAtTime(0.06, begin + 0.02);
  loudness.gain.exponentialRampToValueAtTime(0.0004, begin + 0.35);
  wave.connect(loudness).connect(on.destination);
  wave.start(begin);
  wave.stop(begin + 0.4);
}

export function chime(): void {
  if (context?.state !== 'running') return;
  note(context, 659.3, 0);
  note(context, 880, 0.11);
}
