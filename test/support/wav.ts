/** Reads a WAV file of our recordings: PCM16 or G.711 (RFC 2361 tags 6 and 7), any number of channels. */
const linearOf = {
  6(byte: number): number {
    const value = byte ^ 0x55;
    const exponent = (value >> 4) & 7;
    const mantissa = (value & 15) << 4;
    const size = exponent === 0 ? mantissa + 8 : (mantissa + 0x108) << (exponent - 1);
    return value & 0x80 ? size : -size;
  },
  7(byte: number): number {
    const value = ~byte & 0xff;
    const size = ((((value & 15) << 3) + 0x84) << ((value >> 4) & 7)) - 0x84;
    return value & 0x80 ? -size : size;
  },
};

export function decodeWav(wav: Buffer): { rate: number; channels: Float64Array[] } {
  if (wav.toString('latin1', 0, 4) !== 'RIFF') throw new Error('not a WAV file');
  let format: { tag: number; count: number; rate: number } | undefined;
  for (let at = 12; at + 8 <= wav.length;) {
    const name = wav.toString('latin1', at, at + 4);
    const size = wav.readUInt32LE(at + 4);
    const body = wav.subarray(at + 8, at + 8 + size);
    if (name === 'fmt ')
      format = { tag: body.readUInt16LE(0), count: body.readUInt16LE(2), rate: body.readUInt32LE(4) };
    if (name === 'data' && format)
      return { rate: format.rate, channels: split(body, format.tag, format.count) };
    at += 8 + size + (size % 2);
  }
  throw new Error('the WAV file has no data');
}

function split(body: Buffer, tag: number, count: number): Float64Array[] {
  const width = tag === 1 ? 2 : 1;
  const frames = Math.floor(body.length / (width * count));
  const channels = Array.from({ length: count }, () => new Float64Array(frames));
  for (let frame = 0; frame < frames; frame++) {
    for (let c = 0; c < count; c++) {
      const at = (frame * count + c) * width;
      channels[c]![frame] = tag === 1 ? body.readInt16LE(at) : linearOf[tag as 6 | 7](body[at]!);
    }
  }
  return channels;
}
