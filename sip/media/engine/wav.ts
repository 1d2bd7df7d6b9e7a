/**
 * WAV (RIFF) as far as a contact centre needs it: reads PCM16, A-law and mu-law prompts at 8 or 16 kHz, mono; writes
 * and repairs the headers of G.711 recordings. Pure: works on bytes. Every length in a header is checked against
 * what is there before it is believed.
 */
import { ALAW_TO_LINEAR, encodeLinear, lawTable, MULAW_TO_LINEAR, PT_PCMA, PT_PCMU } from './g711.ts';

const TAG_PCM = 1;
const TAG_ALAW = 6;
const TAG_MULAW = 7;
const TAG_EXTENSIBLE = 0xfffe;

export interface WavInfo {
  tag: number;
  channels: number;
  sampleRate: number;
  bitsPerSample: number;
  dataOffset: number;
  dataLength: number;
  comment: string;
}

function chunkId(view: DataView, at: number): string {
  return String.fromCharCode(
    view.getUint8(at),
    view.getUint8(at + 1),
    view.getUint8(at + 2),
    view.getUint8(at + 3),
  );
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function commentOf(view: DataView, at: number, length: number): string {
  if (length < 12 || chunkId(view, at) !== 'INFO' || chunkId(view, at + 4) !== 'ICMT') return '';
  const size = Math.min(view.getUint32(at + 8, true), length - 12);
  let text = '';
  for (let i = 0; i < size; i++) {
    const code = view.getUint8(at + 12 + i);
    if (code === 0) break;
    text += String.fromCharCode(code);
  }
  return text;
}

/** Finds the format and the data; `totalBytes` may exceed `bytes` when only the beginning was read. */
export function readWavInfo(bytes: Uint8Array, totalBytes = bytes.length): WavInfo | null {
  const view = viewOf(bytes);
  if (bytes.length < 44 || chunkId(view, 0) !== 'RIFF' || chunkId(view, 8) !== 'WAVE') return null;
  const info: WavInfo = {
    tag: 0,
    channels: 0,
    sampleRate: 0,
    bitsPerSample: 0,
    dataOffset: 0,
    dataLength: 0,
    comment: '',
  };
  let at = 12;
  while (at + 8 <= bytes.length) {
    const id = chunkId(view, at);
    const size = view.getUint32(at + 4, true);
    const body = at + 8;
    if (id === 'data') {
      if (info.tag === 0) return null;
      info.dataOffset = body;
      info.dataLength = Math.min(size, Math.max(0, totalBytes - body));
      return info;
    }
    if (body + size > bytes.length) return null;
    if (id === 'fmt ' && size >= 16) {
      info.tag = view.getUint16(body, true);
      info.channels = view.getUint16(body + 2, true);
      info.sampleRate = view.getUint32(body + 4, true);
      info.bitsPerSample = view.getUint16(body + 14, true);
      if (info.tag === TAG_EXTENSIBLE && size >= 40) info.tag = view.getUint16(body + 24, true);
    } else if (id === 'LIST') info.comment = commentOf(view, body, size);
    at = body + size + (size & 1);
  }
  return null;
}

/**
 * Halves 16 kHz to 8 kHz through a 31-tap half-band low-pass (Hamming window): without it, everything above 4 kHz
 * would fold down into speech.
 */
export function halveRate(samples: Int16Array): Int16Array {
  const taps = 31;
  const middle = (taps - 1) / 2;
  const kernel = new Float64Array(taps);
  let sum = 0;
  for (let i = 0; i < taps; i++) {
    const x = i - middle;
    const sinc = x === 0 ? 0.5 : Math.sin((Math.PI * x) / 2) / (Math.PI * x);
    kernel[i] = sinc * (0.54 - 0.46 * Math.cos((2 * Math.PI * i) / (taps - 1)));
    sum += kernel[i] as number;
  }
  const out = new Int16Array(Math.floor(samples.length / 2));
  for (let n = 0; n < out.length; n++) {
    let value = 0;
    for (let i = 0; i < taps; i++) value += (kernel[i] as number) * (samples[2 * n + i - middle] ?? 0);
    out[n] = Math.max(-32768, Math.min(32767, Math.round(value / sum)));
  }
  return out;
}

function linearSamples(bytes: Uint8Array, info: WavInfo): Int16Array {
  const { dataOffset, dataLength } = info;
  if (info.tag === TAG_PCM) {
    const view = viewOf(bytes);
    const samples = new Int16Array(dataLength >> 1);
    for (let i = 0; i < samples.length; i++) samples[i] = view.getInt16(dataOffset + 2 * i, true);
    return samples;
  }
  const table = info.tag === TAG_ALAW ? ALAW_TO_LINEAR : MULAW_TO_LINEAR;
  const samples = new Int16Array(dataLength);
  for (let i = 0; i < dataLength; i++) samples[i] = table[bytes[dataOffset + i] as number] as number;
  return samples;
}

export type DecodedPrompt = { ok: true; clip: Uint8Array } | { ok: false; error: string };

/** A prompt file as G.711 of the law asked for, in shared memory so that all workers can play it. */
export function decodePrompt(bytes: Uint8Array, law: number): DecodedPrompt {
  const info = readWavInfo(bytes);
  if (!info) return { ok: false, error: 'not a WAV file' };
  const isLaw = info.tag === TAG_ALAW || info.tag === TAG_MULAW;
  const hasGoodBits = isLaw ? info.bitsPerSample === 8 : info.tag === TAG_PCM && info.bitsPerSample === 16;
  if (info.channels !== 1 || !hasGoodBits || (info.sampleRate !== 8000 && info.sampleRate !== 16000)) {
    return { ok: false, error: 'must be mono, 8 or 16 kHz, 16 bit PCM or G.711' };
  }
  if (isLaw && info.sampleRate === 8000) {
    const clip = new Uint8Array(new SharedArrayBuffer(info.dataLength));
    const table = lawTable(info.tag === TAG_ALAW ? PT_PCMA : PT_PCMU, law);
    for (let i = 0; i < clip.length; i++) {
      const byte = bytes[info.dataOffset + i] as number;
      clip[i] = table ? (table[byte] as number) : byte;
    }
    return { ok: true, clip };
  }
  let samples = linearSamples(bytes, info);
  if (info.sampleRate === 16000) samples = halveRate(samples);
  const clip = new Uint8Array(new SharedArrayBuffer(samples.length));
  encodeLinear(samples, law, clip);
  return { ok: true, clip };
}

const COMMENT_BYTES = 64;
/** RIFF 12, fmt 8+18, fact 8+4, LIST 8+4+8+64, data 8. Fixed, so that sizes can be filled in afterwards. */
export const RECORDING_HEADER_BYTES = 12 + 26 + 12 + 20 + COMMENT_BYTES + 8;
const FACT_SAMPLES_AT = 12 + 26 + 8;
const DATA_SIZE_AT = RECORDING_HEADER_BYTES - 4;

/** `dataBytes` null: still being written; readers that meet the file then take it up to its end. */
export function recordingHeader(
  channels: 1 | 2,
  law: number,
  recordingId: string,
  dataBytes: number | null,
): Uint8Array {
  const bytes = new Uint8Array(RECORDING_HEADER_BYTES);
  const view = viewOf(bytes);
  const text = (at: number, value: string): void => {
    for (let i = 0; i < value.length; i++) bytes[at + i] = value.charCodeAt(i);
  };
  text(0, 'RIFF');
  text(8, 'WAVEfmt ');
  view.setUint32(16, 18, true);
  view.setUint16(20, law === PT_PCMA ? TAG_ALAW : TAG_MULAW, true);
  view.setUint16(22, channels, true);
  view.setUint32(24, 8000, true);
  view.setUint32(28, 8000 * channels, true);
  view.setUint16(32, channels, true);
  view.setUint16(34, 8, true);
  text(38, 'fact');
  view.setUint32(42, 4, true);
  text(50, 'LIST');
  view.setUint32(54, 12 + COMMENT_BYTES, true);
  text(58, 'INFOICMT');
  view.setUint32(66, COMMENT_BYTES, true);
  text(70, recordingId.slice(0, COMMENT_BYTES - 1));
  text(RECORDING_HEADER_BYTES - 8, 'data');
  fillSizes(bytes, channels, dataBytes);
  return bytes;
}

/** Writes the sizes (`dataBytes` is even) into a recording's header. Bytes beyond 4 GiB cannot be told by RIFF: 37 hours, never reached. */
export function fillSizes(headerBytes: Uint8Array, channels: number, dataBytes: number | null): void {
  const view = viewOf(headerBytes);
  view.setUint32(4, dataBytes === null ? 0xffffffff : RECORDING_HEADER_BYTES - 8 + dataBytes, true);
  view.setUint32(FACT_SAMPLES_AT, dataBytes === null ? 0 : Math.floor(dataBytes / channels), true);
  view.setUint32(DATA_SIZE_AT, dataBytes === null ? 0xffffffff : dataBytes, true);
}
