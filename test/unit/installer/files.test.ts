/** The installer's small parts that only need a temporary directory: locks, logs, fingerprints, texts. */
import { spawn } from 'node:child_process';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { endLeftovers, lockDataDirectory, LockedError } from '../../../installer/data-lock.ts';
import { firstSite, newFirstPhones, readFirstPhones, writeFirstSite } from '../../../installer/first-site.ts';
import { notReadyParts } from '../../../installer/health.ts';
import { importantText, LogFile, readableLine } from '../../../installer/log-file.ts';
import { canReach } from '../../../installer/privilege.ts';
import {
  formatProcessId,
  identify,
  isSameProcess,
  parseProcessId,
} from '../../../installer/process-table.ts';
import { welcomeText } from '../../../installer/welcome.ts';
import { parseSite } from '../../../server/config/site-file.ts';
import { checkReferences } from '../../../server/contract/site.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'hl-files-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('a process for good', () => {
  it('is this pid at this start time, and survives being written down', () => {
    const own = identify(process.pid);
    if (!own) throw new Error('this process runs');
    expect(parseProcessId(formatProcessId(own))).to.deep.equal(own);
    expect(isSameProcess(own)).to.equal(true);
    expect(isSameProcess({ ...own, startTicks: '1' })).to.equal(false);
    expect(isSameProcess({ ...own, bootId: 'another boot' })).to.equal(false);
    expect(identify(2 ** 22 + 1)).to.equal(undefined);
    expect(parseProcessId('rubbish')).to.equal(undefined);
  });
});

describe('the lock of a data directory', () => {
  it('is held once, and free again when released', () => {
    const release = lockDataDirectory(dir);
    expect(() => lockDataDirectory(dir)).to.throw(LockedError, `kill ${process.pid}`);
    release();
    lockDataDirectory(dir)();
    expect(existsSync(join(dir, 'supervisor.lock'))).to.equal(false);
  });

  it('of a process that is gone, or of rubbish, holds nothing', () => {
    for (const stale of ['4194305 1 x\n', `${process.pid} 1 x\n`, 'rubbish', '']) {
      writeFileSync(join(dir, 'supervisor.lock'), stale);
      lockDataDirectory(dir)();
    }
  });
});

describe('leftovers', () => {
  it('are ended when they are the very processes that were written down, and only then', async () => {
    const child = spawn('sleep', ['60']);
    const id = identify(child.pid ?? 0);
    if (!id) throw new Error('sleep runs');
    const gone = new Promise((done) => child.on('exit', done));
    writeFileSync(join(dir, 'server.pid'), formatProcessId({ ...id, startTicks: '1' }));
    expect(await endLeftovers(dir)).to.deep.equal([]);
    expect(isSameProcess(id)).to.equal(true);
    writeFileSync(join(dir, 'server.pid'), formatProcessId(id));
    expect(await endLeftovers(dir)).to.deep.equal(['server']);
    await gone;
    expect(existsSync(join(dir, 'server.pid'))).to.equal(false);
  });
});

describe('a followed log', () => {
  it('gives new lines once, whole ones only', () => {
    const log = new LogFile(join(dir, 'x.log'));
    appendFileSync(log.path, 'one\ntwo\nthr');
    expect(log.newLines()).to.deep.equal(['one', 'two']);
    appendFileSync(log.path, 'ee\n');
    expect(log.newLines()).to.deep.equal(['three']);
    expect(log.newLines()).to.deep.equal([]);
    expect(log.lastLines(2)).to.deep.equal(['two', 'three']);
    log.close();
  });

  it('keeps its size bounded while somebody goes on writing', () => {
    const log = new LogFile(join(dir, 'x.log'), 1000);
    for (let round = 0; round < 6; round += 1) {
      appendFileSync(log.fd, `${'x'.repeat(1100)}\n`);
      expect(log.rotateIfLarge()).to.equal(true);
      expect(log.rotateIfLarge()).to.equal(false);
    }
    appendFileSync(log.fd, 'after\n');
    expect(readFileSync(log.path, 'utf8')).to.equal('after\n');
    expect([1, 2, 3, 4].map((n) => existsSync(`${log.path}.${n}`))).to.deep.equal([true, true, true, false]);
    log.close();
  });

  it('shows errors of ours and of Postgres, and nothing personal', () => {
    const line = '{"level":50,"msg":"recording failed","pii":{"caller":"+39123"}}';
    expect(importantText(line)).to.equal('recording failed');
    expect(importantText('{"level":30,"msg":"fine"}')).to.equal(undefined);
    expect(importantText('2026 [1] FATAL:  no space left')).to.equal('FATAL:  no space left');
    expect(importantText('2026 [1] FATAL:  the database system is starting up')).to.equal(undefined);
    expect(importantText('{broken')).to.equal(undefined);
    expect(readableLine('{"level":60,"msg":"died","err":{"message":"why"}}')).to.equal('died: why');
    expect(readableLine('plain')).to.equal('plain');
  });
});

describe('the first site', () => {
  it('is sound, and complete enough for a call', () => {
    const site = firstSite(newFirstPhones(), 'Europe/Rome');
    expect(checkReferences(site)).to.deep.equal([]);
    expect(site.numbers[0]).to.include({ number: '700', queue: 'main' });
    expect(site.queues[0]).to.include({ id: 'main', ringSec: 15, record: true });
    expect(site.agents.map(({ id, phone }) => [id, phone])).to.deep.equal([
      ['101', '1001'],
      ['102', undefined],
    ]);
    expect(site.trunks[0]?.addresses).to.deep.equal(['127.0.0.1']);
  });

  it('is written without a secret in clear text, which stay in a private file', async () => {
    const files = { seedSiteFile: join(dir, 'seed.yaml'), firstPhonesFile: join(dir, 'first') };
    await writeFirstSite(files);
    const first = readFirstPhones(files.firstPhonesFile);
    expect(new Set(first?.phones.map(({ password }) => password)).size).to.equal(2);
    const text = readFileSync(files.seedSiteFile, 'utf8');
    expect('site' in parseSite(text)).to.equal(true);
    for (const secret of [
      ...(first?.phones ?? []).map(({ password }) => password),
      first?.freeSeating.pin ?? '?',
    ])
      expect(text).not.to.contain(secret);
    for (const file of Object.values(files)) expect(statSync(file).mode & 0o777).to.equal(0o600);
  });
});

describe('the welcome', () => {
  const settings = {
    dataDir: '/var/x',
    httpPort: 8080,
    publicPort: 8081,
    sipPort: 5070,
    rtpFirst: 20_000,
    rtpLast: 20_100,
    bind: '10.0.0.7',
  };
  const input = { settings, isRealTime: true, elsewhere: [], seconds: 3, hasStyle: false };

  it('tells a newcomer everything', () => {
    const firstPhones = newFirstPhones();
    const text = welcomeText({ ...input, setupSecret: 'AB-CD', firstPhones });
    for (const part of ['http://10.0.0.7:8080/wallboard/', '10.0.0.7:5070', 'AB-CD', 'npm run demo'])
      expect(text).to.contain(part);
    for (const { password } of firstPhones.phones) expect(text).to.contain(password);
  });

  it('shows no secret once an administrator exists', () => {
    const firstPhones = newFirstPhones();
    const text = welcomeText({ ...input, setupSecret: undefined, firstPhones });
    for (const { password } of firstPhones.phones) expect(text).not.to.contain(password);
    expect(text).not.to.contain(firstPhones.freeSeating.pin);
  });
});

describe('what is not ready', () => {
  it('is named by part', () => {
    const parts = { redis: { isReady: true }, routing: { isReady: false }, postgres: { isReady: false } };
    expect(notReadyParts(JSON.stringify({ isReady: false, parts }))).to.deep.equal(['routing', 'postgres']);
    for (const body of ['', 'null', '[]', '{"parts":{}}', '<html>'])
      expect(notReadyParts(body), body).to.deep.equal(['server']);
  });
});

describe('what an unprivileged user can reach', () => {
  it('ends at a closed directory', () => {
    const somebody = { user: 'somebody', uid: 54_321, gid: 54_321 };
    expect(canReach(somebody, '/usr/bin')).to.equal(true);
    // mkdtemp makes directories of mode 0700.
    expect(canReach(somebody, join(dir, 'var', 'not-there-yet'))).to.equal(false);
    const owner = { user: 'me', uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
    expect(canReach(owner, join(dir, 'var'))).to.equal(true);
  });
});
