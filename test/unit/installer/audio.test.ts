import { expect } from 'chai';
import { composeMusic } from '../../../installer/audio/music.ts';
import { levelTo, resample, trimSilence } from '../../../installer/audio/resample.ts';
import { readWav, readWavComment, WavError, writeWav } from '../../../installer/audio/wav.ts';

const tone = (sampleRate: number, hz: number, sec = 1, level = 0.5) => ({
  sampleRate,
  samples: Float64Array.from(
    { length: sampleRate * sec },
    (_, i) => level * Math.sin((2 * Math.PI * hz * i) / sampleRate),
  ),
});

/** Amplitude of one frequency in the middle of a signal. */
function amplitude(pcm: { sampleRate: number; samples: Float64Array }, hz: number): number {
  const middle = pcm.samples.subarray(pcm.samples.length >> 2, (3 * pcm.samples.length) >> 2);
  let [re, im] = [0, 0];
  middle.forEach((sample, i) => {
    re += sample * Math.cos((2 * Math.PI * hz * i) / pcm.sampleRate);
    im += sample * Math.sin((2 * Math.PI * hz * i) / pcm.sampleRate);
  });
  return (2 * Math.hypot(re, im)) / middle.length;
}

describe('resampling to 8 kHz', () => {
  it('keeps the telephone band as it is', () => {
    for (const hz of [300, 1000, 2500, 3000]) {
      const output = resample(tone(22_050, hz), 8000);
      expect(output.samples.length).to.be.within(7999, 8000);
      expect(amplitude(output, hz), `${hz} Hz`).to.be.closeTo(0.5, 0.01);
    }
  });

  it('lets nothing above the band fold back into it', () => {
    for (const hz of [4500, 5000, 7000, 9000]) {
      const output = resample(tone(22_050, hz), 8000);
      const rms = Math.sqrt(output.samples.reduce((s, v) => s + v * v, 0) / output.samples.length);
      expect(rms, `${hz} Hz`).to.be.lessThan(0.002);
    }
  });
});

describe('levelling and trimming', () => {
  it('brings speech of any loudness to one level without clipping', () => {
    for (const level of [0.01, 0.2, 0.9]) {
      const output = levelTo(tone(8000, 500, 1, level), -20);
      const rms = Math.sqrt(output.samples.reduce((s, v) => s + v * v, 0) / output.samples.length);
      expect(20 * Math.log10(rms)).to.be.closeTo(-20, 0.2);
    }
    const spiky = tone(8000, 500, 1, 0.001);
    spiky.samples[100] = 1;
    expect(Math.max(...levelTo(spiky, -6).samples)).to.be.at.most(0.8);
  });

  it('replaces silence at both ends by a short pad, and leaves pure silence alone', () => {
    const samples = new Float64Array(8000 * 3);
    samples.set(tone(8000, 400, 1).samples, 8000);
    const output = trimSilence({ sampleRate: 8000, samples }, 0.1);
    expect(output.samples.length).to.be.closeTo(8000 * 1.2, 400);
    expect(trimSilence({ sampleRate: 8000, samples: new Float64Array(800) }, 0.1).samples).to.have.length(
      800,
    );
  });
});

describe('WAV files', () => {
  it('come back as written, with their comment', () => {
    const pcm = tone(8000, 440, 0.1);
    const file = writeWav(pcm, 'made for a test');
    expect(file.readUInt32LE(4)).to.equal(file.length - 8);
    expect(readWavComment(file)).to.equal('made for a test');
    const back = readWav(file);
    expect(back.sampleRate).to.equal(8000);
    expect(back.samples).to.have.length(800);
    expect(Math.abs((back.samples[100] ?? 0) - (pcm.samples[100] ?? 0))).to.be.lessThan(0.0001);
  });

  it('with a made-up length, as a streaming writer leaves it, are read to their end', () => {
    const file = writeWav(tone(8000, 440, 0.1), '').subarray(0, 44 + 1600);
    file.writeUInt32LE(0x7ffff000, 40);
    expect(readWav(file).samples).to.have.length(800);
  });

  it('that are none are refused', () => {
    expect(() => readWav(Buffer.from('hello'))).to.throw(WavError);
    expect(() => readWav(Buffer.alloc(100))).to.throw(WavError);
    const stereo = writeWav(tone(8000, 440, 0.1), '');
    stereo.writeUInt16LE(2, 22);
    expect(() => readWav(stereo)).to.throw(WavError, 'mono');
  });
});

describe('the music', () => {
  const music = composeMusic();
  it('lasts 30 s, is soft, never clips and joins without a click', () => {
    expect(music.samples).to.have.length(240_000);
    const peak = music.samples.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
    expect(peak).to.be.within(0.05, 0.4);
    let steepest = 0;
    for (let i = 1; i < music.samples.length; i += 1)
      steepest = Math.max(steepest, Math.abs((music.samples[i] ?? 0) - (music.samples[i - 1] ?? 0)));
    const seam = Math.abs((music.samples[0] ?? 0) - (music.samples.at(-1) ?? 0));
    expect(seam).to.be.at.most(steepest);
  });
});
