/**
 * The proof of residency laid beside a capture of every packet that left the house: the product runs in a network namespace whose one
 * cable leads to another, in which there are phones, a mail relay, a web server and a server of names. With no connector the list
 * is empty while calls are made; with some, what was captured is what is listed, to the byte. For root on Linux; left out elsewhere.
 * `HEARTHLINE_PROOF_SEC=60` watches for a minute instead of a few seconds.
 */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { connectDatabase } from '../../../server/db/connect.ts';
import {
  type ResidencyAnswer,
  residencyAnswerSchema,
  type ResidencyRow,
} from '../../../server/contract/rest-residency.ts';
import { createLogger } from '../../../server/lib/log.ts';
import { callSite } from '../../support/house.ts';
import { NetNamespace, namespaceFault } from '../../support/net-namespace.ts';
import { LineProgram } from '../../support/residency/line-program.ts';
import { type Captured, PacketCapture, type SentTo } from '../../support/residency/packet-capture.ts';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const watchMs = Number(process.env['HEARTHLINE_PROOF_SEC'] ?? 4) * 1000;
const house = '10.72.1.1';
const world = { house, phones: '10.72.1.2', relay: '10.72.1.25', web: '10.72.1.43', names: '10.72.1.53' };
/** Nobody listens there: what is opened to it is refused. */
const nobody = '10.72.1.44';
const plain = callSite();
const connectors = `${plain}
mail:
  smarthost: { host: relay.bank.example, port: 25, tls: none }
  mailboxes:
    - id: help
      name: Help
      address: help@bank.example
      queue: main
      imap: { host: ${nobody}, port: 143, tls: none, auth: { user: help, secret: imap } }
    - id: loans
      name: Loans
      address: loans@bank.example
      queue: main
      imap:
        host: ${nobody}
        port: 144
        tls: none
        auth: { user: loans, oauth2: { tokenUrl: 'http://${world.web}:8080/token', clientId: hearthline, clientSecret: oauth, scope: mail } }
`;

interface HouseReady {
  dataDir: string;
  adminSocket: string;
  pgSocket: string;
  sipPort: number;
  rtpPorts: { first: number; last: number };
}

describe('the proof of residency beside a capture', function () {
  this.timeout(180_000 + 3 * watchMs);
  const fault = namespaceFault(['tcpdump', 'baresip']);
  const dir = makeTempDir();
  let inside: NetNamespace;
  let outside: NetNamespace;
  let product: LineProgram;
  let around: LineProgram;
  let capture: PacketCapture;
  let ready: HouseReady;

  before(function () {
    if (fault === undefined) return;
    console.log(`      left out: ${fault}`);
    this.skip();
  });
  before(async () => {
    inside = new NetNamespace('house');
    outside = new NetNamespace('world');
    // Only programs within see it; `ip netns exec` puts it in place of /etc/resolv.conf.
    mkdirSync(join('/etc/netns', inside.name), { recursive: true });
    writeFileSync(join('/etc/netns', inside.name, 'resolv.conf'), `nameserver ${world.names}\n`);
    inside.join(outside, `${house}/24`, `${world.phones}/24`);
    const device = /\d+: (hl\d+b\d+)/.exec(outside.run('ip', '-o', 'link'))![1]!;
    for (const address of [world.relay, world.web, world.names, nobody])
      outside.run('ip', 'addr', 'add', `${address}/24`, 'dev', device);
    capture = await PacketCapture.start(inside, join(dir, 'capture.pcap'));
    writeFileSync(join(dir, 'site.yaml'), plain);
    product = start(inside, 'house-program', join(dir, 'site.yaml'));
    around = start(outside, 'world-program', JSON.stringify(world));
    await around.ready();
    ready = await product.ready<HouseReady>();
  });
  after(async () => {
    await Promise.all([product?.end(), around?.end()]);
    await capture?.stop();
    if (inside) rmSync(join('/etc/netns', inside.name), { recursive: true, force: true });
    inside?.remove();
    outside?.remove();
    removeTempDir(dir);
  });

  function start(at: NetNamespace, name: string, ...args: string[]): LineProgram {
    const file = fileURLToPath(new URL(`../../support/residency/${name}.ts`, import.meta.url));
    const child = at.start(process.execPath, ['--import', 'tsx', file, ...args], { stdio: 'pipe' });
    return new LineProgram(child);
  }

  const answer = (): Promise<ResidencyAnswer> =>
    new Promise((done, fail) => {
      const call = request({ socketPath: ready.adminSocket, path: '/residency' }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (part: string) => (text += part));
        response.on('end', () =>
          response.statusCode === 200
            ? done(residencyAnswerSchema.parse(JSON.parse(text)))
            : fail(new Error(text)),
        );
      });
      call.on('error', fail);
      call.end();
    });

  const isAudio = ({ protocol, from }: SentTo) =>
    protocol === 'udp' &&
    [...from].every((port) => port >= ready.rtpPorts.first && port <= ready.rtpPorts.last);

  /** What was captured, as the list would have it: `protocol address:port` and bytes; of questions for names no bytes. */
  function capturedRows({ sent }: Captured): Map<string, number | undefined> {
    const rows = new Map<string, number | undefined>();
    for (const one of sent) {
      const { protocol, address, port, bytes } = one;
      if (isAudio(one)) rows.set(`rtp ${address}`, (rows.get(`rtp ${address}`) ?? 0) + bytes);
      else if (port === 53) rows.set(`dns ${address}:53`, undefined);
      else rows.set(`${protocol} ${address}:${port}`, bytes);
    }
    return rows;
  }
  const listedRows = (rows: readonly ResidencyRow[]): Map<string, number | undefined> =>
    new Map(
      rows.map(({ protocol, address, port, bytesOut }) =>
        protocol === 'rtp' ? [`rtp ${address}`, bytesOut] : [`${protocol} ${address}:${port}`, bytesOut],
      ),
    );
  const sorted = (rows: Map<string, number | undefined>) => [...rows].sort(([a], [b]) => (a < b ? -1 : 1));

  /** Once nothing is on its way any more. */
  async function untilEqual(): Promise<ResidencyAnswer> {
    let last = '';
    try {
      await until(
        'the list is what was captured',
        async () => {
          const { items, answers, silent } = await answer();
          const listed = JSON.stringify(sorted(listedRows([...items, ...answers])));
          const seen = JSON.stringify(sorted(capturedRows(capture.read(house))));
          last = `listed ${listed}\ncaptured ${seen}`;
          // An engine that did not answer in time is asked again.
          return listed === seen && silent.length === 0;
        },
        30_000,
        700,
      );
    } catch (error) {
      throw new Error(`${(error as Error).message}\n${last}`, { cause: error });
    }
    const seen = capture.read(house);
    expect(seen.strange, 'packets of other kinds').to.equal(0);
    return answer();
  }
  const pass = () => new Promise((done) => setTimeout(done, watchMs));

  it('lists nothing, and nothing leaves, while nobody calls', async () => {
    await pass();
    const { items, answers, unknown, silent } = await untilEqual();
    expect({ items, answers, unknown, silent }).to.deep.equal({
      items: [],
      answers: [],
      unknown: 0,
      silent: [],
    });
    expect(capture.read(house).sent).to.deep.equal([]);
  });

  it('lists nothing while calls are made but answers to the phones, to the byte', async () => {
    await around.tell('call', { sipPort: ready.sipPort, talkMs: 2000 });
    await pass();
    const { items, answers, unknown } = await untilEqual();
    expect(items).to.deep.equal([]);
    expect(unknown).to.equal(0);
    expect(new Set(answers.map(({ address }) => address))).to.deep.equal(new Set([world.phones]));
    const audio = answers.find(({ protocol }) => protocol === 'rtp');
    // Two legs, 50 packets a second of 172 bytes, for two seconds.
    expect(audio?.bytesOut).to.be.greaterThan(2 * 50 * 172);
    expect(audio).to.deep.include({ process: 'media', opened: 2 });
    const signalling = answers.filter(({ protocol }) => protocol === 'udp');
    expect(signalling.map(({ owner }) => owner)).to.deep.equal(['phone', 'phone']);
  });

  it('lists every connector that speaks, to the byte, and no other', async () => {
    for (const name of ['imap', 'oauth', 'alert-proof'])
      writeFileSync(join(ready.dataDir, 'secrets', name), 'a secret of the proof\n', { mode: 0o600 });
    await product.tell('import', { site: connectors });
    await product.tell('alert', { url: `http://${world.web}:8080/alerts` });
    await around.tell('call', { sipPort: ready.sipPort, talkMs: 1000 });
    const owners = ['alerts', 'mail-relay', 'mailbox', 'mailbox-token', 'resolver'];
    await until(
      'every connector has spoken',
      async () => {
        const known = new Set((await answer()).items.map(({ owner }) => owner));
        // Token server and receiver of alerts are one machine and port: the first of them is its owner.
        return (
          ['mail-relay', 'mailbox', 'resolver'].every((owner) => known.has(owner as never)) && known.size >= 4
        );
      },
      60_000,
      500,
    );
    const { posts, relayed } = await around.tell<{ posts: number; relayed: number }>('counts');
    expect(relayed).to.be.greaterThan(0);
    expect(posts).to.be.greaterThan(0);
    await pass();
    const { items, unknown } = await untilEqual();
    expect(unknown).to.equal(0);
    for (const { owner } of items) expect(owners).to.include(owner);
    const relay = items.find(({ owner }) => owner === 'mail-relay');
    expect(relay).to.deep.include({ address: world.relay, port: 25, hosts: ['relay.bank.example'] });
    const refused = items.find(({ address }) => address === nobody);
    expect(refused).to.include({ owner: 'mailbox', state: 'failed', bytesOut: 0 });
    expect(items.find(({ owner }) => owner === 'resolver')?.hosts).to.deep.equal(['relay.bank.example']);
  });

  it('names what Postgres opens, which no program of ours knows of', async () => {
    const database = connectDatabase({
      socketDir: ready.pgSocket,
      database: 'hearthline',
      user: 'postgres',
      logger: createLogger('test', 'silent'),
    });
    try {
      const program = `bash -c "exec 3<>/dev/tcp/${world.web}/8080; sleep 4"`;
      const running = database.query(`COPY (SELECT 1) TO PROGRAM '${program}'`);
      await until('it is listed', async () => (await answer()).unknown > 0, 15_000, 300);
      const { items } = await answer();
      expect(items.find(({ owner }) => owner === 'unknown')).to.include({
        process: 'postgres',
        seenBy: 'kernel',
        address: world.web,
        port: 8080,
      });
      const entries = await database.query(
        "SELECT target FROM audit WHERE action = 'residency.unknown-connection'",
      );
      expect(entries[0]).to.deep.equal([{ target: `${world.web}:8080` }]);
      await running;
    } finally {
      await database.close();
    }
  });
});
