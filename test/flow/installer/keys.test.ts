/** `hearthline keys`: new secrets in the place of old ones, while a call is up; and how commands tell the audit trail. */
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { CliError } from '../../../installer/admin-socket.ts';
import { cloneHouse, type House as OpsHouse } from '../../../installer/house.ts';
import { keysCommand } from '../../../installer/ops/keys.ts';
import { tellAudit } from '../../../installer/ops/tell-audit.ts';
import { startBaresip } from '../../support/baresip.ts';
import { House } from '../../support/house.ts';
import { ControlConnection } from '../../support/transcripts/control-connection.ts';
import { until } from '../../support/until.ts';
import { firstAdmin } from '../../support/web-client.ts';

describe('hearthline keys', function () {
  this.timeout(90_000);
  let house: House;
  let ops: OpsHouse;
  let said: string[] = [];
  const io = { out: (text: string) => said.push(text), error: (text: string) => said.push(text) };
  const run = async (...args: string[]) => {
    said = [];
    try {
      return await keysCommand(args, ops, io);
    } catch (error) {
      if (!(error instanceof CliError)) throw error;
      said.push(error.message);
      return 1;
    }
  };
  const audited = () =>
    house.rows<{ action: string; target: string; details: Record<string, unknown> }>(
      "select action, target, details from audit where actor = 'local' order by seq",
    );

  before(async () => {
    house = await House.open({ tied: 1, wrapUpSec: 1 });
    const env = { HEARTHLINE_DATA: house.stack.dataDir, HEARTHLINE_HTTP_PORT: String(house.stack.httpPort) };
    ops = cloneHouse(env, '/');
  });
  after(() => house.close());

  it('lists them with what rotating costs, and refuses others', async () => {
    expect(await run('list')).to.equal(0);
    expect(said.join()).to.match(/sip-control .*\n +costs: the server restarts/);
    expect(await run('rotate', 'toString')).to.equal(1);
    expect(said.join()).to.match(/keys knows no "rotate toString"/);
  });

  it('exchanges the secret of the SIP engine while a call is up', async () => {
    const { sipPort, stack } = house;
    const agent = await startBaresip({ user: '1001', password: 'secret-1001', sipPort });
    const caller = await startBaresip({ user: '1009', password: 'secret-1009', sipPort });
    try {
      await agent.untilRegistered();
      await caller.untilRegistered();
      await house.untilAgent('101', 'ready');
      await caller.dial('701');
      await agent.waitFor('CALL_INCOMING');
      await agent.accept();
      await house.untilAgent('101', 'talking');
      const file = ops.layout.sipSecretFile;
      const before = readFileSync(file, 'utf8').trim();
      const pids = stack.pids();
      expect(await run('rotate', 'sip-control'), said.join()).to.equal(0);
      const now = readFileSync(file, 'utf8').trim();
      expect(now)
        .to.match(/^[0-9a-f]{48}$/)
        .and.not.equal(before);
      expect(statSync(file).mode & 0o777).to.equal(0o600);
      expect(stack.pids().server).not.to.equal(pids.server);
      expect(stack.pids()).to.include({ sip: pids.sip, media: pids.media });
      expect(await house.agentsIn('talking'), 'the call is up still').to.equal(1);
      const port = Number(readFileSync(join(ops.layout.runDir, 'sip-control-port'), 'utf8'));
      const old = await ControlConnection.openApp(port, before).then(
        () => 'let in',
        () => 'refused',
      );
      expect(old, 'the secret before').to.equal('refused');
      await agent.hangup();
      expect(await house.lastContact()).to.include({ outcome: 'answered', endedBy: 'agent' });
    } finally {
      await Promise.all([agent.stop(), caller.stop()]);
    }
  });

  it('changes nothing where the engine knows another secret than the file has', async () => {
    const file = ops.layout.sipSecretFile;
    const right = readFileSync(file, 'utf8');
    writeFileSync(file, 'made-up-by-hand-0123456789');
    expect(await run('rotate', 'sip-control')).to.equal(1);
    expect(said.join()).to.match(/does not know the secret in the file/);
    expect(readFileSync(file, 'utf8')).to.equal('made-up-by-hand-0123456789');
    expect(existsSync(`${file}.next`)).to.equal(false);
    writeFileSync(file, right);
  });

  it('makes a token for Prometheus, which counts at once', async () => {
    const file = join(ops.layout.secretsDir, 'metrics-token');
    const asked = async (token: string) => {
      // Not of this machine: what a proxy passed on.
      const headers = { authorization: `Bearer ${token}`, 'x-forwarded-for': '10.0.0.9' };
      return (await fetch(`${house.stack.httpUrl}/metrics`, { headers })).status;
    };
    expect(await asked('x'.repeat(32))).to.equal(403);
    expect(await run('rotate', 'metrics-token')).to.equal(0);
    const first = readFileSync(file, 'utf8').trim();
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    expect(await asked(first)).to.equal(200);
    expect(await run('rotate', 'metrics-token')).to.equal(0);
    expect(await asked(first)).to.equal(403);
    expect(await asked(readFileSync(file, 'utf8').trim())).to.equal(200);
  });

  it('makes a new key for mails and keeps those before; ends all sessions', async () => {
    expect(await run('rotate', 'reply-tokens')).to.equal(0);
    expect(said.join()).to.match(/signed with the 1 before it are still known/);
    for (let i = 0; i < 6; i += 1) await run('rotate', 'reply-tokens');
    const [kept] = await house.rows<{ value: string[] }>(
      "select value from settings where key = 'mail-token-key'",
    );
    expect(new Set(kept?.value).size).to.equal(5);
    const admin = await firstAdmin(house.stack.httpUrl, house.stack.setupSecret());
    expect((await admin.call('GET', '/api/session')).status).to.equal(200);
    expect(await run('rotate', 'sessions')).to.equal(0);
    expect(said.join()).to.match(/^1 sessions have ended/);
    expect((await admin.call('GET', '/api/session')).status).to.equal(401);
  });

  it('leaves each rotation in the audit trail', async () => {
    const targets = (await audited())
      .filter(({ action }) => action === 'key.rotated')
      .map(({ target }) => target);
    expect(new Set(targets)).to.deep.equal(
      new Set(['key:sip-control', 'key:metrics-token', 'key:reply-tokens', 'key:sessions']),
    );
  });

  it('what a command tells while the server is away waits for it', async () => {
    const folder = join(house.stack.dataDir, 'told-events');
    await house.stack.killProcess('server');
    await tellAudit(
      ops,
      { action: 'backup.done', details: { bytes: 5, freeBytes: 7 }, at: 1_700_000_000_000 },
      io,
    );
    writeFileSync(join(folder, '0.json'), '{"action":"user.created"}');
    await house.stack.waitReady();
    await until('it is in the trail', async () =>
      (await audited()).some(({ action }) => action === 'backup.done'),
    );
    const entry = (await audited()).find(({ action }) => action === 'backup.done');
    expect(entry?.details).to.deep.equal({ bytes: 5, freeBytes: 7, happenedAt: '2023-11-14T22:13:20.000Z' });
    await until('the file is gone', () => readdirSync(folder).join() === '0.json.bad');
    expect((await audited()).some(({ action }) => action === 'user.created')).to.equal(false);
  });
});
