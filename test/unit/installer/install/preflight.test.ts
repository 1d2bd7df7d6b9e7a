/** What is found about a machine before anything is done to it, with what to do about it. */
import { expect } from 'chai';
import {
  checkClock,
  checkDisk,
  checkMemory,
  checkPackages,
  checkProcessor,
  checkRivals,
  checkSystem,
  readOsRelease,
} from '../../../../installer/install/preflight.ts';

const gigabyte = 1024 ** 3;
const daySec = 86_400;

describe('the look at a machine', () => {
  const debian = readOsRelease('ID=debian\nVERSION_ID="12"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n');

  it('knows the systems that it is made for', () => {
    expect(checkSystem(debian).level).to.equal('ok');
    expect(checkSystem({ id: 'ubuntu', version: '24.04', name: 'Ubuntu' }).level).to.equal('ok');
    expect(checkSystem({ id: 'rhel', version: '9.4', name: 'RHEL' }).level).to.equal('ok');
    expect(checkSystem({ id: 'debian', version: '11', name: 'Debian 11' })).to.include({ level: 'fault' });
    expect(checkSystem({ id: 'rhel', version: '90', name: 'RHEL 90' }).level).to.equal('fault');
    expect(checkSystem(readOsRelease('')).what).to.match(/an unknown system is not/);
  });

  it('takes packages of a bundle on their own system only', () => {
    const ubuntu = { id: 'ubuntu', version: '24.04', name: 'Ubuntu' };
    expect(checkPackages(debian, 'debian 12').level).to.equal('ok');
    expect(checkPackages(ubuntu, 'debian 12').what).to.equal(
      "the bundle's packages are for debian 12, and this is Ubuntu",
    );
    expect(checkPackages(ubuntu, undefined).level).to.equal('ok');
  });

  it('refuses another kind of machine, and warns of a small one', () => {
    const here = { platform: process.platform, arch: process.arch };
    expect(checkProcessor({ ...here, arch: 'sparc' }, 8).level).to.equal('fault');
    expect(checkProcessor(here, 1).level).to.equal('warning');
    expect(checkProcessor(here, 2).level).to.equal('ok');
    expect([1, 2, 8].map((n) => checkMemory(n * gigabyte).level)).to.deep.equal(['fault', 'warning', 'ok']);
  });

  it('wants room for programs and data, and a disk of their own for the data', () => {
    const levels = (programs: number, data: number, isOne: boolean) =>
      checkDisk(programs * gigabyte, data * gigabyte, isOne).map(({ level }) => level);
    expect(levels(2, 100, false)).to.deep.equal(['ok', 'ok']);
    expect(levels(2, 100, true)).to.deep.equal(['fault', 'ok', 'warning']);
    expect(levels(0.5, 1, false)).to.deep.equal(['fault', 'fault']);
    expect(levels(5, 5, true)).to.deep.equal(['ok', 'warning', 'warning']);
  });

  it('does not believe a clock that is off', () => {
    const made = 1_780_000_000;
    const level = (nowSec: number, newest = made) => checkClock(nowSec, made, newest).level;
    expect(level(made + daySec)).to.equal('ok');
    expect(level(made - 2 * daySec), 'before the release').to.equal('fault');
    expect(level(made + daySec, made + 30 * daySec), 'before files of the system').to.equal('fault');
    expect(level(made + 365 * daySec), 'a year ahead').to.equal('warning');
    expect(level(made + 365 * daySec, made + 364 * daySec), 'a machine that was used all the time').to.equal(
      'ok',
    );
    expect(level(made + 6 * 366 * daySec, made + 6 * 366 * daySec)).to.equal('fault');
  });

  it('names other telephone systems that run', () => {
    expect(checkRivals(new Set(['systemd', 'sshd'])).level).to.equal('ok');
    expect(checkRivals(new Set(['asterisk', 'kamailio'])).what).to.equal(
      'asterisk and kamailio run on this machine',
    );
  });
});
