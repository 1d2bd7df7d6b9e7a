/** How much of one channel of a stereo WAV is a given tone, 0 to 1 (Goertzel), in its loudest second. */
import { decodeWav } from './wav.ts';

export function toneShare(wav: Buffer, channel: number, frequencyHz: number): number {
  const { rate, channels } = decodeWav(wav);
  const samples = channels[channel];
  if (!samples) throw new Error(`the WAV has ${channels.length} channels`);
  let best = 0;
  for (let from = 0; from + rate / 2 <= samples.length; from += rate / 4)
    best = Math.max(best, shareOf(samples.subarray(from, from + rate / 2), rate, frequencyHz));
  return best;
}

function shareOf(samples: Float64Array, rate: number, frequencyHz: number): number {
  const step = 2 * Math.cos((2 * Math.PI * frequencyHz) / rate);
  let before = 0;
  let last = 0;
  let energy = 0;
  for (const sample of samples) {
    const next = sample + step * last - before;
    before = last;
    last = next;
    energy += sample * sample;
  }
  if (energy / samples.length < 1) return 0;
  const power = last * last + before * before - step * last * before;
  return (2 * power) / (samples.length * energy);
}
