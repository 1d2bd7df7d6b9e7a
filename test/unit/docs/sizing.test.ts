/** Figures of docs/sizing.md: computed anew where code makes them, and the same as on the pages that measured them. */
import { expect } from 'chai';
import { checkDisk, checkMemory, checkProcessor } from '../../../installer/install/preflight.ts';
import { PT_PCMA } from '../../../sip/media/engine/g711.ts';
import { readWavInfo, recordingHeader } from '../../../sip/media/engine/wav.ts';
import { docText, rowsUnder } from '../../support/doc-tables.ts';

const page = docText('sizing.md');
const gigabyte = 1024 ** 3;

function hourBytes(channels: 1 | 2): number {
  const header = recordingHeader(channels, PT_PCMA, 'a recording', 0);
  const { sampleRate, bitsPerSample } = readWavInfo(header)!;
  return header.length + 3600 * sampleRate * channels * (bitsPerSample / 8);
}

describe('docs/sizing.md', () => {
  it('has the bytes of a recorded hour as the recorder writes them', () => {
    const told = rowsUnder(page, 'Recordings').filter(([kind = '']) => ['stereo', 'mono'].includes(kind));
    const wanted = [hourBytes(2), hourBytes(1)].map((bytes) => [
      bytes.toLocaleString('en'),
      `${(bytes / 1e6).toFixed(1)} MB`,
    ]);
    expect(told.map(([, ...figures]) => figures)).to.deep.equal(wanted);
  });

  it('has the growth by day and year that follows from it', () => {
    const told = rowsUnder(page, 'Recordings').filter(([count = '']) => /^\d+$/.test(count));
    expect(told).to.have.length(3);
    for (const [count, day, year] of told) {
      const dayBytes = Number(count) * 8 * hourBytes(2);
      expect(day).to.equal(`${(dayBytes / 1e9).toFixed(1)} GB`);
      expect(year).to.equal(`${((dayBytes * 250) / 1e12).toFixed(1)} TB`);
    }
  });

  it('has the load of calls as it was measured', () => {
    const measured = rowsUnder(docText('media-engine.md'), 'Measured').filter(([, end]) => end === 'koffi');
    const cellsOf = (calls: string, recording: string) =>
      measured.find(([count, , state]) => count === calls && state === recording)!;
    const told = rowsUnder(page, 'Calls');
    expect(told).to.have.length(measured.length / 2);
    for (const [calls = '', cores, recorded, late] of told) {
      expect(cores).to.equal(cellsOf(calls, 'off')[3]);
      expect(recorded).to.equal(cellsOf(calls, 'on')[3]);
      expect(late).to.equal(`${cellsOf(calls, 'on')[5]} ms`);
    }
  });

  it('cites backups as they were measured', () => {
    const measured = docText('backup.md');
    for (const figure of ['260 MB', '1,065 MB', '20 kB', '20 GB', '150 to 200 GB']) {
      expect(page, figure).to.contain(figure);
      expect(measured, figure).to.contain(figure);
    }
  });

  it('says what the installation refuses and warns of', () => {
    const levels = (...findings: { level: string }[]) => findings.map(({ level }) => level);
    expect(page).to.contain('less than 1.8 GB of memory or 2 GB of disk');
    expect(levels(checkMemory(1.79 * gigabyte), checkMemory(1.81 * gigabyte))).to.deep.equal([
      'fault',
      'warning',
    ]);
    expect(page).to.contain('warns below 2 processors, 3.8 GB and 20 GB');
    expect(levels(checkMemory(3.79 * gigabyte), checkMemory(3.81 * gigabyte))).to.deep.equal([
      'warning',
      'ok',
    ]);
    const disk = (bytes: number) => levels(...checkDisk(100 * gigabyte, bytes * gigabyte, false)).at(-1);
    expect([1.9, 2.1, 19.9, 20.1].map(disk)).to.deep.equal(['fault', 'warning', 'warning', 'ok']);
    expect(levels(checkProcessor(process, 1), checkProcessor(process, 2))).to.deep.equal(['warning', 'ok']);
  });
});
