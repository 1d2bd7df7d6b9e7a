// What an enemy, or a broken peer, may send: the engine answers or ignores it, keeps serving everyone else, and
// neither memory nor time runs away.

import dgram from 'node:dgram';
import net from 'node:net';
import { randomBytes, randomInt } from 'node:crypto';
import { expect } from 'chai';
import fc from 'fast-check';
import { startSipEngine, type SipEngineHandle } from '../../support/sip-engine.ts';
import { ControlConnection, encodeFrame } from '../../support/transcripts/control-connection.ts';
import { expectNoFault, residentMiB } from './engine-health.ts';
import { offer, Phone } from './phone.ts';

type Engine = SipEngineHandle;
const serviceBoundMs = 1000;

describe('hostile peers', function () {
  this.timeout(20_000);
  let engine: Engine;
  let app: ControlConnection;
  let phone: Phone;
  const sockets: net.Socket[] = [];

  before(async () => {
    engine = await startSipEngine();
    app = await ControlConnection.openApp(engine.controlPort, engine.secret, {
      tags: 'house',
      routes: ['options'],
    });
    phone = await Phone.open('phone', engine.sipPort);
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await expectService();
    await expectNoFault(engine);
  });
  after(async () => {
    app?.close();
    phone?.close();
    await engine?.stop();
  });

  /** The app is served and a phone's OPTIONS comes through it. */
  async function expectService(): Promise<void> {
    app.frames.takeAll();
    phone.endpoint.arrivals.takeAll();
    phone.send(phone.callTo('x'), 'OPTIONS');
    const shown = await app.nextSip('OPTIONS', serviceBoundMs);
    const answer = await app.ask(
      ['sip', shown.tokens[8] ?? '', ''],
      'SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n',
    );
    expect(answer.tokens[3]).to.equal('OK');
    await phone.endpoint.next('SIP/2.0 200', serviceBoundMs);
  }

  const connectTcp = async (port: number): Promise<net.Socket> => {
    const socket = net.connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    sockets.push(socket);
    await new Promise((resolve) => socket.once('connect', resolve));
    return socket;
  };
  const closedWithin = (socket: net.Socket, ms: number): Promise<boolean> =>
    new Promise((resolve) => {
      if (socket.destroyed) return resolve(true);
      const timer = setTimeout(() => resolve(false), ms);
      socket.once('close', () => {
        clearTimeout(timer);
        resolve(true);
      });
      socket.resume();
    });

  describe('on the control socket', () => {
    it('any bytes before authentication end the connection or wait, never the engine', async () => {
      await fc.assert(
        fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 400 }), async (bytes) => {
          const connection = await ControlConnection.open(engine.controlPort);
          connection.sendRaw(Buffer.from(bytes));
          connection.sendRaw('x');
          connection.close();
        }),
        { numRuns: 100 },
      );
    });

    it('any frame of an authenticated app is answered or ends its connection', async () => {
      const token = fc.oneof(
        fc.constantFrom(
          'sip',
          'route',
          'remove_route',
          'ping',
          'proxy',
          'authenticate',
          'response',
          'cdr:start',
          '',
          'unsolicited',
        ),
        fc.string({ maxLength: 30 }).map((text) => text.replace(/[|\r\n]/g, '.')),
      );
      const startLine = fc.oneof(
        fc.constantFrom(
          'INVITE sip:x@127.0.0.1:9 SIP/2.0',
          'BYE sip:placeholder SIP/2.0',
          'CANCEL sip:x SIP/2.0',
          'SIP/2.0 200 OK',
          'SIP/2.0 999 No',
          'SIP/2.0',
          ' ',
        ),
        fc.string({ maxLength: 60 }),
      );
      const header = fc.oneof(
        fc.constantFrom(
          'Contact: <sip:',
          'From: ;;;',
          'CSeq: 99999999999999 X',
          'Via: x',
          'Content-Length: -1',
          'Call-ID:',
          ':',
          'Route: <sip:;lr',
        ),
        fc.string({ maxLength: 60 }),
      );
      const frame = fc.tuple(
        fc.array(token, { minLength: 1, maxLength: 12 }),
        startLine,
        fc.array(header, { maxLength: 6 }),
        fc.string({ maxLength: 40 }),
      );
      await fc.assert(
        fc.asyncProperty(frame, fc.boolean(), async ([tokens, start, headers, body], hasSip) => {
          const connection = await ControlConnection.openApp(engine.controlPort, engine.secret);
          try {
            connection.send(
              `id|${tokens.join('|')}${hasSip ? `\r\n${[start, ...headers, '', body].join('\r\n')}` : ''}`,
            );
            const answer = await connection.frames.next(serviceBoundMs);
            expect(answer !== undefined || connection.isClosed, 'answered or closed').to.equal(true);
          } finally {
            connection.close();
          }
        }),
        { numRuns: 150 },
      );
    });

    it('lengths that are no lengths, or too long, end the connection', async () => {
      for (const bytes of [
        'hello#world',
        '-5#hello',
        '0x10#hello',
        '1e3#x',
        '99999999#',
        '9'.repeat(40),
        '#',
        ' 5#a|b|c',
      ]) {
        const connection = await ControlConnection.open(engine.controlPort);
        connection.sendRaw(bytes);
        connection.sendRaw('#');
        expect(await closedWithin(connection.socket, 1500), bytes).to.equal(true);
      }
    });

    it('a connection that never authenticates is not kept for ever', async function () {
      const connection = await ControlConnection.open(engine.controlPort);
      const isGone = await closedWithin(connection.socket, 12_000);
      connection.close();
      expect(isGone).to.equal(true);
    });

    it('an app that never reads is cut off before it costs much memory', async () => {
      const deaf = await ControlConnection.openApp(engine.controlPort, engine.secret, {
        tags: 'deaf',
        routes: [],
      });
      deaf.socket.pause();
      const before = residentMiB(engine.pid);
      // The refusal repeats the line, so what is not read grows as fast as what is sent.
      const ask = encodeFrame(`id|sip||\r\nOPTIONS ${'x'.repeat(2000)} SIP/2.0\r\n\r\n`);
      const asks = Buffer.concat(Array.from({ length: 100 }, () => ask));
      for (let index = 0; index < 300 && !deaf.isClosed && deaf.socket.writable; index += 1) {
        const hasRoom = deaf.socket.write(asks);
        if (!hasRoom) {
          const drained = new Promise((resolve) => deaf.socket.once('drain', resolve));
          await Promise.race([drained, deaf.closed, new Promise((resolve) => setTimeout(resolve, 300))]);
        }
        if (deaf.socket.writableLength > 32 * 1024 * 1024) break;
      }
      await expectService();
      const grown = residentMiB(engine.pid) - before;
      deaf.socket.resume();
      expect(await closedWithin(deaf.socket, 3000), 'cut off').to.equal(true);
      expect(grown, 'MiB').to.be.lessThan(100);
    });
  });

  describe('on the SIP ports', () => {
    it('garbage over TCP closes that connection at most', async () => {
      const good = await connectTcp(engine.sipPort);
      for (const bytes of [
        randomBytes(2000),
        Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
        Buffer.from('\r\n\r\n\r\n\r\n\r\n\r\n'),
        Buffer.from(`INVITE sip:x SIP/2.0\r\nContent-Length: ${'9'.repeat(30)}\r\n\r\n`),
        Buffer.from('INVITE sip:x SIP/2.0\r\nContent-Length: -1\r\n\r\n'),
        Buffer.from('OPTIONS sip:x SIP/2.0\r\n\r\n'),
        Buffer.alloc(70_000, 'A'),
      ]) {
        const socket = await connectTcp(engine.sipPort);
        socket.write(bytes);
        await expectService();
      }
      const text = phone.write(phone.callTo('x'), 'OPTIONS').replace('SIP/2.0/UDP', 'SIP/2.0/TCP');
      const answered = new Promise<string>((resolve) =>
        good.once('data', (chunk: Buffer) => resolve(chunk.toString())),
      );
      good.write(text);
      const shown = await app.nextSip('OPTIONS', serviceBoundMs);
      expect(shown.tokens[4]).to.equal('tcp');
      await app.ask(['sip', shown.tokens[8] ?? '', ''], 'SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n');
      expect(await answered).to.match(/^SIP\/2\.0 200 /);
    });

    it('headers without end over TCP are refused at a limit', async () => {
      const socket = await connectTcp(engine.sipPort);
      const line = `X-Fill: ${'y'.repeat(1000)}\r\n`;
      socket.write('OPTIONS sip:x@127.0.0.1 SIP/2.0\r\n');
      let isClosed = false;
      socket.once('close', () => (isClosed = true));
      for (let index = 0; index < 3000 && !isClosed; index += 1) {
        socket.write(line);
        if (index % 100 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      }
      expect(await closedWithin(socket, 2000)).to.equal(true);
    });

    it('a body of more than the limit is refused, not stored', async () => {
      const socket = await connectTcp(engine.sipPort);
      const before = residentMiB(engine.pid);
      const head = phone.write(phone.callTo('x'), 'MESSAGE').replace('SIP/2.0/UDP', 'SIP/2.0/TCP');
      socket.write(
        head.replace('Content-Length: 0', 'Content-Type: text/plain\r\nContent-Length: 500000000'),
      );
      const chunk = Buffer.alloc(1024 * 1024, 'z');
      let isClosed = false;
      socket.once('close', () => (isClosed = true));
      for (let index = 0; index < 60 && !isClosed; index += 1) {
        socket.write(chunk);
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      const isRefused = await closedWithin(socket, 2000);
      expect(isRefused, 'closed').to.equal(true);
      expect(residentMiB(engine.pid) - before, 'MiB').to.be.lessThan(60);
    });

    it('two hundred slow connections do not stop a fast one', async () => {
      const slow = await Promise.all(Array.from({ length: 200 }, () => connectTcp(engine.sipPort)));
      const text = 'OPTIONS sip:x@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1';
      for (let index = 0; index < 20; index += 1) {
        for (const socket of slow) if (!socket.destroyed) socket.write(text.charAt(index));
        await expectService();
      }
    });

    it('10,000 datagrams of noise and near-SIP are passed over quickly', async () => {
      const before = residentMiB(engine.pid);
      const socket = dgram.createSocket('udp4');
      const sample = Buffer.from(phone.write(phone.callTo('x'), 'INVITE', { body: offer() }));
      const startedAt = performance.now();
      for (let index = 0; index < 10_000; index += 1) {
        const bytes = index % 2 === 0 ? randomBytes(randomInt(1, 600)) : Buffer.from(sample);
        if (index % 2 === 1)
          for (let n = 0; n < 4; n += 1) bytes[randomInt(0, bytes.length)] = randomInt(0, 256);
        await new Promise((resolve) => socket.send(bytes, engine.sipPort, '127.0.0.1', resolve));
        if (index % 1000 === 999) await expectService();
      }
      socket.close();
      expect(performance.now() - startedAt, 'ms').to.be.lessThan(10_000);
      expect(residentMiB(engine.pid) - before, 'MiB').to.be.lessThan(150);
    });
  });
});
