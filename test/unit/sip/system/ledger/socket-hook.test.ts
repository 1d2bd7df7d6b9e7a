/**
 * The hook against what a relay between both ends counted: each byte on the wire, with and without TLS, of whatever opens the
 * connection. 127.0.0.2 stands for another machine here, all else of 127/8 for this one.
 */
import { createSocket } from 'node:dgram';
import dns from 'node:dns';
import { createServer as createHttpsServer } from 'node:https';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { Worker } from 'node:worker_threads';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { ConnectionLedger, type LedgerRow } from '../../../../../sip/system/ledger/connection-ledger.ts';
import { keepLedger } from '../../../../../sip/system/ledger/process-ledger.ts';
import {
  watchConnections,
  watchDatagrams,
  watchNames,
} from '../../../../../sip/system/ledger/socket-hook.ts';
import { makeTempDir, removeTempDir } from '../../../../support/temp-dir.ts';
import { makeTestCertificate } from '../../../../support/test-certificate.ts';
import { until } from '../../../../support/until.ts';

const elsewhere = '127.0.0.2';
const ledger = new ConnectionLedger();
const isInside = (address: string) => address !== elsewhere;

const rowOf = (port: number, protocol: LedgerRow['protocol'] = 'tcp'): LedgerRow | undefined =>
  ledger.rows().find((row) => row.port === port && row.protocol === protocol);
const portOf = (server: Server) => (server.address() as AddressInfo).port;
const listening = (server: Server, host: string): Promise<number> =>
  new Promise((done) => server.listen(0, host, () => done(portOf(server))));

describe('the hook of sockets', () => {
  const dir = makeTempDir();
  const { certificate, key } = makeTestCertificate(dir);
  const open: Server[] = [];
  let hook: ReturnType<typeof watchConnections>;
  before(() => {
    hook = watchConnections(ledger, isInside);
    watchDatagrams(ledger, isInside);
    watchNames(ledger);
  });
  after(() => {
    for (const server of open) server.close();
    removeTempDir(dir);
  });

  /** A relay on the other machine in front of `behind`, counting what passes. */
  async function relay(behind: Server): Promise<{ port: number; wire: { out: number; in: number } }> {
    const target = await listening(behind, '127.0.0.1');
    const wire = { out: 0, in: 0 };
    const server = createServer((client) => {
      const onward = connect(target, '127.0.0.1');
      for (const socket of [client, onward]) socket.on('error', () => undefined);
      client.on('data', (data) => (wire.out += data.length));
      onward.on('data', (data) => (wire.in += data.length));
      client.pipe(onward).pipe(client);
    });
    open.push(behind, server);
    return { port: await listening(server, elsewhere), wire };
  }
  const echo = () =>
    createServer((socket) => {
      socket.on('error', () => undefined);
      socket.pipe(socket);
    });
  const tlsEcho = () =>
    createTlsServer({ cert: certificate, key }, (socket) => {
      socket.on('error', () => undefined);
      socket.pipe(socket);
    });
  const untilEnded = (port: number) => until('the row is closed', () => rowOf(port)?.open === 0);

  it('counts a plain connection while it is open and when it has ended', async () => {
    const { port, wire } = await relay(echo());
    const socket = connect(port, elsewhere);
    socket.write('x'.repeat(100_000));
    let got = 0;
    socket.on('data', (data) => (got += data.length));
    await until('all came back', () => got === 100_000);
    hook.count();
    expect(rowOf(port)).to.include({ open: 1, opened: 1, failed: 0, bytesOut: 100_000, bytesIn: 100_000 });
    socket.end('end');
    await untilEnded(port);
    expect(rowOf(port)).to.include({ bytesOut: wire.out, bytesIn: wire.in, isAnswer: false });
  });

  it('counts what TLS puts on the wire, not what is in it', async () => {
    const { port, wire } = await relay(tlsEcho());
    const socket = connectTls({ host: elsewhere, port, rejectUnauthorized: false });
    socket.write('x'.repeat(5000));
    let got = 0;
    socket.on('data', (data) => (got += data.length));
    await until('all came back', () => got === 5000);
    socket.end();
    await untilEnded(port);
    await until('the relay has it all', () => rowOf(port)?.bytesOut === wire.out);
    expect(wire.out).to.be.greaterThan(5000);
    expect(rowOf(port)?.bytesIn).to.equal(wire.in);
  });

  it('counts a connection that goes over to TLS as one', async () => {
    const { port, wire } = await relay(tlsEcho());
    const plain = connect({ port, host: elsewhere });
    await new Promise((done) => plain.once('connect', done));
    const socket = connectTls({ socket: plain, rejectUnauthorized: false });
    socket.write('hello');
    await new Promise((done) => socket.once('data', done));
    socket.end();
    await untilEnded(port);
    await until('the relay has it all', () => rowOf(port)?.bytesOut === wire.out);
    expect(rowOf(port)).to.include({ opened: 1, bytesIn: wire.in });
  });

  it('sees what fetch opens, and the name it was asked for', async () => {
    const { port, wire } = await relay(
      createHttpsServer({ cert: certificate, key }, (_request, response) => response.end('ok')),
    );
    // The authority of this certificate is nobody's: the handshake fails, after bytes went both ways.
    await fetch(`https://${elsewhere}:${port}/`).catch(() => undefined);
    await until('it is counted', () => {
      hook.count();
      return rowOf(port)?.bytesOut === wire.out && wire.out > 0;
    });
    expect(rowOf(port)?.bytesIn).to.equal(wire.in);
  });

  it('keeps the name of a host beside its address', async () => {
    const { port } = await relay(echo());
    const lookup = ((_name: string, _options: unknown, done: (error: null, list: object[]) => void) =>
      done(null, [{ address: elsewhere, family: 4 }])) as never;
    const socket = connect({ host: 'relay.bank.example', port, lookup });
    await new Promise((done) => socket.once('connect', done));
    expect(rowOf(port)?.hosts).to.deep.equal(['relay.bank.example']);
    socket.destroy();
    await untilEnded(port);
  });

  it('lists an attempt that was refused', async () => {
    const server = createServer();
    const port = await listening(server, elsewhere);
    await new Promise((done) => server.close(done));
    const socket = connect(port, elsewhere);
    await new Promise((done) => socket.once('error', done));
    await until('it is counted', () => rowOf(port)?.opened === 1);
    expect(rowOf(port)).to.include({ open: 0, failed: 1, bytesOut: 0 });
  });

  it('lists nothing of this machine and of Unix sockets', async () => {
    const before = ledger.rows().length;
    const server = echo();
    open.push(server);
    const port = await listening(server, '127.0.0.1');
    const socket = connect(port, '127.0.0.1');
    await new Promise((done) => socket.once('connect', done));
    socket.destroy();
    const unix = echo();
    open.push(unix);
    await new Promise<void>((done) => unix.listen(join(dir, 'unix'), done));
    const local = connect(join(dir, 'unix'));
    await new Promise((done) => local.once('connect', done));
    local.destroy();
    expect(ledger.rows()).to.have.length(before);
  });

  it('counts datagrams, and knows who came first', async () => {
    const [mine, other] = [createSocket('udp4'), createSocket('udp4')];
    await new Promise<void>((done) => mine.bind(0, '127.0.0.1', done));
    await new Promise<void>((done) => other.bind(0, elsewhere, done));
    const theirs = other.address().port;
    mine.send(Buffer.alloc(100), theirs, elsewhere);
    mine.send(Buffer.alloc(100), 10, 40, theirs, elsewhere);
    await until('both were sent', () => rowOf(theirs, 'udp')?.bytesOut === 140);
    expect(rowOf(theirs, 'udp')?.isAnswer).to.equal(false);
    const caller = createSocket('udp4');
    await new Promise<void>((done) => caller.bind(0, elsewhere, done));
    const came = new Promise((done) => mine.once('message', done));
    caller.send('hello', mine.address().port, '127.0.0.1');
    await came;
    mine.send('welcome', caller.address().port, elsewhere);
    const row = rowOf(caller.address().port, 'udp');
    expect(row).to.include({ isAnswer: true, bytesIn: 5, bytesOut: 7 });
    for (const socket of [mine, other, caller]) socket.close();
  });

  it('notes names that are asked, by whatever function, and none that are known here', async () => {
    const names = () => ledger.rows().find(({ protocol }) => protocol === 'dns')?.hosts ?? [];
    const { address } = await dns.promises.lookup('localhost');
    expect(ledger.names()[address], 'what a name led to').to.equal('localhost');
    await dns.promises.lookup('192.0.2.1');
    expect(names()).to.deep.equal([]);
    // Whatever comes of it: that it was asked is what counts.
    const asked: Promise<unknown>[] = [
      dns.promises.lookup('one.invalid'),
      new Promise((done) => dns.lookup('two.invalid', done)),
      dns.promises.resolve4('three.invalid'),
      new dns.promises.Resolver({ timeout: 100, tries: 1 }).resolveMx('four.invalid'),
    ];
    expect(names()).to.include.members(['one.invalid', 'two.invalid', 'three.invalid', 'four.invalid']);
    await Promise.allSettled(asked);
  });

  it('hears of what a thread sends', async () => {
    const told = keepLedger();
    const url = new URL('../../../../../sip/system/ledger/process-ledger.ts', import.meta.url).href;
    // To a documentation network (RFC 5737): this sandbox may refuse it, the ledger sees the attempt either way.
    const program = `import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(url)}); })
      .then(({ reportToLedger }) => { reportToLedger();
        const socket = require('node:net').connect(9, '192.0.2.77'); socket.on('error', () => {});
        setTimeout(() => socket.destroy(), 200); });`;
    const worker = new Worker(program, { eval: true, execArgv: [] });
    try {
      await until('the thread has told', () =>
        told.report().rows.some(({ address, port }) => address === '192.0.2.77' && port === 9),
      );
    } finally {
      await worker.terminate();
    }
  });
});

describe('every thread of the product', () => {
  const root = new URL('../../../../../', import.meta.url).pathname;
  function* sources(dir: string): Generator<string> {
    for (const name of readdirSync(join(root, dir))) {
      const path = `${dir}/${name}`;
      if (statSync(join(root, path)).isDirectory()) yield* sources(path);
      else if (path.endsWith('.ts')) yield path;
    }
  }

  it('reports to the ledger of its process', () => {
    const threads = [...sources('server'), ...sources('sip')].filter((path) =>
      readFileSync(join(root, path), 'utf8').includes("from 'node:worker_threads'"),
    );
    const begun = threads.filter((path) =>
      /\bworkerData as|parentPort\?\.on/.test(readFileSync(join(root, path), 'utf8')),
    );
    expect(begun).to.have.length.greaterThan(6);
    const silent = begun.filter((path) => !/^reportToLedger\(/m.test(readFileSync(join(root, path), 'utf8')));
    expect(silent).to.deep.equal([]);
  });
});
