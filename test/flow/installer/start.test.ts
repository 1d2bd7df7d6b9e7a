/** `npm start` as a person meets it: what it prints, what it refuses, how it ends, and after kill -9. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect } from 'chai';
import { freePort } from '../../support/free-port.ts';
import { identify, isSameProcess, parseProcessId } from '../../../installer/process-table.ts';
import { projectRoot } from '../../../installer/program.ts';
import { linkPrompts } from '../../support/stack.ts';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.ts';

const names = ['postgres', 'redis', 'sip', 'media', 'server'];
/** As the bootstrap hands over; what was built, where that is tested. */
const isBuilt = process.env['HEARTHLINE_TEST_DIST'] === '1';
const run = `import('./${isBuilt ? 'dist/installer/start.js' : 'installer/start.ts'}').then((m) => m.start())`;
const runArgs = [...(isBuilt ? [] : ['--import', 'tsx']), '-e', run];
/** Spoken by the first start itself; rendering all of them is the test of prompts. */
const unspoken = ['music.wav', 'en/welcome.wav', 'ru/welcome.wav', 'it/welcome.wav'];

class Start {
  readonly child: ChildProcess;
  output = '';
  private isClosed = false;

  constructor(env: Record<string, string>) {
    this.child = spawn(process.execPath, runArgs, {
      cwd: projectRoot,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const keep = (data: Buffer) => (this.output += data.toString());
    this.child.stdout?.on('data', keep);
    this.child.stderr?.on('data', keep);
    this.child.on('close', () => (this.isClosed = true));
  }

  async until(pattern: RegExp, timeoutMs = 80_000): Promise<void> {
    const endAt = performance.now() + timeoutMs;
    while (!pattern.test(this.output)) {
      if (this.isClosed || performance.now() > endAt) throw new Error(`no ${pattern} in:\n${this.output}`);
      await new Promise((wake) => setTimeout(wake, 30));
    }
  }

  ended(): Promise<number | null> {
    if (this.isClosed) return Promise.resolve(this.child.exitCode);
    return new Promise((done) => this.child.once('close', (code) => done(code)));
  }
}

describe('npm start', function () {
  this.timeout(180_000);
  let temp: string;
  let env: Record<string, string>;
  const starts: Start[] = [];
  const start = (more: Record<string, string> = {}) => {
    const started = new Start({ ...env, ...more });
    starts.push(started);
    return started;
  };
  const childIds = () =>
    names.flatMap(
      (name) =>
        parseProcessId(readFileSync(join(env['HEARTHLINE_DATA'] ?? '', 'run', `${name}.pid`), 'utf8')) ?? [],
    );

  before(async () => {
    temp = makeTempDir();
    const promptsDir = join(temp, 'var', 'prompts');
    mkdirSync(promptsDir, { recursive: true });
    await linkPrompts(promptsDir);
    for (const name of unspoken) rmSync(join(promptsDir, name));
    env = {
      HEARTHLINE_DATA: join(temp, 'var'),
      HEARTHLINE_BIND: '127.0.0.1',
      HEARTHLINE_HTTP_PORT: String(await freePort()),
      HEARTHLINE_SIP_PORT: String(await freePort()),
      HEARTHLINE_RTP_PORTS: '25000-25199',
    };
  });
  after(async () => {
    for (const { child } of starts) child.kill('SIGTERM');
    await Promise.all(starts.map((one) => one.ended()));
    removeTempDir(temp);
  });

  it('says which port is taken, by whom, and how to choose another', async () => {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    try {
      const refused = start({ HEARTHLINE_HTTP_PORT: String(port) });
      expect(await refused.ended()).to.equal(1);
      expect(refused.output).to.contain(`TCP port ${port} (web pages) is taken by`);
      expect(refused.output).to.contain(`(process ${process.pid})`);
      expect(refused.output).to.match(/choose another: HEARTHLINE_HTTP_PORT=\d+ npm start/);
    } finally {
      server.close();
    }
  });

  it('names every wrong setting at once', async () => {
    const refused = start({
      HEARTHLINE_SIP_PORT: 'five',
      HEARTHLINE_RTP_PORTS: '9-3',
      HEARTHLINE_BIND: 'here',
    });
    expect(await refused.ended()).to.equal(1);
    for (const name of ['HEARTHLINE_SIP_PORT', 'HEARTHLINE_RTP_PORTS', 'HEARTHLINE_BIND'])
      expect(refused.output).to.contain(`${name} must be`);
  });

  it('starts a fresh installation and says where to look and what to do', async () => {
    const first = start();
    await first.until(/Stop: Ctrl-C/);
    const web = `http://127.0.0.1:${env['HEARTHLINE_HTTP_PORT']}`;
    expect(first.output).to.contain(`${web}/wallboard/`);
    expect(first.output).to.contain(`127.0.0.1:${env['HEARTHLINE_SIP_PORT']}`);
    expect(first.output).to.match(/one-time secret\s+[0-9A-Z]{4}-/);
    expect(first.output).to.match(/user 1001 {3}password \w{16}/);
    expect(first.output).to.match(/user 1002 {3}password \w{16}/);
    expect(first.output).to.match(/Number to call\s+700/);
    // A pipe is no terminal: no colours.
    expect(first.output).not.to.contain('\u001b');
    expect((await fetch(`${web}/healthz`)).status).to.equal(200);
    for (const name of unspoken) expect(existsSync(join(temp, 'var', 'prompts', name)), name).to.equal(true);
  });

  it('after kill -9 of the supervisor leaves calls alone, and the next start takes over cleanly', async () => {
    const [killed] = starts.slice(-1);
    const children = childIds();
    expect(children).to.have.length(names.length);
    killed?.child.kill('SIGKILL');
    await killed?.ended();
    for (const id of children) expect(isSameProcess(id), String(id.pid)).to.equal(true);
    const next = start();
    await next.until(/Stop: Ctrl-C/);
    expect(next.output).to.contain('ended what it left: server, sip, media, redis, postgres');
    for (const id of children) expect(isSameProcess(id), String(id.pid)).to.equal(false);
    // Nobody has signed in yet: the newcomer still needs these.
    expect(next.output).to.match(/user 1001 {3}password \w{16}/);
  });

  it('refuses a second one beside it, and names the first', async () => {
    const [first] = starts.slice(-1);
    const second = start();
    expect(await second.ended()).to.equal(1);
    expect(second.output).to.contain(
      `already running from ${env['HEARTHLINE_DATA']} (process ${first?.child.pid})`,
    );
    starts.pop();
  });

  it('stops everything on Ctrl-C within 10 s and says so', async () => {
    const [running] = starts.slice(-1);
    const children = childIds();
    const started = performance.now();
    running?.child.kill('SIGINT');
    expect(await running?.ended()).to.equal(0);
    expect(performance.now() - started).to.be.lessThan(10_000);
    expect(running?.output).to.contain('Nothing is left running.');
    for (const { pid } of children) expect(identify(pid), String(pid)).to.equal(undefined);
  });

  it('stops when npm and its shell are ended from outside', async () => {
    const shell = spawn('sh', ['-c', `"$0" "$@"; exit`, process.execPath, ...runArgs], {
      cwd: projectRoot,
      env: { ...process.env, ...env, npm_lifecycle_event: 'start' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let output = '';
    shell.stdout.on('data', (data: Buffer) => (output += data.toString()));
    const closed = new Promise((done) => shell.on('close', done));
    const endAt = performance.now() + 80_000;
    while (!output.includes('Stop: Ctrl-C')) {
      if (performance.now() > endAt) throw new Error(`does not start:\n${output}`);
      await new Promise((wake) => setTimeout(wake, 50));
    }
    const children = childIds();
    shell.kill('SIGTERM');
    await closed;
    expect(output).to.contain('Nothing is left running.');
    for (const { pid } of children) expect(identify(pid), String(pid)).to.equal(undefined);
  });
});
