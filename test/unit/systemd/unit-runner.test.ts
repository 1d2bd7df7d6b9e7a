/** The unit runner, with small units of its own below the root of this machine. */
import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createRequire } from 'node:module';
import { expect } from 'chai';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.ts';
import { assignments, loadUnit, parseUnitText, splitWords, timeSpanMs } from '../../support/unit-file.ts';
import { UnitRunner, unitRunnerFault } from '../../support/unit-runner.ts';
import { until } from '../../support/until.ts';

describe('unit files', () => {
  let dir = '';
  beforeEach(() => {
    dir = makeTempDir();
  });
  afterEach(() => removeTempDir(dir));

  it('are read with continued lines, comments and quotes', () => {
    const lines = parseUnitText(
      '# head\n\n[Unit]\n# why\n# it is\nWants=a.service \\\n# not this\n  b.service\n\nAfter=c\n',
      'x',
    );
    expect(lines.map(({ section, key, value, comment }) => ({ section, key, value, comment }))).to.deep.equal(
      [
        { section: 'Unit', key: 'Wants', value: 'a.service  b.service', comment: 'why\nit is' },
        { section: 'Unit', key: 'After', value: 'c', comment: '' },
      ],
    );
    expect(splitWords(`A=1 "B=two words" 'C="x"' D=\\x`)).to.deep.equal([
      'A=1',
      'B=two words',
      'C="x"',
      'D=x',
    ]);
    expect(assignments(['A=1', 'B=x=y'])).to.deep.equal({ A: '1', B: 'x=y' });
    expect(['5', '200ms', '1min 30s', 'infinity'].map(timeSpanMs)).to.deep.equal([
      5000,
      200,
      90_000,
      Infinity,
    ]);
    expect(() => parseUnitText('[Unit]\nnonsense\n', 'y')).to.throw('y:2: not a line of a unit');
    expect(() => splitWords('"open')).to.throw('a quote is not closed');
  });

  it('are changed by drop-ins in the order of their names, and cleared by an empty value', () => {
    mkdirSync(join(dir, 'a.service.d'));
    writeFileSync(join(dir, 'a.service'), '[Service]\nEnvironment=A=1\nUMask=0022\nExecStart=/one\n');
    writeFileSync(join(dir, 'a.service.d/20.conf'), '[Service]\nUMask=0077\n');
    writeFileSync(
      join(dir, 'a.service.d/10.conf'),
      '[Service]\nUMask=0027\nExecStart=\nExecStart=/two %n %d\nEnvironment=B=2\n',
    );
    const unit = loadUnit('a.service', [dir])!;
    expect(unit.all('Service', 'ExecStart').map((value) => unit.expand(value))).to.deep.equal([
      '/two a.service /run/credentials/a.service',
    ]);
    expect(unit.one('Service', 'UMask')).to.equal('0077');
    expect(unit.environment()).to.deep.equal({ A: '1', B: '2' });
    expect(() => unit.expand('%q')).to.throw('the specifier %q is not known here');
    expect(loadUnit('b.service', [dir])).to.equal(undefined);
  });
});

describe('the unit runner', function () {
  this.timeout(30_000);
  let dir = '';
  let runner: UnitRunner;

  before(function () {
    const fault = unitRunnerFault();
    if (fault === undefined) return;
    console.log(`      left out: ${fault}`);
    this.skip();
  });
  beforeEach(() => {
    dir = makeTempDir();
    runner = new UnitRunner({ root: '/', unitDirs: [dir] });
  });
  afterEach(async () => {
    await runner.close();
    removeTempDir(dir);
  });

  /** A name of its own: directories below /run are named after it. */
  const name = () => dir.split('/').pop()!;
  const unit = (file: string, text: string) => writeFileSync(join(dir, file), text);

  it('gives a service its user, limits, directories, environment and credentials', async () => {
    writeFileSync(join(dir, 'secret'), 'sesame', { mode: 0o600 });
    writeFileSync(join(dir, 'settings'), '# chosen\nB=from-file\nC="two words"\n');
    const out = join(dir, 'out');
    mkdirSync(out, { mode: 0o777 });
    writeFileSync(join(out, 'facts'), '');
    unit(
      'facts.service',
      `[Service]
User=nobody
UMask=0027
WorkingDirectory=/tmp
LimitNOFILE=1234
LimitCORE=0
OOMScoreAdjust=321
NoNewPrivileges=yes
CapabilityBoundingSet=
RuntimeDirectory=${name()}/own
RuntimeDirectoryMode=0750
LoadCredential=key:${dir}/secret
LoadCredential=absent:${dir}/nowhere
SetCredential=absent:none
Environment=A=1 B=unit KEY=%d/key
EnvironmentFile=${dir}/settings
EnvironmentFile=-${dir}/not-there
ExecStartPre=/bin/sh -c 'echo before >$RUNTIME_DIRECTORY/before'
ExecStart=/bin/sh -c 'id -un; umask; pwd; ulimit -n; cat $KEY $CREDENTIALS_DIRECTORY/absent; echo; echo "$A $B $C"; cat /proc/self/oom_score_adj; grep -E "CapBnd|NoNewPrivs" /proc/self/status; echo done; exec sleep 60'
`,
    );
    await runner.start('facts.service');
    await until('the facts', () => runner.log('facts.service').includes('done'));
    const lines = runner
      .log('facts.service')
      .split('\n')
      .filter((line) => !line.startsWith('--'));
    expect(lines.slice(0, 9)).to.deep.equal([
      'nobody',
      '0027',
      '/tmp',
      '1234',
      'sesamenone',
      '1 from-file two words',
      '321',
      'CapBnd:\t0000000000000000',
      'NoNewPrivs:\t1',
    ]);
    expect(runner.state('facts.service')).to.equal('active');
    const own = statSync(`/run/${name()}/own`);
    expect(own.mode & 0o777).to.equal(0o750);
    expect(own.uid).to.equal(65_534);
    expect(readFileSync(`/run/${name()}/own/before`, 'utf8')).to.equal('before\n');
    expect(statSync('/run/credentials/facts.service/key').mode & 0o777).to.equal(0o400);
    const pid = runner.pid('facts.service')!;
    // The pid is the service's own from the shell on, which becomes another program after its last word.
    await until('the shell is a sleep', () => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'sleep\n');
    await runner.stop('facts.service');
    expect(existsSync(`/proc/${pid}`)).to.equal(false);
    expect(existsSync(`/run/${name()}/own`)).to.equal(false);
    expect(existsSync('/run/credentials/facts.service')).to.equal(false);
    expect(runner.state('facts.service')).to.equal('inactive');
  });

  it('starts what a target wants in its order, and stops it in the reverse one', async () => {
    const log = join(dir, 'order');
    writeFileSync(log, '');
    const service = (self: string, unitLines: string) =>
      unit(
        `${self}.service`,
        `[Unit]\nPartOf=all.target\n${unitLines}\n[Service]\nExecStartPre=/bin/sh -c 'echo +${self} >>${log}'
ExecStart=/bin/sh -c 'trap "echo -${self} >>${log}; exit 0" TERM; echo up; while :; do sleep 0.05; done'\n`,
      );
    unit('all.target', '[Unit]\nWants=first.service second.service missing.service\nAfter=second.service\n');
    service('second', 'Wants=first.service\nAfter=first.service');
    service('first', '');
    await runner.start('all.target');
    expect(readFileSync(log, 'utf8')).to.equal('+first\n+second\n');
    const isUp = (self: string, times: number) => () => runner.log(self).split('up\n').length === times + 1;
    await until('both can hear', () => isUp('first.service', 1)() && isUp('second.service', 1)());
    const first = runner.pid('first.service');
    await runner.restart('second.service');
    expect(runner.pid('first.service')).to.equal(first);
    await until('it can hear again', isUp('second.service', 2));
    await runner.stop('all.target');
    expect(readFileSync(log, 'utf8')).to.equal('+first\n+second\n-second\n+second\n-second\n-first\n');
    expect(runner.state('all.target')).to.equal('inactive');
  });

  it('starts again what dies, as Restart= says', async () => {
    unit('always.service', '[Service]\nRestart=always\nRestartSec=50ms\nExecStart=/bin/sleep 60\n');
    unit('failing.service', '[Service]\nRestart=no\nExecStart=/bin/sh -c "exit 3"\n');
    await runner.start('always.service');
    const pid = runner.pid('always.service')!;
    process.kill(pid, 'SIGKILL');
    await until('another process', () => (runner.pid('always.service') ?? pid) !== pid);
    await until('it counts as up', () => runner.state('always.service') === 'active');
    expect(runner.restarts('always.service')).to.equal(1);
    expect(runner.log('always.service')).to.include('ended with SIGKILL');
    await runner.start('failing.service').catch(() => undefined);
    await until('the end of the other', () => runner.state('failing.service') === 'failed');
    expect(runner.log('failing.service')).to.include('ended with 3');
  });

  it('kills what does not stop in time', async () => {
    unit(
      'deaf.service',
      `[Service]\nKillSignal=SIGINT\nTimeoutStopSec=300ms\nExecStart=/bin/sh -c 'trap "" INT TERM; echo up; while :; do sleep 0.05; done'\n`,
    );
    await runner.start('deaf.service');
    await until('it runs', () => runner.log('deaf.service').includes('up'));
    await runner.stop('deaf.service');
    expect(runner.log('deaf.service')).to.include('did not stop within 300 ms');
  });

  it('waits for what says itself when it is ready, and kills what does not tell the watchdog', async () => {
    const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
    const module = new URL('../../../sip/system/service-notify.ts', import.meta.url).href;
    const go = join(dir, 'go');
    const program = join(dir, 'program.mjs');
    writeFileSync(
      program,
      `import { existsSync } from 'node:fs';
import { createServiceNotify } from ${JSON.stringify(module)};
const service = createServiceNotify(process.env, (error) => console.log(String(error)));
service.status('still starting');
const wait = setInterval(() => {
  if (!existsSync(${JSON.stringify(go)})) return;
  clearInterval(wait);
  service.ready('up');
  service.keepAlive(() => !existsSync(${JSON.stringify(`${go}-ill`)}));
}, 5);
process.on('SIGTERM', () => { service.stopping(); process.exit(0); });
setInterval(() => undefined, 1000);
`,
    );
    unit(
      'notify.service',
      `[Service]\nType=notify\nTimeoutStartSec=20\nWatchdogSec=2s\nRestart=always\nRestartSec=10ms\nExecStart=${process.execPath} --import ${tsx} ${program}\n`,
    );
    const start = runner.start('notify.service');
    await until('its word', () => runner.status('notify.service') === 'still starting');
    expect(runner.state('notify.service')).to.equal('starting');
    writeFileSync(go, '');
    await start;
    expect(runner.status('notify.service')).to.equal('up');
    const pid = runner.pid('notify.service');
    // Longer than the watchdog's time: it is told.
    const since = process.uptime();
    await until('two times of the watchdog', () => process.uptime() > since + 4.2);
    expect(runner.pid('notify.service')).to.equal(pid);
    writeFileSync(`${go}-ill`, '');
    await until('its end', () => runner.restarts('notify.service') > 0);
    expect(runner.log('notify.service')).to.include('the watchdog was not told in time');
    expect(runner.log('notify.service')).to.include('ended with SIGABRT');
    rmSync(`${go}-ill`);
    await until('it is up again', () => runner.state('notify.service') === 'active');
    await runner.stop('notify.service');
    expect(runner.log('notify.service')).to.include('stopping, by its own word');
  });
});
