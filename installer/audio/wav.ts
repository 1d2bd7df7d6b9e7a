/**
 * The least of RIFF/WAVE that the installer needs: reading espeak-ng's output (PCM, 16 bit, mono, often
 * with a made-up length since it streams) and writing 8 kHz mono prompts with a comment, which holds the
 * fingerprint of what was rendered, so that a file says itself whether it is up to date.
 */

export interface Pcm {
  sampleRate: number;
  samples: Float64Array;
}

export class WavError extends Error {}

function* chunks(file: Buffer): Generator<{ id: string; body: Buffer }> {
  if (
    file.length < 12 ||
    file.toString('latin1', 0, 4) !== 'RIFF' ||
    file.toString('latin1', 8, 12) !== 'WAVE'
  )
    throw new WavError('not a WAV file');
  for (let at = 12; at + 8 <= file.length;) {
    const length = file.readUInt32LE(at + 4);
    const end = Math.min(at + 8 + length, file.length);
    yield { id: file.toString('latin1', at, at + 4), body: file.subarray(at + 8, end) };
    at = at + 8 + length + (length & 1);
  }
}

/** 16-bit mono PCM as samples from -1 to 1. */
export function readWav(file: Buffer): Pcm {
  let sampleRate: number | undefined;
  for (const { id, body } of chunks(file)) {
    if (id === 'fmt ') {
      if (body.length < 16 || body.readUInt16LE(0) !== 1 || body.readUInt16LE(2) !== 1)
        throw new WavError('not PCM mono');
      if (body.readUInt16LE(14) !== 16) throw new WavError('not 16 bit');
      sampleRate = body.readUInt32LE(4);
    } else if (id === 'data') {
      if (sampleRate === undefined) throw new WavError('data before format');
      const samples = new Float64Array(body.length >> 1);
      for (let i = 0; i < samples.length; i += 1) samples[i] = body.readInt16LE(i * 2) / 32768;
      return { sampleRate, samples };
    }
  }
  throw new WavError('no audio in it');
}

/** The comment of a file written by `writeWav`, or undefined. */
export function readWavComment(file: Buffer): string | undefined {
  for (const { id, body } of chunks(file))
    if (id === 'LIST' && body.toString('latin1', 0, 8) === 'INFOICMT' && body.length >= 12)
      return body.toString('utf8', 12, 12 + body.readUInt32LE(8)).replace(/\0+$/, '');
  return undefined;
}

function chunk(id: string, body: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.write(id, 0, 'latin1');
  head.writeUInt32LE(body.length, 4);
  return Buffer.concat([head, body, Buffer.alloc(body.length & 1)]);
}

export function writeWav(pcm: Pcm, comment: string): Buffer {
  const format = Buffer.alloc(16);
  format.writeUInt16LE(1, 0);
  format.writeUInt16LE(1, 2);
  format.writeUInt32LE(pcm.sampleRate, 4);
  format.writeUInt32LE(pcm.sampleRate * 2, 8);
  format.writeUInt16LE(2, 12);
  format.writeUInt16LE(16, 14);
  const data = Buffer.alloc(pcm.samples.length * 2);
  pcm.samples.forEach((sample, i) =>
    data.writeInt16LE(Math.max(-32768, Math.min(32767, Math.round(sample * 32767))), i * 2),
  );
  const info = Buffer.concat([Buffer.from('INFO', 'latin1'), chunk('ICMT', Buffer.from(`${comment}\0`))]);
  const body = Buffer.concat([
    Buffer.from('WAVE', 'latin1'),
    chunk('fmt ', format),
    chunk('data', data),
    chunk('LIST', info),
  ]);
  return chunk('RIFF', body);
}
