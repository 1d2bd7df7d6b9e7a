import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { CliError } from '../../../../installer/admin-socket.ts';
import { logsCommand, sinceOf } from '../../../../installer/ops/logs.ts';
import { lineText, readLine } from '../../../../installer/ops/logs/log-line.ts';
import { houseIn, startOps } from '../../../support/ops.ts';
import { makeTempDir, removeTempDir } from '../../../support/temp-dir.ts';
import { until } from '../../../support/until.ts';

const at = (minutesAgo: number) => new Date(Date.now() - minutesAgo * 60_000).toISOString();
const pino = (minutesAgo: number, level: number, msg: string, fields: object = {}) =>
  JSON.stringify({ level, time: at(minutesAgo), pid: 1, name: 'server', msg, ...fields });

describe('hearthline logs', () => {
  let dir: string;
  let said: string[];
  const io = { out: (text: string) => said.push(text), error: (text: string) => said.push(text) };
  const run = async (...args: string[]) => {
    said = [];
    await logsCommand(args, houseIn(dir), io);
    return said;
  };
  const refusal = async (...args: string[]) => {
    try {
      await run(...args);
    } catch (error) {
      if (error instanceof CliError) return error.message;
      throw error;
    }
    return 'not refused';
  };

  before(() => {
    dir = makeTempDir();
    mkdirSync(join(dir, 'log'));
    writeFileSync(
      join(dir, 'log/server.log'),
      [
        pino(180, 30, 'an old line'),
        pino(20, 40, 'a mail could not be read', {
          rawId: 7,
          pii: { from: 'mario@example.org' },
          call: { pii: '+39055123456', legId: 'l1' },
        }),
        pino(5, 30, 'ready'),
        pino(4, 50, 'the link is gone', { err: { message: 'ECONNRESET', pii: 'x' } }),
        '',
      ].join('\n'),
    );
    const utc = at(10).replace('T', ' ').replace('Z', ' UTC');
    writeFileSync(
      join(dir, 'log/postgres.log'),
      `${utc} [12] ERROR:  deadlock detected\n${utc} [12] DETAIL:  two waited\n\tfor each other\n`,
    );
  });
  after(() => removeTempDir(dir));

  it('tells lines of all processes by their time, without personal data', async () => {
    const lines = await run();
    expect(lines.map((line) => line.slice(25))).to.deep.equal([
      'info  server   an old line',
      'warn  server   a mail could not be read (rawId=7, call={"legId":"l1"})',
      'error postgres ERROR: deadlock detected',
      'info  postgres DETAIL: two waited',
      'info  postgres  for each other',
      'info  server   ready',
      'error server   the link is gone: ECONNRESET',
    ]);
    expect(await run('--json')).to.satisfy((all: string[]) => !/mario|055123456|pii/.test(all.join()));
  });

  it('narrows to a process, a level, a time and a number', async () => {
    expect((await run('server', '--level', 'warn')).map((line) => line.slice(40))).to.deep.equal([
      'a mail could not be read (rawId=7, call={"legId":"l1"})',
      'the link is gone: ECONNRESET',
    ]);
    expect(await run('server', '--since', '1h')).to.have.length(3);
    expect(await run('server', '--lines', '1')).to.have.length(1);
    expect(await run('redis')).to.deep.equal([]);
  });

  it('says what it cannot take', async () => {
    expect(await refusal('mail')).to.match(/There is no log "mail"/);
    expect(await refusal('--level', 'toString')).to.match(/--level is one of debug, info/);
    expect(await refusal('--since', 'yesterday')).to.match(/--since is a span such as/);
    expect(await refusal('--lines', '0')).to.match(/--lines is a number/);
    expect(await refusal('--wrong')).to.match(/Usage/);
    expect(await refusal('install')).to.match(/was not installed/);
    expect(sinceOf('2d', 200_000_000)).to.equal(200_000_000 - 172_800_000);
  });

  it('reads Redis, and lets no line steer the terminal', () => {
    const line = readLine('redis', '12:M 22 Nov 2026 10:15:00.250 # Out of \u001b[31mmemory');
    expect(line).to.include({ level: 40, atMs: Date.UTC(2026, 10, 22, 10, 15, 0, 250) });
    expect(lineText(line)).to.equal('2026-11-22T10:15:00.250Z warn  redis    Out of  [31mmemory');
    expect(readLine('server', 'TypeError: x is not a function').level).to.equal(50);
  });

  it('follows what is written', async function () {
    this.timeout(60_000);
    const ops = startOps(dir, 'logs', 'server', '--lines', '1', '--follow');
    await ops.untilSaid('the link is gone');
    // Repeated, since a line between the first look and the follow would be one of the first look.
    await until('the new line is told', () => {
      if (!ops.said().includes('a new line'))
        appendFileSync(join(dir, 'log/server.log'), `${pino(0, 30, 'a new line')}\n`);
      return ops.said().includes('a new line');
    });
    ops.kill();
    await ops.ended;
  });
});
