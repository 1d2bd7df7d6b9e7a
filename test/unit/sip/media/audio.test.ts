import { expect } from 'chai';
import fc from 'fast-check';
import {
  ALAW_TO_LINEAR,
  ALAW_TO_MULAW,
  LINEAR_TO_ALAW,
  LINEAR_TO_MULAW,
  MULAW_TO_ALAW,
  MULAW_TO_LINEAR,
} from '../../../../sip/media/engine/g711.ts';
import { FRAME_BYTES, Player } from '../../../../sip/media/engine/player.ts';
import { PromptCache } from '../../../../sip/media/engine/prompt-cache.ts';
import { type RtpSocket, type SocketBackend, SocketPool } from '../../../../sip/media/engine/rtp-sockets.ts';
import {
  decodePrompt,
  halveRate,
  readWavInfo,
  RECORDING_HEADER_BYTES,
  recordingHeader,
} from '../../../../sip/media/engine/wav.ts';
import { goertzel } from '../../../support/rtp-peer.ts';
import { toneWav } from '../../../support/tone-wav.ts';

describe('G.711', () => {
  it('decodes the values that the standard gives', () => {
    expect([0x00, 0x80, 0x7f, 0xff].map((byte) => MULAW_TO_LINEAR[byte])).to.deep.equal([
      -32124, 32124, 0, 0,
    ]);
    expect([0xd5, 0x55, 0xaa, 0x2a].map((byte) => ALAW_TO_LINEAR[byte])).to.deep.equal([
      8, -8, 32256, -32256,
    ]);
  });

  it('comes back from linear as the same byte', () => {
    for (let byte = 0; byte < 256; byte++) {
      expect(LINEAR_TO_ALAW[(ALAW_TO_LINEAR[byte] as number) + 32768]).to.equal(byte);
      const again = LINEAR_TO_MULAW[(MULAW_TO_LINEAR[byte] as number) + 32768] as number;
      // Mu-law has two zeros.
      expect(MULAW_TO_LINEAR[again]).to.equal(MULAW_TO_LINEAR[byte]);
    }
  });

  it('stays within the quantisation step, from linear and between the laws', () => {
    for (let sample = -32000; sample <= 32000; sample += 7) {
      const step = Math.max(16, Math.abs(sample) / 16);
      expect(
        Math.abs((ALAW_TO_LINEAR[LINEAR_TO_ALAW[sample + 32768] as number] as number) - sample),
      ).to.be.at.most(step);
      expect(
        Math.abs((MULAW_TO_LINEAR[LINEAR_TO_MULAW[sample + 32768] as number] as number) - sample),
      ).to.be.at.most(step);
    }
    for (let byte = 0; byte < 256; byte++) {
      const linear = MULAW_TO_LINEAR[byte] as number;
      const converted = ALAW_TO_LINEAR[MULAW_TO_ALAW[byte] as number] as number;
      expect(Math.abs(linear - converted)).to.be.at.most(Math.max(16, Math.abs(linear) / 16));
      const other = ALAW_TO_LINEAR[byte] as number;
      const back = MULAW_TO_LINEAR[ALAW_TO_MULAW[byte] as number] as number;
      expect(Math.abs(other - back)).to.be.at.most(Math.max(16, Math.abs(other) / 16));
    }
  });
});

describe('WAV files', () => {
  const linearOf = (clip: Uint8Array, table: Int16Array): number[] =>
    [...clip].map((byte) => table[byte] as number);

  it('are converted from 8 and 16 kHz to either law', () => {
    for (const rate of [8000, 16000]) {
      for (const [law, table] of [
        [0, MULAW_TO_LINEAR],
        [8, ALAW_TO_LINEAR],
      ] as const) {
        const decoded = decodePrompt(toneWav({ frequency: 800, ms: 500, rate }), law);
        if (!decoded.ok) throw new Error(decoded.error);
        expect(decoded.clip.length).to.equal(4000);
        expect(goertzel(linearOf(decoded.clip, table), 800)).to.be.closeTo(8000, 300);
      }
    }
  });

  it('lose what would fold down when the rate is halved', () => {
    const samples = Int16Array.from({ length: 16_000 }, (_, i) =>
      Math.round(8000 * Math.sin((2 * Math.PI * 6000 * i) / 16_000)),
    );
    // 6 kHz would be heard as 2 kHz.
    expect(goertzel(halveRate(samples), 2000)).to.be.lessThan(80);
  });

  it('are refused when they are of another kind', () => {
    const stereo = toneWav({ frequency: 800, ms: 20, rate: 8000 });
    stereo.writeUInt16LE(2, 22);
    const fast = toneWav({ frequency: 800, ms: 20, rate: 44_100 });
    for (const bytes of [stereo, fast, Buffer.from('RIFF'), Buffer.alloc(100)]) {
      expect(decodePrompt(bytes, 0).ok).to.equal(false);
    }
  });

  it('never lead beyond their bytes, whatever the bytes', () => {
    const good = toneWav({ frequency: 800, ms: 20, rate: 8000 });
    const damage = fc.array(fc.tuple(fc.integer({ min: 0, max: 60 }), fc.integer({ min: 0, max: 255 })), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(damage, fc.integer({ min: 0, max: good.length }), (changes, length) => {
        const bytes = Buffer.from(good.subarray(0, length));
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        const info = readWavInfo(bytes);
        decodePrompt(bytes, 0);
        return info === null || info.dataOffset + info.dataLength <= bytes.length;
      }),
      { numRuns: 1000 },
    );
  });

  it('of recordings have a header that reads back, with the recording it belongs to', () => {
    const header = recordingHeader(2, 8, 'r-17', 32_000);
    expect(header.length).to.equal(RECORDING_HEADER_BYTES);
    expect(readWavInfo(header, RECORDING_HEADER_BYTES + 32_000)).to.deep.equal({
      tag: 6,
      channels: 2,
      sampleRate: 8000,
      bitsPerSample: 8,
      dataOffset: RECORDING_HEADER_BYTES,
      dataLength: 32_000,
      comment: 'r-17',
    });
    expect(readWavInfo(recordingHeader(1, 0, 'x', null), RECORDING_HEADER_BYTES + 999)?.dataLength).to.equal(
      999,
    );
  });
});

describe('the player', () => {
  const play = (
    lengths: number[],
    options: { isLooping?: boolean; gapMs?: number },
    limit: number,
  ): Uint8Array[] => {
    let value = 0;
    const clips = lengths.map((length) => Uint8Array.from({ length }, () => value++ % 200));
    const player = new Player('p', clips, {
      law: 0,
      isLooping: false,
      hasBargeIn: false,
      gapMs: 0,
      ...options,
    });
    const frames: Uint8Array[] = [];
    for (let n = 0; n < limit; n++) {
      const frame = new Uint8Array(FRAME_BYTES);
      if (!player.nextFrame(frame, 0)) break;
      frames.push(frame);
    }
    return frames;
  };

  it('plays every byte once, in order, with silence only at the end', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 700 }), { maxLength: 6 }), (lengths) => {
        const total = lengths.reduce((sum, length) => sum + length, 0);
        const frames = play(lengths, {}, 100);
        expect(frames.length).to.equal(Math.ceil(total / FRAME_BYTES));
        const expected = Buffer.alloc(frames.length * FRAME_BYTES, 0xff);
        for (let i = 0; i < total; i++) expected[i] = i % 200;
        expect(Buffer.concat(frames).equals(expected)).to.equal(true);
      }),
    );
  });

  it('loops for ever without a seam, and puts gaps where they are wanted', () => {
    const bytes = Buffer.concat(play([250], { isLooping: true }, 50));
    for (let i = 0; i < bytes.length; i++) expect(bytes[i]).to.equal((i % 250) % 200);
    const gaps = play([160, 160], { gapMs: 40 }, 50);
    expect(gaps.map((frame) => frame[10] === 0xff)).to.deep.equal([false, true, true, false]);
    expect(play([], { isLooping: true }, 50)).to.have.length(0);
  });
});

describe('the prompt cache', () => {
  it('loads once, shares, checks again after a while, and forgets the least recently used', () => {
    const loads: string[] = [];
    const cache = new PromptCache({ load: (path) => loads.push(path) }, 250);
    const got: (number | string)[] = [];
    const note = (clip: Uint8Array | null, error: string): number => got.push(clip?.length ?? error);
    cache.get('/a', 0, 0, note);
    cache.get('/a', 0, 0, note);
    expect(loads).to.deep.equal(['/a']);
    cache.loaded('/a', 0, new Uint8Array(100), '', 0);
    cache.get('/a', 0, 10, note);
    expect(got).to.deep.equal([100, 100, 100]);
    cache.get('/b', 0, 10, note);
    cache.loaded('/b', 0, new Uint8Array(100), '', 10);
    cache.get('/a', 0, 20, note);
    cache.get('/c', 0, 20, note);
    cache.loaded('/c', 0, new Uint8Array(100), '', 20);
    expect(cache.bytes).to.equal(200);
    cache.get('/a', 0, 30, note);
    cache.get('/b', 0, 30, note);
    cache.get('/a', 0, 60_000, note);
    expect(loads).to.deep.equal(['/a', '/b', '/c', '/b', '/a']);
    cache.loaded('/a', 0, null, 'gone', 60_000);
    expect(got.at(-1)).to.equal('gone');
  });
});

describe('the socket pool', () => {
  it('opens each port once, quarantines, skips ports of others, gives up when all are in use', () => {
    const opened: number[] = [];
    const backend: SocketBackend = {
      name: 'dgram',
      open: (port) => {
        if (port === 11) return null;
        opened.push(port);
        return { port, owner: null, send: () => true, close: () => undefined };
      },
    };
    const own = new Uint8Array(65536);
    const pool = new SocketPool(backend, [10, 11, 12], own);
    const first = pool.acquire(0) as RtpSocket;
    const second = pool.acquire(0) as RtpSocket;
    expect([first.port, second.port, pool.acquire(0)]).to.deep.equal([10, 12, null]);
    expect([own[10], own[11], own[12]]).to.deep.equal([1, 0, 1]);
    pool.release(first, 1000);
    expect(pool.acquire(1400)).to.equal(null);
    expect(pool.acquire(1500)).to.equal(first);
    expect(opened).to.deep.equal([10, 12]);
    pool.surrender(second);
    expect(own[12]).to.equal(0);
    expect(pool.adopt(12)?.port).to.equal(12);
  });
});
