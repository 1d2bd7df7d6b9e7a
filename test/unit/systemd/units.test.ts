/**
 * The units of systemd/: every line says why, systemd finds no fault in them, they are closed as tightly as promised, and they
 * tell our programs what `npm start` tells them. What they do when they run is tested in test/flow/systemd.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { programEnvironments } from '../../../installer/child-specs.ts';
import { installedLayout, machinePlaces, serviceGroup, serviceUsers } from '../../../installer/house.ts';
import {
  postgresBinDir,
  postgresCommand,
  postgresConfText,
  postgresHbaText,
  postgresIdentText,
} from '../../../installer/postgres.ts';
import { redisCommand, redisConfText } from '../../../installer/redis.ts';
import { readSettings } from '../../../installer/settings.ts';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.ts';
import { loadUnit, parseUnitText, splitWords, type Unit } from '../../support/unit-file.ts';

const project = fileURLToPath(new URL('../../..', import.meta.url));
const folder = join(project, 'systemd');
const names = readdirSync(folder).filter((name) => /^hearthline.*\.(service|target|timer|path)$/.test(name));
const services = names.filter((name) => name.endsWith('.service'));
const dropIns = readdirSync(join(folder, 'drop-ins'));
/** Which unit each drop-in is for. */
const dropInOf: Record<string, string> = {
  'no-real-time.conf': 'hearthline-media.service',
  'low-ports.conf': 'hearthline-server.service',
  'own-postgres.conf': 'hearthline-server.service',
  'own-redis.conf': 'hearthline-server.service',
  'own-postgres-settle.conf': 'hearthline-settle.service',
};
const unitOf = (name: string): Unit => loadUnit(name, [folder])!;
const main = (part: keyof typeof serviceUsers) => unitOf(`hearthline-${part}.service`);
const parts = Object.keys(serviceUsers) as (keyof typeof serviceUsers)[];

/** A root of its own in which every program that a unit names exists, and systemd's own units. */
function prepareRoot(root: string, withDropIns: boolean): void {
  const units = join(root, 'etc/systemd/system');
  mkdirSync(units, { recursive: true });
  for (const name of names) cpSync(join(folder, name), join(units, name));
  if (withDropIns)
    for (const name of dropIns) {
      mkdirSync(join(units, `${dropInOf[name]}.d`), { recursive: true });
      cpSync(join(folder, 'drop-ins', name), join(units, `${dropInOf[name]}.d`, name));
    }
  cpSync('/usr/lib/systemd/system', join(root, 'usr/lib/systemd/system'), {
    recursive: true,
    verbatimSymlinks: true,
  });
  for (const name of services)
    for (const key of ['ExecStart', 'ExecReload'])
      for (const value of unitOf(name).all('Service', key)) {
        const program = join(root, splitWords(value)[0]!);
        mkdirSync(dirname(program), { recursive: true });
        writeFileSync(program, '#!/bin/sh\n');
        chmodSync(program, 0o755);
      }
}

/** What systemd has to say about the units below the root; nothing where all is well. */
function verify(root: string, units: readonly string[] = names): string {
  const { stdout, stderr, status } = spawnSync(
    'systemd-analyze',
    [`--root=${root}`, 'verify', '--man=no', '--recursive-errors=yes', ...units],
    { encoding: 'utf8', env: { PATH: process.env['PATH'], SYSTEMD_LOG_LEVEL: 'warning' } },
  );
  return `${stdout}${stderr}${status === 0 ? '' : `ended with ${status}`}`;
}

function exposure(file: string): number {
  const { stdout, stderr } = spawnSync(
    'systemd-analyze',
    ['security', '--offline=true', '--no-pager', file],
    { encoding: 'utf8' },
  );
  const found = /Overall exposure level for \S+: ([\d.]+)/.exec(stdout);
  if (!found) throw new Error(`systemd-analyze says no level for ${file}: ${stderr}`);
  return Number(found[1]);
}

describe('the units', () => {
  it('say why above every line', () => {
    const all = [
      ...names.map((name) => join(folder, name)),
      ...dropIns.map((n) => join(folder, 'drop-ins', n)),
    ];
    const bare = all
      .flatMap((file) => parseUnitText(readFileSync(file, 'utf8'), file))
      .filter(({ comment, key }) => comment.length < 12 && key !== 'Description')
      .map(({ file, lineNumber, key }) => `${file}:${lineNumber} ${key}`);
    expect(bare).to.deep.equal([]);
    expect(names).to.have.lengthOf(16);
  });

  it('run as the users that the installer makes, all of one group, and hide what they make from others', () => {
    for (const part of parts) {
      expect(main(part).one('Service', 'User'), part).to.equal(serviceUsers[part]);
      expect(main(part).one('Service', 'Group'), part).to.equal(serviceGroup);
    }
    for (const name of services) {
      expect(Number.parseInt(unitOf(name).one('Service', 'UMask')!, 8) & 0o027, name).to.equal(0o027);
      expect(unitOf(name).one('Service', 'LimitCORE'), name).to.equal('0');
    }
  });

  it('never give up, and never stop one another', () => {
    for (const part of parts) {
      expect(main(part).one('Service', 'Restart'), part).to.equal('always');
      expect(main(part).one('Unit', 'StartLimitIntervalSec'), part).to.equal('0');
      expect(main(part).words('Unit', 'PartOf'), part).to.deep.equal(['hearthline.target']);
    }
    for (const name of names)
      for (const key of ['Requires', 'BindsTo', 'Requisite', 'Conflicts', 'PropagatesStopTo'])
        expect(unitOf(name).words('Unit', key), `${name} ${key}`).to.deep.equal([]);
    const engines = ['sip', 'media'] as const;
    for (const part of engines)
      expect(
        [...main(part).words('Unit', 'After'), ...main(part).words('Unit', 'Wants')].join(' '),
        part,
      ).not.to.include('hearthline');
    for (const part of parts.filter((one) => one !== 'server'))
      expect(main('server').words('Unit', 'After'), part).to.include(`hearthline-${part}.service`);
  });

  it('give real-time scheduling to the media engine alone, and no capability to any of the five', () => {
    for (const part of parts) {
      const policy = main(part).one('Service', 'CPUSchedulingPolicy');
      expect(policy, part).to.equal(part === 'media' ? 'fifo' : undefined);
      expect(main(part).has('Service', 'CapabilityBoundingSet'), part).to.equal(true);
      expect(main(part).words('Service', 'CapabilityBoundingSet'), part).to.deep.equal([]);
      expect(main(part).words('Service', 'AmbientCapabilities'), part).to.deep.equal([]);
    }
  });

  it('let no packet out of the machine but to what a drop-in names', () => {
    for (const name of services) {
      expect(unitOf(name).all('Service', 'IPAddressDeny'), name).to.deep.equal(['any']);
      const allowed = unitOf(name).words('Service', 'IPAddressAllow');
      const isIsolated = unitOf(name).one('Service', 'PrivateNetwork') === 'yes';
      expect(allowed, name).to.deep.equal(isIsolated ? [] : ['localhost']);
    }
  });

  it('start what a release holds', () => {
    const vite = readFileSync(join(project, 'server/vite.config.ts'), 'utf8');
    expect(vite)
      .to.match(/outDir: 'dist\/packed'/)
      .and.to.match(/\{ server: 'server\/main\.ts' \}/);
    const current = machinePlaces().currentLink;
    const programs = {
      sip: 'dist/sip/engine/main.js',
      media: 'dist/sip/media/engine/main.js',
      server: 'dist/packed/server.js',
    };
    for (const [part, program] of Object.entries(programs)) {
      const words = splitWords(main(part as 'sip').one('Service', 'ExecStart')!);
      expect(words).to.deep.equal([`${current}/node/bin/node`, `${current}/${program}`]);
      expect(main(part as 'sip').one('Service', 'WorkingDirectory')).to.equal(current);
      const source = program.replace('packed/server', 'server/main').replace(/^dist\/(.*)\.js$/, '$1.ts');
      expect(existsSync(join(project, source)), source).to.equal(true);
    }
  });
});

describe('what the units tell the programs', () => {
  const places = machinePlaces();
  const layout = {
    ...installedLayout(),
    // Installed, the secret comes as a credential.
    sipSecretFile: '',
  };

  it('is what npm start tells them, with the places of an installed house', () => {
    const told = programEnvironments({
      settings: readSettings({}, '/'),
      layout,
      sipControl: '127.0.0.1:9022',
    });
    for (const part of ['sip', 'media', 'server'] as const) {
      const unit = main(part);
      const expected = { ...told[part] } as Record<string, string>;
      if ('HEARTHLINE_SIP_SECRET_FILE' in expected)
        expected['HEARTHLINE_SIP_SECRET_FILE'] = `/run/credentials/hearthline-${part}.service/sip-control`;
      const environment = Object.entries(unit.environment()).map(([key, value]) => [key, unit.expand(value)]);
      expect(Object.fromEntries(environment), part).to.deep.equal(expected);
      expect(unit.all('Service', 'EnvironmentFile'), part).to.deep.equal([places.settingsFile]);
    }
  });

  it('puts every socket into a directory of its service', () => {
    const sockets = {
      postgres: layout.postgres.socketDir,
      redis: dirname(layout.redis.socket),
      sip: dirname(layout.sipStatusSocket),
      media: dirname(layout.mediaControlSocket),
      server: dirname(layout.adminSocket),
    };
    for (const part of parts) {
      expect(`/run/${main(part).one('Service', 'RuntimeDirectory')}`).to.equal(sockets[part]);
      expect(main(part).one('Service', 'RuntimeDirectoryMode')).to.equal('0750');
    }
  });

  it('is for the databases what a clone’s have, by a settings file', () => {
    const cloneEnv = {
      postgres: { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', TZ: 'UTC' },
      redis: redisCommand(layout.redis).env,
    };
    for (const part of ['postgres', 'redis'] as const)
      expect(main(part).environment(), part).to.include(cloneEnv[part]);
    const files = [places.postgresConfFile, places.redisConfFile];
    const starts = (['postgres', 'redis'] as const).map((part) => main(part).one('Service', 'ExecStart')!);
    for (const [index, file] of files.entries()) expect(starts[index]).to.include(file);
    expect(starts[0]).to.match(
      new RegExp(`^${places.programsDir}/postgres/postgres -D ${layout.postgres.dataDir} `),
    );
    expect(starts[1]).to.match(new RegExp(`^${places.programsDir}/redis-server `));
  });
});

describe('the settings files of the databases', () => {
  let root = '';
  before(() => {
    root = makeTempDir();
  });
  after(() => removeTempDir(root));

  it('hold what a clone’s command lines hold, with sockets for the group', () => {
    const place = { dataDir: root, socketDir: '/run/hearthline/pg', runAs: undefined };
    writeFileSync(join(root, 'PG_VERSION'), basename(dirname(postgresBinDir())));
    const args = postgresCommand(place).args.filter((word) => word.includes('='));
    const clone = Object.fromEntries(
      args.map((word) => [word.split('=')[0]!, word.slice(word.indexOf('=') + 1)]),
    );
    const text = postgresConfText(
      { ...place, hbaFile: '/etc/hearthline/pg_hba.conf', identFile: '/etc/hearthline/pg_ident.conf' },
      { archive_command: "cp '%p' x", max_connections: '70' },
    );
    const conf = Object.fromEntries(
      [...text.matchAll(/^(\w+) = '(.*)'$/gm)].map(([, key, value]) => [key, value!.replaceAll("''", "'")]),
    );
    expect(conf).to.deep.equal({
      ...clone,
      data_directory: root,
      hba_file: '/etc/hearthline/pg_hba.conf',
      ident_file: '/etc/hearthline/pg_ident.conf',
      unix_socket_permissions: '0770',
      archive_command: "cp '%p' x",
      max_connections: '70',
    });
    expect(clone['unix_socket_permissions']).to.equal('0700');
    const bad = { ...place, hbaFile: 'x\ny', identFile: '' };
    expect(() => postgresConfText(bad)).to.throw('hba_file must be one line');
  });

  it('let in the server as its role and root as the two, and nobody else', () => {
    const map = postgresIdentText(serviceUsers.server)
      .split('\n')
      .filter((line) => line.startsWith('hearthline'));
    expect(map).to.deep.equal([
      'hearthline hearthline-server hearthline',
      'hearthline root hearthline',
      'hearthline root postgres',
    ]);
    const rules = postgresHbaText()
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    expect(rules).to.deep.equal([
      'local replication postgres peer map=hearthline',
      'local all postgres,hearthline peer map=hearthline',
    ]);
  });

  it('hold the same for Redis, which tells systemd when it is ready', () => {
    const place = {
      dataDir: '/var/lib/hearthline/redis',
      socket: '/run/hearthline/redis/redis.sock',
      runAs: undefined,
    };
    const { args } = redisCommand(place);
    const clone: Record<string, string> = {};
    for (let at = 0; at < args.length; at += 2) clone[args[at]!.slice(2)] = args[at + 1]!;
    const conf = Object.fromEntries(
      [...redisConfText(place).matchAll(/^(\S+) "(.*)"$/gm)].map(([, k, v]) => [k, v]),
    );
    expect(conf).to.deep.equal({ ...clone, unixsocketperm: '770', supervised: 'systemd' });
    expect(() => redisConfText({ ...place, dataDir: 'a"b' })).to.throw('dir must be one line');
  });
});

describe('systemd-analyze', function () {
  this.timeout(60_000);
  let root = '';

  before(function () {
    if (spawnSync('systemd-analyze', ['--version']).status === 0) return;
    console.log('      left out: systemd-analyze is not installed (apt-get install systemd)');
    this.skip();
  });
  beforeEach(() => {
    root = makeTempDir();
  });
  afterEach(() => removeTempDir(root));

  it('finds no fault in any unit', () => {
    prepareRoot(root, false);
    expect(verify(root)).to.equal('');
  });

  it('finds no fault in what the drop-ins change', () => {
    expect(Object.keys(dropInOf).toSorted()).to.deep.equal(dropIns.toSorted());
    prepareRoot(root, true);
    expect(verify(root)).to.equal('');
  });

  it('would find one', () => {
    prepareRoot(root, false);
    const file = join(root, 'etc/systemd/system/hearthline-sip.service');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace('ProtectSystem=', 'ProtectSysten='));
    expect(verify(root, ['hearthline-sip.service'])).to.match(/Unknown key.*ProtectSysten/);
    writeFileSync(file, text.replace('/node/bin/node', '/node/bin/nodes'));
    expect(verify(root, ['hearthline-sip.service'])).to.match(/nodes is not executable|ended with 1/);
  });

  it('gives every service a level of at most 1.5', () => {
    for (const name of services) {
      const level = exposure(join(folder, name));
      console.log(`      ${name}: ${level}`);
      expect(level, name).to.be.at.most(1.5);
    }
  });
});
