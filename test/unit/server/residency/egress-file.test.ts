import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { EgressRow } from '../../../../server/contract/rest-channels.ts';
import { EgressFile } from '../../../../server/residency/egress-file.ts';
import { makeTempDir, removeTempDir } from '../../../support/temp-dir.ts';

const row = (host: string): EgressRow => ({
  host,
  port: 25,
  protocol: 'smtp',
  purpose: 'mail-relay',
  usedBy: [],
});

describe('the file of what the site lets us open', () => {
  const dir = makeTempDir();
  const file = join(dir, 'egress.json');
  let now = 1_790_000_000_000;
  const logger = { warn: () => undefined };
  const addresses = () =>
    (JSON.parse(readFileSync(file, 'utf8')) as { egress: { addresses: string[] }[] }).egress.map(
      (one) => one.addresses,
    );
  after(() => removeTempDir(dir));

  it('is written when it is another, and for the services alone to read', async () => {
    const egress = await EgressFile.open({ file, ingress: () => [], now: () => now, logger });
    await egress.keep([row('192.0.2.1')]);
    expect(addresses()).to.deep.equal([['192.0.2.1']]);
    expect(statSync(file).mode & 0o777).to.equal(0o640);
    rmSync(file);
    await egress.keep([row('192.0.2.1')]);
    expect(existsSync(file), 'nothing changed').to.equal(false);
    now += 5000;
    await egress.keep([row('192.0.2.1')]);
    expect(existsSync(file), 'nor is it due').to.equal(false);
    await egress.keep([row('relay.example')]);
    expect(addresses(), 'a clone asks nobody').to.deep.equal([[]]);
  });

  it('holds the addresses of names, keeps them for a day, and asks again after a fault', async () => {
    let found: string[] | Error = ['192.0.2.7', '192.0.2.5'];
    let asked = 0;
    const resolve = async () => {
      asked += 1;
      if (found instanceof Error) throw found;
      return found;
    };
    const egress = await EgressFile.open({ file, ingress: () => [], now: () => now, logger, resolve });
    const twice = async () => {
      await egress.keep([row('relay.example')]);
      await egress.keep([row('relay.example')]);
    };
    await twice();
    expect(addresses()).to.deep.equal([['192.0.2.5', '192.0.2.7']]);
    expect(asked).to.equal(1);
    found = new Error('no answer');
    now += 301_000;
    await twice();
    expect(addresses(), 'what was found stays').to.deep.equal([['192.0.2.5', '192.0.2.7']]);
    found = ['192.0.2.9'];
    now += 16_000;
    await twice();
    expect(asked).to.equal(3);
    expect(addresses()).to.deep.equal([['192.0.2.5', '192.0.2.7', '192.0.2.9']]);
    now += 86_100_000;
    found = new Error('no answer');
    await twice();
    expect(addresses()).to.deep.equal([['192.0.2.9']]);
  });

  it('is told again, once when whoever was at work on the one before has ended', async () => {
    const egress = await EgressFile.open({ file, ingress: () => [], now: () => now, logger });
    const rows = [row('192.0.2.3')];
    const told: number[] = [];
    await egress.keep(rows);
    for (let sec = 5; sec <= 300; sec += 5) {
      rmSync(file);
      now += 5000;
      await egress.keep(rows);
      if (existsSync(file)) told.push(sec);
      else writeFileSync(file, '');
    }
    const unit = readFileSync('systemd/hearthline-networks.service', 'utf8');
    const runSec = Number(/^TimeoutStartSec=(\d+)$/m.exec(unit)?.[1]);
    expect(told).to.have.length(2);
    expect(told[1]).to.be.greaterThan(runSec);
  });

  it('keeps what names led to over a restart of the server, until they are found anew', async () => {
    const name = [row('relay.example')];
    const open = (resolve: () => Promise<string[]>) =>
      EgressFile.open({ file, ingress: () => [], now: () => now, logger, resolve });
    const before = await open(async () => ['192.0.2.7']);
    await before.keep(name);
    await before.keep(name);
    expect(addresses()).to.deep.equal([['192.0.2.7']]);
    const after = await open(() => Promise.reject(new Error('no answer')));
    await after.keep(name);
    expect(addresses(), 'at once').to.deep.equal([['192.0.2.7']]);
    now += 86_401_000;
    await after.keep(name);
    expect(addresses(), 'a day later').to.deep.equal([[]]);
    writeFileSync(file, '{"egress":[{"host":3}]}');
    const damaged = await open(() => Promise.reject(new Error('no answer')));
    await damaged.keep(name);
    expect(addresses()).to.deep.equal([[]]);
  });
});
