/** An installed Hearthline and that of a clone, told in the same terms; and the command that serves both. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { runCli } from '../../../installer/cli.ts';
import { findHouse, machinePlaces } from '../../../installer/house.ts';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.ts';

describe('the house that a command is about', () => {
  let root = '';
  beforeEach(() => {
    root = makeTempDir();
  });
  afterEach(() => removeTempDir(root));

  const install = (settings: string) => {
    mkdirSync(join(root, 'etc/hearthline'), { recursive: true });
    writeFileSync(
      join(root, 'etc/passwd'),
      'root:x:0:0::/root:/bin/sh\nhearthline-postgres:x:991:990::/:/bin/false\n',
    );
    writeFileSync(machinePlaces(root).settingsFile, settings);
  };

  it('is the one of the machine where there is one', () => {
    install('HEARTHLINE_HTTP_PORT=8443\n# a remark\nHEARTHLINE_RTP_PORTS="30000-30999"\n');
    const house = findHouse({}, '/elsewhere', root);
    expect(house.kind).to.equal('installed');
    expect(house.settings).to.include({ httpPort: 8443, rtpFirst: 30_000, sipPort: 5060 });
    expect(house.layout.postgres.dataDir).to.equal(join(root, 'var/lib/hearthline/postgres'));
    expect(house.layout.postgres.runAs).to.deep.equal({ user: 'hearthline-postgres', uid: 991, gid: 990 });
    expect(house.layout.redis.runAs).to.equal(undefined);
    expect(house.layout.adminSocket).to.equal(join(root, 'run/hearthline/server/admin.sock'));
  });

  it('is that of a clone where its data are named, or nothing is installed', () => {
    expect(findHouse({}, '/home/it/hearthline', root).layout.dataDir).to.equal('/home/it/hearthline/var');
    install('');
    const house = findHouse({ HEARTHLINE_DATA: 'elsewhere' }, '/home/it', root);
    expect(house.kind).to.equal('clone');
    expect(house.layout.adminSocket).to.equal('/home/it/elsewhere/run/admin.sock');
  });

  it('knows the passwords of the bank’s stores where the installer put them', () => {
    install('HEARTHLINE_POSTGRES_URL=postgres://hl@db/calls\nHEARTHLINE_REDIS_URL=rediss://redis\n');
    const { storeFiles } = machinePlaces(root);
    mkdirSync(join(root, 'etc/hearthline/credentials'));
    writeFileSync(storeFiles.postgres.password, 'open sesame\n');
    const { settings } = findHouse({}, '/', root);
    expect(settings.postgres).to.deep.equal({
      url: 'postgres://hl@db/calls',
      passwordFile: storeFiles.postgres.password,
    });
    expect(settings.redis).to.deep.equal({ url: 'rediss://redis' });
    install('');
    expect(findHouse({}, '/', root).settings).to.not.have.any.keys('postgres', 'redis');
  });

  it('refuses a settings file with faults, naming each', () => {
    install('HEARTHLINE_HTTP_PORT=many\n');
    expect(() => findHouse({}, '/', root)).to.throw(/HEARTHLINE_HTTP_PORT must be a port/);
  });

  it('says which commands there are, and refuses others', async () => {
    const said: string[] = [];
    const io = { out: (text: string) => said.push(text), error: (text: string) => said.push(text) };
    expect(await runCli(['help'], io)).to.equal(0);
    expect(said.pop()).to.match(/hearthline site +the whole site/);
    expect(await runCli(['toString'], io)).to.equal(1);
    expect(said.pop()).to.match(/^There is no command "toString"\.\nUsage:/);
    expect(await runCli(['site', 'export'], io, { HEARTHLINE_DATA: root })).to.equal(1);
    expect(said.pop()).to.match(/is not running/);
  });
});
