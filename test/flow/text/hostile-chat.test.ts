/** Sockets that say anything at all: closed or refused, each by itself, while an honest chat beside them loses no line. */
import { expect } from 'chai';
import { WebSocket } from 'ws';
import type { ChatFrame } from '../../../server/contract/chat.ts';
import { HostileHouse, isWholeFuzz, nasty, seeded } from '../../support/hostile-house.ts';
import { until } from '../../support/until.ts';

interface Ended {
  code: number;
  frames: ChatFrame[];
}

describe('hostile sockets', function () {
  this.timeout(isWholeFuzz ? 700_000 : 120_000);
  let hostile: HostileHouse;

  before(async () => {
    hostile = await HostileHouse.open({ proxies: '1' });
    await hostile.anna.goReady();
  });
  afterEach(() => hostile.leaveChats());
  after(() => hostile?.close());

  /** Says all of it, and waits until it is closed, or until `isEnough`. */
  const speak = (
    said: readonly (string | Buffer)[],
    isEnough: (frames: ChatFrame[]) => boolean = () => false,
    headers: Record<string, string> = {},
  ): Promise<Ended> =>
    new Promise((resolve) => {
      const frames: ChatFrame[] = [];
      const socket = new WebSocket(`${hostile.url.replace('http', 'ws')}/chat/socket`, 'hearthline-chat', {
        origin: hostile.url,
        headers,
      });
      let code = 0;
      socket.on('error', () => undefined);
      socket.on('open', () => {
        for (const one of said) socket.send(one);
      });
      socket.on('message', (data: Buffer) => {
        frames.push(JSON.parse(data.toString('utf8')) as ChatFrame);
        if (isEnough(frames)) socket.close();
      });
      socket.on('close', (closed) => {
        code = closed;
        resolve({ code, frames });
      });
    });
  const session = async (): Promise<string> => {
    const answer = await fetch(`${hostile.url}/chat/silent/sessions`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        origin: hostile.url,
        'x-forwarded-for': `10.1.${Math.floor(Math.random() * 250)}.${Math.floor(Math.random() * 250)}`,
      },
      body: JSON.stringify({ language: 'en' }),
    });
    return ((await answer.json()) as { token: string }).token;
  };
  const hello = (token: string) => JSON.stringify({ type: 'hello', token, after: 0 });
  const line = (text: string, clientId = 'line-0001') => JSON.stringify({ type: 'line', clientId, text });
  const isNacked = (frames: ChatFrame[]) => frames.some(({ type }) => type === 'nack');

  it('are told apart, each by its fault', async () => {
    const token = await session();
    expect((await speak([line('no hello')])).code).to.equal(1008);
    expect((await speak([hello(token), hello(token)])).code).to.equal(1008);
    expect((await speak([Buffer.from([1, 2, 3])])).code).to.equal(1008);
    expect((await speak(['x'.repeat(100_000)])).code).to.equal(1009);
    expect((await speak(['['.repeat(20_000)])).code).to.equal(1008);
    expect((await speak([hello('A'.repeat(43))], (frames) => frames.length > 0)).frames[0]?.type).to.equal(
      'gone',
    );
    const guesses = Array.from({ length: 5 }, (_, i) => hello(String(i).repeat(43)));
    expect((await speak(guesses)).code).to.equal(1008);
    const flood = Array.from({ length: 200 }, () => JSON.stringify({ type: 'typing' }));
    expect((await speak([hello(token), ...flood])).code).to.equal(1008);
    const long = await speak([hello(token), line('x'.repeat(4001))], isNacked);
    expect(long.frames).to.deep.include({ type: 'nack', clientId: 'line-0001', reason: 'too-long' });
    const empty = await speak([hello(token), line(' \u0001 ')], isNacked);
    expect(empty.frames).to.deep.include({ type: 'nack', clientId: 'line-0001', reason: 'empty' });
    const others = JSON.stringify({
      type: 'line',
      clientId: 'line-0001',
      text: 'x',
      attachmentIds: ['file_01'],
    });
    const stolen = await speak([hello(token), others], isNacked);
    expect(stolen.frames).to.deep.include({ type: 'nack', clientId: 'line-0001', reason: 'attachment' });
  });

  it('with NUL and half a character say a line like any other', async () => {
    const token = await session();
    const isKept = (frames: ChatFrame[]) => frames.filter(({ type }) => type === 'ack').length === 2;
    const { frames, code } = await speak(
      [hello(token), line('a\0b\ud800c'), line('\udc00', 'line-0002')],
      (all) => isKept(all),
    );
    expect(code, 'closed by us').to.equal(1005);
    const lines = frames.flatMap((frame) => (frame.type === 'lines' ? frame.lines : []));
    expect(lines.map(({ text }) => text)).to.deep.equal(['a\uFFFDb\uFFFDc', '\uFFFD']);
  });

  it('from other web sites are not opened', async () => {
    for (const origin of ['https://evil.example', 'null']) {
      const status = await new Promise((resolve) => {
        const socket = new WebSocket(`${hostile.url.replace('http', 'ws')}/chat/socket`, 'hearthline-chat', {
          origin,
        });
        socket.on('unexpected-response', (_req, answer) => resolve(answer.statusCode));
        socket.on('open', () => resolve('open'));
        socket.on('error', () => undefined);
      });
      expect(status).to.equal(403);
    }
  });

  it('disturb no honest chat', async () => {
    const { one, contactId } = await hostile.chatWith(hostile.anna, 'line 0');
    const pid = hostile.pid();
    const dice = seeded(7);
    const tokens = await Promise.all(Array.from({ length: 20 }, session));
    const value = (): unknown =>
      dice.next() < 0.6 ? dice.of(nasty) : dice.of([0, -1, null, {}, [], 2 ** 60, true]);
    const frame = (): string | Buffer => {
      const roll = dice.next();
      if (roll < 0.3) return line(dice.of(nasty), `fuzz-${dice.below(1e6)}-aaaa`);
      if (roll < 0.4) return JSON.stringify({ type: 'ping', id: dice.below(1000) });
      if (roll < 0.5) return JSON.stringify({ type: 'typing' });
      if (roll < 0.9)
        return JSON.stringify({
          type: dice.of(['hello', 'line', 'typing', 'end', 'ping', dice.of(nasty)]),
          [dice.of(['token', 'clientId', 'text', 'after', 'id', 'attachmentIds', dice.of(nasty)])]: value(),
          ...(dice.next() < 0.3 && { text: value(), clientId: 'fuzz-0000-aaaa' }),
        });
      return Buffer.from(Array.from({ length: dice.below(50) }, () => dice.below(256)));
    };
    const atLeast = isWholeFuzz ? 5000 : 2000;
    let said = 0;
    const endAt = performance.now() + (isWholeFuzz ? 600_000 : 30_000);
    const codes = new Set<number>();
    const attack = async () => {
      while (said < 5000 && (said < atLeast || performance.now() < endAt)) {
        const frames = [hello(dice.of(tokens)), ...Array.from({ length: 1 + dice.below(25) }, frame)];
        said += frames.length;
        // The last is refused by all means, so that each socket ends.
        const { code } = await speak([...frames, Buffer.from([0])], undefined, {
          'x-forwarded-for': `10.2.${dice.below(250)}.1`,
        });
        codes.add(code);
      }
    };
    const honest = async () => {
      for (let i = 1; i <= 40; i++) {
        one.say(`line ${i}`);
        await one.untilKept();
        if (i % 10 === 0) await hostile.anna.say(contactId, `answer ${i}`);
      }
    };
    await Promise.all([honest(), ...Array.from({ length: 10 }, attack)]);
    expect(said).to.be.at.least(atLeast);
    expect([...codes]).to.have.members([1008]);
    const { messages } = await hostile.anna.thread(contactId);
    const expected = Array.from({ length: 41 }, (_, i) => [
      `line ${i}`,
      ...(i > 0 && i % 10 === 0 ? [`answer ${i}`] : []),
    ]);
    expect(messages.map(({ text }) => text)).to.deep.equal(expected.flat());
    await until('the customer reads all of it', () => one.texts().length === messages.length);
    expect(hostile.pid()).to.equal(pid);
    expect(hostile.faults()).to.deep.equal([]);
    expect(hostile.house.stack.logs('server')).to.not.contain('could not be carried out');
  });

  it('of a desk are closed when they say anything, and open with a ticket only, once', async () => {
    const { url } = await hostile.boris.client.must<{ url: string }>('POST', '/api/desk/ticket', {});
    const base = hostile.house.stack.httpUrl.replace('http', 'ws');
    const dial = (path: string, said: string | Buffer, origin = hostile.house.stack.httpUrl) =>
      new Promise<number>((resolve) => {
        const socket = new WebSocket(base + path, { origin });
        socket.on('open', () => socket.send(said));
        socket.on('unexpected-response', (_req, answer) => resolve(answer.statusCode ?? 0));
        socket.on('close', (code) => resolve(code));
        socket.on('error', () => undefined);
      });
    expect(await dial(url, '{}', 'https://evil.example')).to.equal(403);
    const fresh = async () =>
      (await hostile.boris.client.must<{ url: string }>('POST', '/api/desk/ticket', {})).url;
    for (const said of ['{}', '\0', Buffer.from([0]), '['.repeat(500)])
      expect(await dial(await fresh(), said)).to.equal(1008);
    expect(await dial(await fresh(), 'x'.repeat(10_000))).to.equal(1009);
    const once = await fresh();
    expect(await dial(once, '{}')).to.equal(1008);
    expect(await dial(once, '{}')).to.equal(403);
    expect(await dial((await fresh()).replace('/ws/desk', '/ws/floor'), '{}')).to.equal(403);
    for (const path of [
      '/ws/desk',
      '/ws/desk?ticket=',
      '/ws/desk?ticket=%00',
      `/ws/desk?ticket=${'x'.repeat(5000)}`,
    ])
      expect(await dial(path, '{}')).to.equal(403);
  });
});
