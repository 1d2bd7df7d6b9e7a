/**
 * Sample-rate conversion by a windowed sinc (Blackman, 32 zero crossings each side), with the cut-off
 * below half of the lower rate so that nothing folds back, and the levelling of speech for the telephone
 * band. Pure arithmetic on buffers.
 */
import type { Pcm } from './wav.ts';

const zeroCrossings = 32;
/** The passband as a part of half the lower rate: 8 kHz keeps up to 3.6 kHz, as telephony does. */
const passband = 0.9;

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/** By ratio: every sentence that is spoken has the same one, and making the rows costs a third of converting a sentence. */
const madeRows = new Map<string, Float64Array[]>();

/** One row of coefficients for each of the few fractional positions a rational ratio has. */
function filterRows(phases: number, cutOff: number, half: number): Float64Array[] {
  const key = `${phases} ${cutOff}`;
  const made = madeRows.get(key) ?? makeRows(phases, cutOff, half);
  madeRows.set(key, made);
  return made;
}

function makeRows(phases: number, cutOff: number, half: number): Float64Array[] {
  return Array.from({ length: phases }, (_, phase) => {
    const row = new Float64Array(2 * half);
    let sum = 0;
    for (let tap = 0; tap < row.length; tap += 1) {
      const x = tap - half + 1 - phase / phases;
      const angle = Math.PI * x * cutOff;
      const sinc = x === 0 ? 1 : Math.sin(angle) / angle;
      const w = Math.PI * (x / half + 1);
      const window = Math.abs(x) >= half ? 0 : 0.42 - 0.5 * Math.cos(w) + 0.08 * Math.cos(2 * w);
      row[tap] = sinc * window;
      sum += sinc * window;
    }
    return row.map((value) => value / sum);
  });
}

export function resample(pcm: Pcm, toRate: number): Pcm {
  if (pcm.sampleRate === toRate) return pcm;
  const divisor = greatestCommonDivisor(pcm.sampleRate, toRate);
  const step = pcm.sampleRate / divisor;
  const phases = toRate / divisor;
  const cutOff = Math.min(1, toRate / pcm.sampleRate) * passband;
  const half = Math.ceil(zeroCrossings / cutOff);
  const rows = filterRows(phases, cutOff, half);
  // Silence on both sides spares the inner loop every test of its bounds.
  const padded = new Float64Array(pcm.samples.length + 2 * half);
  padded.set(pcm.samples, half);
  const output = new Float64Array(Math.floor((pcm.samples.length * phases) / step));
  for (let n = 0; n < output.length; n += 1) {
    const at = n * step;
    const row = rows[at % phases] as Float64Array;
    const first = Math.floor(at / phases) + 1;
    let sum = 0;
    for (let tap = 0; tap < row.length; tap += 1)
      sum += (row[tap] as number) * (padded[first + tap] as number);
    output[n] = sum;
  }
  return { sampleRate: toRate, samples: output };
}

const frameSec = 0.02;

function frameLevels(pcm: Pcm): number[] {
  const size = Math.round(pcm.sampleRate * frameSec);
  const levels: number[] = [];
  for (let from = 0; from < pcm.samples.length; from += size) {
    const frame = pcm.samples.subarray(from, from + size);
    levels.push(Math.sqrt(frame.reduce((sum, value) => sum + value * value, 0) / frame.length));
  }
  return levels;
}

/** Speech between `padSec` of silence on either side: what a phone misses at its start is nothing. */
export function trimSilence(pcm: Pcm, padSec: number): Pcm {
  const levels = frameLevels(pcm);
  const isHeard = (level: number) => level > 0.004;
  const first = levels.findIndex(isHeard);
  if (first < 0) return pcm;
  const size = Math.round(pcm.sampleRate * frameSec);
  const speech = pcm.samples.subarray(first * size, (levels.findLastIndex(isHeard) + 1) * size);
  const pad = Math.round(pcm.sampleRate * padSec);
  const samples = new Float64Array(speech.length + 2 * pad);
  samples.set(speech, pad);
  return { sampleRate: pcm.sampleRate, samples };
}

/** Brings the loud parts (pauses left out) to one level, dBFS RMS, without letting a peak clip. */
export function levelTo(pcm: Pcm, targetDb: number, peakDb = -2): Pcm {
  const levels = frameLevels(pcm);
  const loudest = Math.max(...levels, 0);
  const active = levels.filter((level) => level > loudest * 0.1);
  if (active.length === 0) return pcm;
  const rms = Math.sqrt(active.reduce((sum, level) => sum + level * level, 0) / active.length);
  let peak = 0;
  for (const sample of pcm.samples) peak = Math.max(peak, Math.abs(sample));
  const gain = Math.min(10 ** (targetDb / 20) / rms, 10 ** (peakDb / 20) / peak);
  return { sampleRate: pcm.sampleRate, samples: pcm.samples.map((sample) => sample * gain) };
}
