/** A WAV file with a tone, made in memory: PCM16 mono. */
export function toneWav(options: { frequency: number; ms: number; rate: number }): Buffer {
  const samples = Math.round((options.ms * options.rate) / 1000);
  const bytes = Buffer.alloc(44 + samples * 2);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(36 + samples * 2, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(options.rate, 24);
  bytes.writeUInt32LE(options.rate * 2, 28);
  bytes.writeUInt16LE(2, 32);
  bytes.writeUInt16LE(16, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(samples * 2, 40);
  for (let i = 0; i < samples; i++) {
    const value =
      options.frequency === 0 ? 0 : 8000 * Math.sin((2 * Math.PI * options.frequency * i) / options.rate);
    bytes.writeInt16LE(Math.round(value), 44 + 2 * i);
  }
  return bytes;
}
