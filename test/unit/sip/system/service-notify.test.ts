/** What our processes tell systemd, heard at the other end of a real socket. */
import { join } from 'node:path';
import { expect } from 'chai';
import { createServiceNotify, watchdogBeatMs } from '../../../../sip/system/service-notify.ts';
import { NotifySocket, type Notice } from '../../../support/notify-socket.ts';
import { makeTempDir, removeTempDir } from '../../../support/temp-dir.ts';
import { until } from '../../../support/until.ts';

describe('what systemd is told', () => {
  let dir = '';
  let heard: Notice[] = [];
  let faults: string[] = [];
  const sockets: NotifySocket[] = [];
  const listen = (path: string) => sockets.push(new NotifySocket(path, (notice) => heard.push(notice)));
  const create = (env: Record<string, string>) =>
    createServiceNotify(env, (error) => faults.push(String(error)));
  const beats = () => heard.filter(({ fields }) => fields['WATCHDOG'] === '1').length;

  beforeEach(() => {
    dir = makeTempDir();
    heard = [];
    faults = [];
  });
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.close();
    removeTempDir(dir);
  });

  for (const kind of ['a path', 'an abstract name']) {
    it(`goes to ${kind}, from this very process`, async () => {
      const path = kind === 'a path' ? join(dir, 'notify') : `@${dir}/notify`;
      listen(path);
      const service = create({ NOTIFY_SOCKET: path });
      service.status('reading\nwhat was');
      service.ready('up');
      service.stopping();
      await until('all three', () => heard.length === 3);
      expect(heard.map(({ fields }) => fields)).to.deep.equal([
        { STATUS: 'reading what was' },
        { READY: '1', STATUS: 'up' },
        { STOPPING: '1', STATUS: 'Stopping' },
      ]);
      expect(new Set(heard.map(({ pid }) => pid))).to.deep.equal(new Set([process.pid]));
      expect(faults).to.deep.equal([]);
    });
  }

  it('is nothing where nobody asks', () => {
    const service = create({});
    service.ready('up');
    service.keepAlive(() => {
      throw new Error('never asked');
    });
    service.stopping();
    expect(faults).to.deep.equal([]);
  });

  it('says in the log where systemd cannot be told, and goes on', () => {
    create({ NOTIFY_SOCKET: join(dir, 'nobody') }).ready('up');
    create({ NOTIFY_SOCKET: 'vsock:2:1' }).ready('up');
    create({ NOTIFY_SOCKET: `/${'x'.repeat(107)}` }).ready('up');
    expect(faults).to.have.lengthOf(3);
    expect(faults[0]).to.match(/systemd could not be told \(errno 2\)/);
    expect(faults[1]).to.match(/NOTIFY_SOCKET must be a path/);
  });

  it('includes a beat at a third of the watchdog time while the process answers itself, and none when not', async () => {
    const path = join(dir, 'notify');
    listen(path);
    let isWell: () => boolean | Promise<boolean> = () => true;
    const service = create({
      NOTIFY_SOCKET: path,
      WATCHDOG_USEC: '150000',
      WATCHDOG_PID: String(process.pid),
    });
    const since = performance.now();
    service.keepAlive(() => isWell());
    await until('four beats', () => beats() === 4);
    expect(performance.now() - since).to.be.greaterThan(4 * 50 - 5);
    for (const ill of [
      () => false,
      () => new Promise<boolean>(() => undefined),
      () => Promise.reject(new Error('broken')),
    ]) {
      isWell = ill;
      faults = [];
      await until('it is noticed', () => faults.length > 0);
      const before = beats();
      await until('again', () => faults.length > 1);
      expect(beats()).to.equal(before);
      expect(faults[0]).to.match(/does not answer itself/);
      isWell = () => true;
      await until('it is well again', () => beats() > before);
    }
    service.stopping();
    const before = beats();
    await until('its last word', () => heard.at(-1)?.fields['STOPPING'] === '1');
    expect(beats()).to.equal(before);
  });

  it('keeps what the socket does not take, in order, and goes on at once', async () => {
    const path = join(dir, 'notify');
    const deaf = new NotifySocket(path, (notice) => heard.push(notice), { isReading: false });
    sockets.push(deaf);
    const service = create({ NOTIFY_SOCKET: path });
    // More than a queue holds (net.unix.max_dgram_qlen, 10 or 512) is not taken at once.
    for (let index = 0; index < 600; index++) service.status(`filling ${index}`);
    const since = performance.now();
    service.ready('up');
    expect(performance.now() - since).to.be.lessThan(1000);
    deaf.read();
    await until('what was kept', () => {
      deaf.read();
      return heard.some(({ fields }) => fields['READY'] === '1');
    });
    expect(heard.at(-1)?.fields['STATUS']).to.equal('up');
    expect(faults).to.deep.equal([]);
  });

  it('has no beat where the watchdog is another process’s, or there is none', () => {
    expect(watchdogBeatMs({ WATCHDOG_USEC: '30000000' })).to.equal(10_000);
    expect(watchdogBeatMs({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7' }, 7)).to.equal(10_000);
    expect(watchdogBeatMs({ WATCHDOG_USEC: '30000000', WATCHDOG_PID: '7' }, 8)).to.equal(undefined);
    expect(watchdogBeatMs({ WATCHDOG_USEC: 'soon' })).to.equal(undefined);
    expect(watchdogBeatMs({})).to.equal(undefined);
  });
});
