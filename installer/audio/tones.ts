/**
 * What a telephone line sounds like, for agents who wait for a customer to pick up: 425 Hz, ringing once in five seconds, and
 * busy, as most of Europe has it (ITU-T E.180, recommended tone and cadence).
 */
import type { Pcm } from './wav.ts';

const sampleRate = 8000;
const hertz = 425;
/** -20 dBFS. */
const loudness = 0.1;
/** A tone that starts or stops at once clicks. */
const edgeSec = 0.005;

/** `cadence`: seconds of tone, seconds of silence; over and over. */
function tone(cadence: readonly [number, number], seconds: number): Pcm {
  const [onSec, offSec] = cadence;
  const samples = new Float64Array(Math.round(seconds * sampleRate));
  for (let i = 0; i < samples.length; i++) {
    const at = (i / sampleRate) % (onSec + offSec);
    if (at >= onSec) continue;
    const edge = Math.min(1, at / edgeSec, (onSec - at) / edgeSec);
    samples[i] = Math.sin((2 * Math.PI * hertz * i) / sampleRate) * loudness * edge;
  }
  return { sampleRate, samples };
}

/** To be played over and over. */
export const ringBackTone = (): Pcm => tone([1, 4], 5);
export const busyTone = (): Pcm => tone([0.5, 0.5], 2);
