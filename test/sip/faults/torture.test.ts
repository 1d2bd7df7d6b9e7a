/**
 * The torture messages of RFC 4475 against the whole product: each ends in an outcome that the RFC allows, and the
 * house answers OPTIONS soon after. The messages name hosts that do not exist, so answers go to the source address
 * and the Via's port: each message has a loopback address of its own, read on all of the ports that occur.
 */
import { createSocket, type Socket } from 'node:dgram';
import { randomInt } from 'node:crypto';
import { expect } from 'chai';
import { House } from '../../support/house.ts';
import { until } from '../../support/until.ts';
import {
  hasTortureMessages,
  isAllowed,
  readTortureMessages,
  type TortureMessage,
} from '../conformance/torture-messages.ts';
import { answersWithin } from './raw-sip.ts';

/** The bound. */
const optionsMs = 500;
const answerMs = 2000;
/** How long silence is listened to before it counts as such. */
const settleMs = 100;
const portsInVias = [5060, 5050, 5070, 6050, 19823];
/** Many messages share their branch, so that one would pass for a repetition of another of the same method. */
const shortTimers = { HEARTHLINE_SIP_T1_MS: '10', HEARTHLINE_SIP_T2_MS: '40', HEARTHLINE_SIP_T4_MS: '10' };
const transactionLifeMs = 64 * 10 + 300;

class Sender {
  readonly answers: string[] = [];
  private readonly sockets: Socket[] = [];

  static async open(address: string): Promise<Sender> {
    const sender = new Sender();
    for (const port of portsInVias) {
      const socket = createSocket('udp4');
      await new Promise<void>((bound, failed) => {
        socket.once('error', failed);
        socket.bind(port, address, bound);
      });
      socket.on('message', (data) => sender.answers.push(data.toString('latin1')));
      sender.sockets.push(socket);
    }
    return sender;
  }

  send(bytes: Buffer, port: number): void {
    this.sockets[0]!.send(bytes, port, '127.0.0.1');
  }

  close(): void {
    for (const socket of this.sockets) socket.close();
  }
}

describe('torture messages against the whole product', function () {
  this.timeout(20_000);
  let house: House;
  let pids: Record<string, number>;
  const network = `127.${randomInt(1, 255)}.${randomInt(0, 255)}`;
  let host = 0;

  before(async function () {
    this.timeout(60_000);
    if (!hasTortureMessages()) {
      console.log('    skipped: no torture messages in ../shared/sip-torture');
      this.skip();
    }
    house = await House.open({}, { env: shortTimers });
    pids = { ...house.stack.pids() };
  });
  after(() => house?.close());

  const lastSentMs = new Map<string, number>();
  async function untilForgotten(message: TortureMessage): Promise<void> {
    const text = message.bytes.toString('latin1');
    const via = /^v(?:ia)?[ \t]*:\s*([^\r\n]*)/im.exec(text)?.[1] ?? '';
    const key = `${text.split(' ')[0]} ${via}`;
    const dueMs = (lastSentMs.get(key) ?? -transactionLifeMs) + transactionLifeMs;
    await until('the same transaction is forgotten', () => performance.now() >= dueMs);
    lastSentMs.set(key, performance.now());
  }

  async function outcomeOf(message: TortureMessage): Promise<number | 'none'> {
    host += 1;
    const sender = await Sender.open(`${network}.${host}`);
    try {
      await untilForgotten(message);
      sender.send(message.bytes, house.sipPort);
      expect(
        await answersWithin(house.sipPort, optionsMs, house.stack.pids().sip),
        `OPTIONS answered in ${optionsMs} ms`,
      ).to.equal(true);
      const final = () => sender.answers.find((text) => !text.startsWith('SIP/2.0 1'));
      const boundMs = message.allowed.includes('none') ? settleMs : answerMs;
      await until('a final answer', () => final() !== undefined, boundMs).catch(() => undefined);
      const answer = final();
      if (answer === undefined) return 'none';
      expect(answer, 'an answer is a response').to.match(/^SIP\/2\.0 \d{3} /);
      return Number(answer.slice(8, 11));
    } finally {
      sender.close();
    }
  }

  for (const message of hasTortureMessages() ? readTortureMessages('rfc4475') : [])
    it(`${message.name}: ${message.allowed.join(' or ')}`, async () => {
      const outcome = await outcomeOf(message);
      expect(isAllowed(message, outcome), `got ${outcome}; ${message.note}`).to.equal(true);
    });

  it('none of them made a call, harmed a process or was taken for a fault of our own', async () => {
    expect(house.stack.pids()).to.deep.equal(pids);
    expect(await house.inHand()).to.equal(0);
    for (const name of ['server', 'sip', 'media'] as const) {
      const faults = house.stack
        .logs(name)
        .split('\n')
        .filter((line) => /"level":(50|60)/.test(line));
      expect(faults, `errors logged by ${name}`).to.deep.equal([]);
    }
  });
});
