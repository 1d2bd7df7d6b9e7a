// Every torture message is sent as it is, over UDP, and must end in an outcome its RFC allows, with the engine
// answering OPTIONS within 500 ms afterwards. The messages name hosts that do not exist, so their answers go
// to the source address and the Via's port: each message has a loopback address of its own, read on all of
// the ports that occur.

import dgram from 'node:dgram';
import { randomInt } from 'node:crypto';
import { expect } from 'chai';
import { startSipEngine, type SipEngineHandle } from '../../support/sip-engine.ts';
import { Arrivals } from '../../support/transcripts/arrivals.ts';
import { parseSipText, statusOf, valuesOf } from '../../support/transcripts/sip-text.ts';
import { expectNoFault, residentMiB, untilNothingIsLeft } from './engine-health.ts';
import { Phone } from './phone.ts';
import { connectApp, type App, type AppRequest, type AppResponse } from './srf-app.ts';
import {
  hasTortureMessages,
  isAllowed,
  readTortureMessages,
  type TortureMessage,
} from './torture-messages.ts';

type Engine = SipEngineHandle;
const portsInVias = [5060, 5050, 5070, 6050, 19823];
const controlBoundMs = 500;
const answerBoundMs = 1500;
const settleMs = 60;
/** Many messages share branch and sender, so that one would pass for a repetition of another of the same method. */
const shortTimers = { HEARTHLINE_SIP_T1_MS: '10', HEARTHLINE_SIP_T2_MS: '40', HEARTHLINE_SIP_T4_MS: '10' };
const transactionLifeMs = 64 * 10 + 300;

/** Answers as call control would: nobody is registered, no number is known. */
function answerAsCallControl(app: App, seen: AppRequest[]): void {
  const handle =
    (answer: (req: AppRequest, res: AppResponse) => void) => (req: AppRequest, res: AppResponse) => {
      seen.push(req);
      answer(req, res);
    };
  app.register(
    handle((_, res) => res.send(401, { headers: { 'WWW-Authenticate': 'Digest realm="h", nonce="n"' } })),
  );
  app.options(handle((_, res) => res.send(200)));
  app.message(handle((_, res) => res.send(405)));
  app.invite(
    handle((req, res) => {
      const type = req.has('Content-Type') ? req.get('Content-Type').toLowerCase() : '';
      if (type !== '' && !/^(application\/sdp|multipart\/)/.test(type))
        res.send(415, { headers: { Accept: 'application/sdp' } });
      else if (req.has('Accept') && !/application\/sdp|\*\/\*/.test(req.get('Accept'))) res.send(406);
      else res.send(404);
    }),
  );
}

class Sender {
  readonly arrivals = new Arrivals<string>();
  readonly #sockets: dgram.Socket[] = [];

  static async open(address: string): Promise<Sender> {
    const sender = new Sender();
    for (const port of portsInVias) {
      const socket = dgram.createSocket('udp4');
      await new Promise<void>((resolve, reject) => {
        socket.once('error', reject);
        socket.bind(port, address, resolve);
      });
      socket.on('message', (bytes) => sender.arrivals.push(bytes.toString('utf8')));
      sender.#sockets.push(socket);
    }
    return sender;
  }

  send(bytes: Buffer, port: number): void {
    this.#sockets[0]?.send(bytes, port, '127.0.0.1');
  }

  close(): void {
    for (const socket of this.#sockets) socket.close();
    this.arrivals.end();
  }
}

describe('torture messages', function () {
  this.timeout(10_000);
  let engine: Engine;
  let app: App;
  let control: Phone;
  const seen: AppRequest[] = [];
  const network = `127.${randomInt(1, 255)}.${randomInt(0, 255)}`;
  let host = 0;

  before(async function () {
    if (!hasTortureMessages()) {
      console.log('    skipped: no torture messages in ../shared/sip-torture');
      this.skip();
    }
    engine = await startSipEngine({ env: shortTimers });
    app = await connectApp(engine, [], (a) => answerAsCallControl(a, seen));
    control = await Phone.open('control', engine.sipPort);
  });
  afterEach(() => expectNoFault(engine));
  after(async () => {
    app?.disconnect();
    control?.close();
    await engine?.stop();
  });

  const isControl = (req: AppRequest): boolean => req.get('Call-ID').startsWith('control-');
  const shownToApp = (): AppRequest[] => seen.filter((req) => !isControl(req));

  const lastSentMs = new Map<string, number>();
  async function untilForgotten(message: TortureMessage): Promise<void> {
    const text = message.bytes.toString('latin1');
    const via = /^v(?:ia)?[ \t]*:\s*([^\r\n]*)/im.exec(text)?.[1] ?? '';
    const key = `${text.split(' ')[0]} ${via}`;
    const waitMs = (lastSentMs.get(key) ?? -transactionLifeMs) + transactionLifeMs - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    lastSentMs.set(key, performance.now());
  }

  async function outcomeOf(message: TortureMessage): Promise<number | 'none'> {
    host += 1;
    const sender = await Sender.open(`${network}.${host}`);
    try {
      await untilForgotten(message);
      seen.length = 0;
      sender.send(message.bytes, engine.sipPort);
      const startedAt = performance.now();
      control.send(control.callTo('control'), 'OPTIONS');
      await control.endpoint.next('SIP/2.0 200', controlBoundMs);
      expect(performance.now() - startedAt, 'OPTIONS answered in ms').to.be.lessThan(controlBoundMs);
      const mayBeSilent = message.allowed.includes('none');
      const isFinal = (text: string): boolean => !text.startsWith('SIP/2.0 1');
      const answer = await sender.arrivals.nextWhere(isFinal, mayBeSilent ? settleMs : answerBoundMs);
      if (answer === undefined) return 'none';
      expect(answer, 'an answer is a response').to.match(/^SIP\/2\.0 \d{3} /);
      return statusOf(parseSipText(answer));
    } finally {
      sender.close();
    }
  }

  for (const set of ['rfc4475', 'rfc5118'] as const) {
    describe(set, () => {
      for (const message of hasTortureMessages() ? readTortureMessages(set) : []) {
        it(`${message.name}: ${message.allowed.join(' or ')}`, async () => {
          const outcome = await outcomeOf(message);
          expect(isAllowed(message, outcome), `got ${outcome}; ${message.note}`).to.equal(true);
          const mustNotAct = message.must.includes('reject') && !message.allowed.includes('liberal');
          if (mustNotAct || message.must.includes('discard'))
            expect(shownToApp(), 'shown to the app').to.have.length(0);
          expect(() => process.kill(engine.pid, 0), 'engine alive').not.to.throw();
        });
      }
    });
  }

  const named = (name: string): TortureMessage => {
    const found = readTortureMessages('rfc4475').find((message) => message.name === name);
    if (found === undefined) throw new Error(`no ${name}`);
    return found;
  };

  it('dblreq makes one transaction, and no call', async () => {
    await outcomeOf(named('dblreq'));
    expect(shownToApp().map((req) => req.method)).to.deep.equal(['REGISTER']);
  });

  it('escnull reaches the app unshortened', async () => {
    await outcomeOf(named('escnull'));
    const [request] = shownToApp();
    expect(request?.get('To')).to.contain('sip:null-%00-null@example.com');
    expect(request?.get('Contact'))
      .to.contain('sip:%00@host5.example.com')
      .and.contain('sip:%00%00@host5.example.com');
  });

  it('unknown methods are told what is allowed, unknown extensions what is not', async () => {
    for (const [name, header] of [
      ['esc02', 'allow'],
      ['intmeth', 'allow'],
      ['bext01', 'unsupported'],
    ] as const) {
      host += 1;
      const sender = await Sender.open(`${network}.${host}`);
      await untilForgotten(named(name));
      sender.send(named(name).bytes, engine.sipPort);
      const answer = await sender.arrivals.next(answerBoundMs);
      sender.close();
      const values = valuesOf(parseSipText(answer ?? '\r\n\r\n'), header).join(',');
      if (header === 'allow') expect(values, name).to.contain('INVITE').and.contain('BYE');
      else expect(values, name).to.contain('nothingSupportsThis').and.contain('nothingSupportsThisEither');
    }
  });

  it('bcast sends nothing, to broadcast least of all', async function () {
    const everywhere = dgram.createSocket({ type: 'udp4', reuseAddr: true });
    const heard: string[] = [];
    everywhere.on('message', (bytes) => heard.push(bytes.toString('utf8')));
    const isBound = await new Promise<boolean>((resolve) => {
      everywhere.once('error', () => resolve(false));
      everywhere.bind(5060, '0.0.0.0', () => resolve(true));
    });
    try {
      const phone = await Phone.open('control', engine.sipPort);
      phone.endpoint.send(named('bcast').bytes);
      phone.send(phone.callTo('control'), 'OPTIONS');
      await phone.endpoint.next('SIP/2.0 200', controlBoundMs);
      phone.close();
      expect(heard.filter((text) => text.includes('bcast.0384840201234ksdfak3j2erwedfsASdf'))).to.deep.equal(
        [],
      );
    } finally {
      if (isBound) everywhere.close();
    }
  });

  it('hundreds of rounds of the set leave nothing behind', async function () {
    this.timeout(40_000);
    const sender = await Sender.open(`${network}.250`);
    const messages = readTortureMessages('rfc4475');
    const rounds = async (count: number): Promise<number> => {
      for (let round = 0; round < count; round += 1) {
        for (const message of messages) sender.send(message.bytes, engine.sipPort);
        control.send(control.callTo('control'), 'OPTIONS');
        await control.endpoint.next('SIP/2.0 200', 2000);
      }
      await untilNothingIsLeft(engine, 5000);
      return residentMiB(engine.pid);
    };
    const before = await rounds(100);
    const after = await rounds(200);
    sender.close();
    expect(after - before, 'MiB').to.be.lessThan(15);
  });
});
