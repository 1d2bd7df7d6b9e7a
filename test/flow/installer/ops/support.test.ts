import { execFileSync } from 'node:child_process';
import { appendFileSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { CliError } from '../../../../installer/admin-socket.ts';
import { supportCommand } from '../../../../installer/ops/support.ts';
import { House, callSite } from '../../../support/house.ts';
import { houseIn } from '../../../support/ops.ts';
import { makeTempDir, removeTempDir } from '../../../support/temp-dir.ts';

/** A customer, an agent and a caller whom nobody must find again. */
const planted = [
  'Gualtiero',
  'Brambilla',
  'gualtiero.brambilla@planted.example',
  '39055987654',
  '055987654',
  '198.51.100.77',
  'planted-password',
  'planted.example',
  'Brambilla & Sons',
];

const site = () =>
  callSite({ tied: 1 })
    .replace('name: Test', "name: 'Brambilla & Sons'")
    .replace('name: Agent 1', "name: 'Gualtiero Brambilla'")
    .replace("addresses: ['127.0.0.1']", "addresses: ['127.0.0.1', '198.51.100.77']")
    .replace("number: '702'", "number: '055987654'")
    .replaceAll('secret-1012', 'planted-password');

describe('hearthline support', function () {
  this.timeout(120_000);
  let house: House;
  let dir: string;
  let said = '';
  const io = { out: (text: string) => (said += `${text}\n`), error: (text: string) => (said += `${text}\n`) };

  before(async () => {
    dir = makeTempDir();
    house = await House.open({ tied: 1 });
    await house.stack.importSite(site());
    const { dataDir } = house.stack;
    const entry = (fields: object) =>
      `${JSON.stringify({ level: 40, time: new Date().toISOString(), pid: 1, name: 'server', ...fields })}\n`;
    appendFileSync(
      join(dataDir, 'log/server.log'),
      [
        entry({ msg: 'what is old could not be forgotten now', pii: { name: 'Gualtiero Brambilla' } }),
        entry({ msg: 'a call of +39055987654', from: '+39055987654', ip: '198.51.100.77' }),
        entry({
          msg: 'ready',
          err: {
            message: 'no mailbox gualtiero.brambilla@planted.example',
            stack: 'Error: Gualtiero\n    at Brambilla (/home/Brambilla/x.js:1:1)',
          },
        }),
        'Error: Gualtiero Brambilla is unknown\n',
      ].join(''),
    );
    appendFileSync(
      join(dataDir, 'log/postgres.log'),
      '2026-11-22 10:00:00.000 UTC [7] ERROR:  invalid input syntax for type bigint: "Brambilla"\n' +
        '2026-11-22 10:00:00.000 UTC [7] STATEMENT:  select 1 where pii_name = $$Gualtiero$$\n',
    );
    await house.rows(
      `with one as (insert into customers (customer_id, pii_name, pii_find, is_provisional, created_at)
         values ('customer_1', 'Gualtiero Brambilla', 'brambilla', false, now()) returning customer_id)
       insert into customer_addresses (kind, pii_value, customer_id, since)
         select 'phone', '+39055987654', customer_id, now() from one returning kind`,
    );
  });
  after(async () => {
    await house.close();
    removeTempDir(dir);
  });

  it('asks first: without a terminal it writes nothing', async () => {
    const file = join(dir, 'a.tar.gz');
    const refused = await supportCommand(['--out', file], houseIn(house.stack.dataDir), io).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(refused).to.be.instanceOf(CliError);
    expect(said)
      .to.match(/status\.json {2}\d+ bytes/)
      .and.match(/logs\/server\.log {2}\d+ bytes/);
    expect(existsSync(file)).to.equal(false);
  });

  it('writes one private file in which nobody is found', async () => {
    const file = join(dir, 'b.tar.gz');
    said = '';
    expect(await supportCommand(['--out', file, '--yes'], houseIn(house.stack.dataDir), io)).to.equal(0);
    expect(statSync(file).mode & 0o777).to.equal(0o600);
    expect(readdirSync(dir)).to.deep.equal(['b.tar.gz']);
    execFileSync('tar', ['-xzf', file, '-C', dir]);
    const root = join(dir, 'hearthline-support');
    const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).sort();
    expect(names).to.include.members([
      'status.json',
      'doctor.json',
      'versions.json',
      'logs/server.log',
      'tables.json',
    ]);
    const all = names
      .filter((name) => statSync(join(root, name)).isFile())
      .map((name) => readFileSync(join(root, name), 'utf8'))
      .join('\n');
    for (const text of [all, said])
      for (const needle of planted) expect(text.toLowerCase()).not.to.include(needle.toLowerCase());
    // And it is of use: our own words, the shape of the site, versions.
    expect(all).to.include('what is old could not be forgotten now');
    expect(all).to.include('invalid input syntax for type bigint');
    const read = (name: string) =>
      JSON.parse(readFileSync(join(root, name), 'utf8')) as Record<string, unknown>;
    const { counts } = read('site-shape.json') as { counts: Record<string, number> };
    expect(counts).to.include({ numbers: 3, queues: 2, agents: 3, phones: 12, trunks: 1 });
    expect(read('versions.json')).to.include({ node: process.versions.node });
    expect(read('versions.json')['postgres']).to.match(/^\d+\.\d+/);
    expect(readFileSync(join(root, 'tables.json'), 'utf8')).to.include('"events"');
    expect(readFileSync(join(root, 'metrics.txt'), 'utf8')).to.match(/^hearthline_ready 1$/m);
  });

  it('does not write over a file', async () => {
    const file = join(dir, 'b.tar.gz');
    const refused = await supportCommand(['--out', file, '--yes'], houseIn(house.stack.dataDir), io).then(
      () => '',
      (error: Error) => error.message,
    );
    expect(refused).to.match(/is there already/);
  });

  it('is made where nothing runs, too', async () => {
    const file = join(dir, 'c.tar.gz');
    expect(await supportCommand(['--out', file, '--yes'], houseIn(join(dir, 'none')), io)).to.equal(0);
    const listed = execFileSync('tar', ['-xzOf', file, 'hearthline-support/tables.json'], {
      encoding: 'utf8',
    });
    expect(JSON.parse(listed)).to.deep.equal({ isAway: true });
  });
});
