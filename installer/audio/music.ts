/**
 * Music on hold, composed and played by this file alone: eight slow bars, a soft pad under a plucked
 * line, 30 seconds that join end to start without a seam, since every tail wraps round the loop. It is
 * written for 8 kHz and G.711: little below 200 Hz, nothing above 2 kHz, no sharp attack.
 */
import { levelTo } from './resample.ts';
import type { Pcm } from './wav.ts';

const sampleRate = 8000;
const bars = 8;
const barSec = 3.75;
const beatSec = barSec / 4;

/** MIDI note numbers: Cmaj7, Am7, Fmaj7, Gsus, Em7, Am7, Dm7, G6, each in close position. */
const chords = [
  [60, 64, 67, 71],
  [57, 60, 64, 67],
  [57, 60, 65, 69],
  [55, 60, 62, 67],
  [59, 62, 64, 67],
  [57, 60, 64, 69],
  [57, 60, 62, 65],
  [55, 59, 62, 64],
];

/** The plucked line: bar, beat, note. */
const line: [number, number, number][] = [
  ...([
    [0, 0, 76],
    [0, 1.5, 79],
    [0, 2.5, 74],
    [1, 0, 72],
    [1, 2, 76],
    [2, 0.5, 77],
    [2, 1.5, 76],
    [2, 3, 72],
    [3, 0, 74],
    [3, 2, 67],
  ] as [number, number, number][]),
  ...([
    [4, 0, 71],
    [4, 1.5, 74],
    [4, 2.5, 79],
    [5, 0, 76],
    [5, 2, 72],
    [6, 0.5, 69],
    [6, 1.5, 72],
    [6, 3, 77],
    [7, 0, 76],
    [7, 1, 74],
    [7, 2, 71],
  ] as [number, number, number][]),
];

const frequencyOf = (note: number) => 440 * 2 ** ((note - 69) / 12);

type Envelope = (sec: number) => number;

function addTone(
  loop: Float64Array,
  startSec: number,
  lengthSec: number,
  note: number,
  partials: readonly number[],
  envelope: Envelope,
): void {
  const start = Math.round(startSec * sampleRate);
  const count = Math.round(lengthSec * sampleRate);
  const turn = (2 * Math.PI * frequencyOf(note)) / sampleRate;
  for (let i = 0; i < count; i += 1) {
    let value = 0;
    partials.forEach((level, index) => {
      value += level * Math.sin(turn * (index + 1) * i);
    });
    const at = (start + i) % loop.length;
    loop[at] = (loop[at] ?? 0) + value * envelope(i / sampleRate);
  }
}

export function composeMusic(): Pcm {
  const loop = new Float64Array(bars * barSec * sampleRate);
  chords.forEach((chord, bar) => {
    const length = barSec + 1.2;
    // The pad swells in and fades under the next chord.
    const swell: Envelope = (sec) => 0.16 * Math.sin(Math.PI * Math.min(1, sec / length)) ** 1.2;
    for (const note of chord) addTone(loop, bar * barSec, length, note, [1, 0.25, 0.08], swell);
  });
  for (const [bar, beat, note] of line) {
    const pluck: Envelope = (sec) =>
      0.3 * Math.min(1, sec / 0.012) * Math.exp(-2.4 * sec) * Math.min(1, (2.2 - sec) / 0.1);
    addTone(loop, bar * barSec + beat * beatSec, 2.2, note, [1, 0.3, 0.12], pluck);
  }
  return levelTo({ sampleRate, samples: loop }, -24, -9);
}
