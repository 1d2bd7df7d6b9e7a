/** The whole product under its supervisor: who runs as whom, what survives what, and what a stop leaves. */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { adminPlaceIn } from '../../../installer/admin-socket.ts';
import { lockDataDirectory, LockedError } from '../../../installer/data-lock.ts';
import { identify } from '../../../installer/process-table.ts';
import { runSiteCommand } from '../../../installer/site-cli.ts';
import { startStack } from '../../support/stack.ts';
import type { Stack } from '../../support/stack.ts';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.ts';

const names = ['postgres', 'redis', 'sip', 'media', 'server'] as const;

function statusField(pid: number, field: string): string {
  const line = readFileSync(`/proc/${pid}/status`, 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`${field}:`));
  return line?.split(/\s+/)[1] ?? '';
}

async function until(isSo: () => boolean, what: string, timeoutMs = 20_000): Promise<void> {
  const endAt = performance.now() + timeoutMs;
  while (!isSo()) {
    if (performance.now() > endAt) throw new Error(`not within ${timeoutMs / 1000} s: ${what}`);
    await new Promise((wake) => setTimeout(wake, 30));
  }
}

describe('the running product', function () {
  this.timeout(90_000);
  let stack: Stack;
  before(async () => {
    stack = await startStack();
  });
  after(() => stack.stop());

  const pidOf = (name: (typeof names)[number]) => stack.pids()[name] ?? 0;

  it('is five processes, each in a process group of its own', () => {
    for (const name of names) {
      const stat = readFileSync(`/proc/${pidOf(name)}/stat`, 'utf8');
      const group = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2];
      expect(group, name).to.equal(String(pidOf(name)));
    }
  });

  it('runs its databases as an unprivileged user and keeps secrets to itself', () => {
    for (const name of ['postgres', 'redis'] as const)
      expect(Number(statusField(pidOf(name), 'Uid')), name).to.be.greaterThan(0);
    for (const file of ['secrets/sip', 'secrets/first-phones', 'seed-site.yaml', 'run/setup-secret'])
      expect(statSync(join(stack.dataDir, file)).mode & 0o777, file).to.equal(0o600);
    const seed = readFileSync(join(stack.dataDir, 'seed-site.yaml'), 'utf8');
    for (const { password } of stack.firstPhones?.phones ?? []) expect(seed).not.to.contain(password);
  });

  for (const name of names)
    it(`brings ${name} back after kill -9 and touches nothing else`, async () => {
      const before = stack.pids();
      await stack.killProcess(name);
      await until(() => pidOf(name) > 0 && pidOf(name) !== before[name], `${name} is back`);
      await stack.waitReady();
      for (const other of names)
        if (other !== name)
          expect(pidOf(other), `${other}, which said:\n${stack.logs(other).slice(-2000)}`).to.equal(
            before[other],
          );
    });

  it('lets no second one start from the same data directory', () => {
    expect(() => lockDataDirectory(stack.dataDir)).to.throw(LockedError, /already running from .* kill \d+/);
  });

  it('exports, checks and imports the site from the command line', async () => {
    const temp = makeTempDir();
    const file = join(temp, 'site.yaml');
    const run = async (...args: string[]) => {
      const said: string[] = [];
      const keep = (text: string) => said.push(text);
      const code = await runSiteCommand(args, adminPlaceIn(stack.dataDir), { out: keep, error: keep });
      return { code, said: said.join('\n') };
    };
    try {
      expect(await run('export', file)).to.deep.equal({ code: 0, said: `Exported to ${file}.` });
      const text = readFileSync(file, 'utf8');
      writeFileSync(file, text.replace('ringSec: 15', 'ringSec: 25'));
      expect((await run('check', file)).said).to.match(/is sound: 1 numbers, 1 queues, 2 agents, 2 phones/);
      const imported = await run('import', file);
      expect(imported.said).to.match(/site version 2 is in force/);
      expect((await run('export')).said).to.contain('ringSec: 25');
      writeFileSync(file, text.replace('ringSec: 15', 'ringSec: 1'));
      const refused = await run('import', file);
      expect(refused.code).to.equal(1);
      expect(refused.said).to.match(
        /site\.yaml:\d+:\d+ queues\[0\]\.ringSec: .*\n1 fault; nothing was changed\.$/,
      );
      expect((await run('export')).said).to.contain('ringSec: 25');
      expect((await run('fly', 'away')).said).to.match(/^Usage:/);
    } finally {
      removeTempDir(temp);
    }
  });

  it('ends every process within 10 s of being asked, and frees the lock', async () => {
    const pids = names.map(pidOf);
    const lock = join(stack.dataDir, 'supervisor.lock');
    expect(existsSync(lock)).to.equal(true);
    const started = performance.now();
    await stack.stop();
    expect(performance.now() - started).to.be.lessThan(10_000);
    for (const pid of pids) expect(identify(pid), String(pid)).to.equal(undefined);
    expect(existsSync(lock)).to.equal(false);
  });
});
