/**
 * G.711 (ITU-T G.711) by tables: linear to A-law and mu-law, back, and between the two.
 * For: prompts, transcoding between legs, recordings. Pure; tables are built once at load.
 */

export const MULAW_SILENCE = 0xff;
export const ALAW_SILENCE = 0xd5;
/** RTP payload types of RFC 3551 name the law throughout the engine. */
export const PT_PCMU = 0;
export const PT_PCMA = 8;

function muLawToLinear(byte: number): number {
  const inverted = ~byte & 0xff;
  const exponent = (inverted >> 4) & 7;
  const magnitude = (((inverted & 0x0f) << 3) + 0x84) << exponent;
  return inverted & 0x80 ? 0x84 - magnitude : magnitude - 0x84;
}

function aLawToLinear(byte: number): number {
  const toggled = byte ^ 0x55;
  const exponent = (toggled >> 4) & 7;
  const mantissa = (toggled & 0x0f) << 4;
  const magnitude = exponent === 0 ? mantissa + 8 : (mantissa + 0x108) << (exponent - 1);
  return toggled & 0x80 ? magnitude : -magnitude;
}

function linearToMuLaw(sample: number): number {
  const sign = sample < 0 ? 0x80 : 0;
  let magnitude = Math.min(sample < 0 ? -sample : sample, 32635) + 0x84;
  let exponent = 7;
  for (let mask = 0x4000; exponent > 0 && !(magnitude & mask); mask >>= 1) exponent--;
  magnitude = (magnitude >> (exponent + 3)) & 0x0f;
  return ~(sign | (exponent << 4) | magnitude) & 0xff;
}

function linearToALaw(sample: number): number {
  const sign = sample < 0 ? 0 : 0x80;
  const magnitude = Math.min(sample < 0 ? -sample - 1 : sample, 32767);
  let exponent = 7;
  for (let mask = 0x4000; exponent > 0 && !(magnitude & mask); mask >>= 1) exponent--;
  const mantissa = (magnitude >> (exponent === 0 ? 4 : exponent + 3)) & 0x0f;
  return (sign | (exponent << 4) | mantissa) ^ 0x55;
}

function tableOf(fn: (index: number) => number, size: number): Uint8Array {
  const table = new Uint8Array(size);
  for (let i = 0; i < size; i++) table[i] = fn(i);
  return table;
}

function linearTableOf(fn: (byte: number) => number): Int16Array {
  const table = new Int16Array(256);
  for (let i = 0; i < 256; i++) table[i] = fn(i);
  return table;
}

/** Indexed by the coded byte. */
export const MULAW_TO_LINEAR = linearTableOf(muLawToLinear);
export const ALAW_TO_LINEAR = linearTableOf(aLawToLinear);
/** Indexed by `sample + 32768`. */
export const LINEAR_TO_MULAW = tableOf((i) => linearToMuLaw(i - 32768), 65536);
export const LINEAR_TO_ALAW = tableOf((i) => linearToALaw(i - 32768), 65536);
export const MULAW_TO_ALAW = tableOf((i) => linearToALaw(muLawToLinear(i)), 256);
export const ALAW_TO_MULAW = tableOf((i) => linearToMuLaw(aLawToLinear(i)), 256);

export function silenceOf(law: number): number {
  return law === PT_PCMA ? ALAW_SILENCE : MULAW_SILENCE;
}

/** The table that turns `from` into `to` (both payload types), or null when they are the same. */
export function lawTable(from: number, to: number): Uint8Array | null {
  if (from === to) return null;
  return to === PT_PCMA ? MULAW_TO_ALAW : ALAW_TO_MULAW;
}

export function encodeLinear(samples: Int16Array, law: number, target: Uint8Array): void {
  const table = law === PT_PCMA ? LINEAR_TO_ALAW : LINEAR_TO_MULAW;
  for (let i = 0; i < samples.length; i++) target[i] = table[(samples[i] as number) + 32768] as number;
}
