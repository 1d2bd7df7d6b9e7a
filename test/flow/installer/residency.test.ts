/** The proof of residency and the evidence log of the whole product, by the commands that the bank's IT types. */
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Sequelize } from 'sequelize';
import { cloneHouse, type House } from '../../../installer/house.ts';
import { auditCommand } from '../../../installer/ops/audit.ts';
import { residencyCommand } from '../../../installer/ops/residency.ts';
import { type ResidencyAnswer, residencyStatementSchema } from '../../../server/contract/rest-residency.ts';
import { connectDatabase } from '../../../server/db/connect.ts';
import { createLogger } from '../../../server/lib/log.ts';
import { startStack, type Stack } from '../../support/stack.ts';
import { until } from '../../support/until.ts';

const plain = `
site:
  name: Bank
queues:
  - id: main
    name: Main
`;
/** A documentation network (RFC 5737): nobody answers there. */
const withMailbox = `${plain}
mail:
  smarthost: { host: 192.0.2.25, port: 25, tls: none }
  mailboxes:
    - id: help
      name: Help
      address: help@bank.example
      queue: main
      imap: { host: 192.0.2.143, port: 143, tls: none, auth: { user: help, secret: imap } }
`;

describe('residency and evidence by command', function () {
  this.timeout(90_000);
  let stack: Stack;
  let house: House;
  let owner: Sequelize;
  const said = { out: '', error: '' };
  const io = {
    out: (text: string) => void (said.out += `${text}\n`),
    error: (text: string) => void (said.error += `${text}\n`),
  };

  before(async () => {
    stack = await startStack({ site: plain });
    house = cloneHouse({ HEARTHLINE_DATA: stack.dataDir }, '/');
    owner = connectDatabase({
      socketDir: stack.pgSocket,
      database: 'hearthline',
      user: 'hearthline',
      logger: createLogger('test', 'silent'),
    });
  });
  after(async () => {
    await owner?.close();
    await stack?.stop();
  });
  beforeEach(() => {
    said.out = '';
    said.error = '';
  });

  const residency = (...args: string[]) => residencyCommand(args, house, io);
  const audit = (...args: string[]) => auditCommand(args, house, io);
  const answer = async (): Promise<ResidencyAnswer> =>
    JSON.parse(await stack.adminText('/residency')) as ResidencyAnswer;
  const statements = () => join(stack.dataDir, 'residency');

  it('says that nothing left the building, whoever is asked', async () => {
    await until(
      'all of it is watched',
      async () => (await answer().catch(() => undefined))?.silent.length === 0,
    );
    const { items, answers, unknown, silent } = await answer();
    expect({ items, answers, unknown, silent }).to.deep.equal({
      items: [],
      answers: [],
      unknown: 0,
      silent: [],
    });
    expect(await residency()).to.equal(0);
    expect(said.out).to.include('Nothing has left the building since');
    expect(JSON.parse(readFileSync(join(stack.dataDir, 'egress.json'), 'utf8'))).to.deep.equal({
      version: 1,
      egress: [],
      ingress: [],
    });
    const health = JSON.parse(await stack.adminText('/healthz')) as { parts: Record<string, object> };
    expect(health.parts['residency']).to.deep.equal({ isReady: true, detail: 'watched' });
  });

  it('shows the key of the house, signs, and checks what was signed', async () => {
    expect(await residency('key')).to.equal(0);
    expect(said.out).to.match(/BEGIN PUBLIC KEY[\s\S]*fingerprint [0-9a-f]{64}/);
    expect(statSync(join(stack.dataDir, 'secrets', '_statement-key.pem')).mode & 0o777).to.equal(0o600);
    said.out = '';
    expect(await residency('sign')).to.equal(0);
    expect(said.out).to.include('No day is over since this house began');
    expect(await residency('sign', '--so-far')).to.equal(0);
    const [file = ''] = readdirSync(statements()).filter((name) => name.endsWith('.json'));
    const statement = residencyStatementSchema.parse(
      JSON.parse(readFileSync(join(statements(), file), 'utf8')),
    );
    expect(statement).to.include({ covers: 'so-far', number: 1, unknown: 0 });
    expect(await residency('verify')).to.equal(0);
    const path = join(statements(), file);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace('"number": 1', '"number": 2'));
    expect(await residency('verify')).to.equal(1);
    expect(said.error).to.include(`FAULT ${file}: it was changed, or another key signed it`);
    writeFileSync(path, text);
  });

  it('refuses what it does not know, with the usage', async () => {
    const fault = (error: Error) => error.message;
    expect(await residency('nonsense').catch(fault)).to.include('Usage:');
    expect(await residency('--nonsense').catch(fault)).to.include('Usage:');
    expect(await audit().catch(fault)).to.include('Usage:');
    expect(await audit('verify', '/nowhere').catch(fault)).to.include('There is no file /nowhere');
    expect(await residency('verify', '/nowhere.json').catch(fault)).to.include('cannot be read');
  });

  it('lists what a connector opens, with its owner', async () => {
    writeFileSync(join(stack.dataDir, 'secrets', 'imap'), 'password\n', { mode: 0o600 });
    await stack.importSite(withMailbox);
    const mailbox = async () => (await answer()).items.find(({ port }) => port === 143);
    await until('the mailbox is asked for', async () => (await mailbox()) !== undefined, 20_000, 200);
    const { unknown } = await answer();
    expect(await mailbox()).to.deep.include({
      process: 'server',
      protocol: 'tcp',
      address: '192.0.2.143',
      owner: 'mailbox',
      usedBy: ['help'],
    });
    expect(unknown).to.equal(0);
    expect(await residency()).to.equal(0);
    expect(said.out).to.match(/server +mailbox help +192\.0\.2\.143:143 +tcp/);
    await stack.importSite(plain);
  });

  it('names the row of the audit trail that the owner of the database edited', async () => {
    expect(await residency('sign', '--so-far')).to.equal(0);
    expect(await audit('verify')).to.equal(0);
    expect(said.out).to.match(/audit trail: \d+ entries/);
    const [rows] = await owner.query('SELECT actor FROM audit WHERE seq = 2');
    const { actor } = rows[0] as { actor: string };
    await owner.query("UPDATE audit SET actor = 'user:mallory' WHERE seq = 2");
    expect(await audit('verify')).to.equal(1);
    expect(said.error).to.equal('FAULT entry 2 was changed: its hash is of another text\n');
    await owner.query('UPDATE audit SET actor = $1 WHERE seq = 2', { bind: [actor] });
  });

  it('exports the trail, to be checked without database and server', async () => {
    const file = join(stack.dataDir, 'audit.txt');
    expect(await audit('export', file)).to.equal(0);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    expect(await audit('verify', file)).to.equal(0);
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace('"action":"residency.signed"', '"action":"residency.signeD"'),
    );
    expect(await audit('verify', file)).to.equal(1);
    expect(said.error).to.match(/FAULT entry \d+ was changed/);
  });

  it('names newest rows that were cut off, thanks to a signed statement, and nothing without it', async () => {
    const [rows] = await owner.query('SELECT max(seq)::int AS last FROM audit');
    const { last } = rows[0] as { last: number };
    expect(await residency('sign', '--so-far')).to.equal(0);
    await owner.query('DELETE FROM audit WHERE seq >= $1', { bind: [last] });
    expect(await audit('verify')).to.equal(1);
    expect(said.error).to.match(
      new RegExp(`FAULT entries ${last} to ${last} are missing at the end: .*\\.json signed`),
    );
    said.error = '';
    for (const name of readdirSync(statements())) rmSync(join(statements(), name), { recursive: true });
    expect(await audit('verify')).to.equal(0);
    expect(said.out).to.include('no signed statement was found');
  });
});
