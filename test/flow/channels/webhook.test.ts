/** Connectors over real HTTP, without a house behind: what comes of their answers, and what of the bodies they post. */
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect } from 'chai';
import express, { type NextFunction, type Request, type Response } from 'express';
import type { OutgoingMessage } from '../../../server/app/text/channel.ts';
import { UploadRoom } from '../../../server/channels/upload-room.ts';
import { sign, signatureHeader } from '../../../server/channels/webhook/signature.ts';
import { WebhookChannel } from '../../../server/channels/webhook/webhook-channel.ts';
import { inlineBytes } from '../../../server/channels/webhook/webhook-reader.ts';
import { siteSchema, type Site } from '../../../server/contract/site.ts';
import { isAppError } from '../../../server/lib/app-error.ts';
import { DeskStandIn } from '../../support/desk-stand-in.ts';
import { nobodyBlocked } from '../../support/nobody-blocked.ts';

const secret = 'a-secret-of-both-sides';
const outgoing: OutgoingMessage = {
  messageId: 'm_1',
  threadId: 't_1',
  channelId: 'webhook',
  endpointId: 'sms',
  to: { address: '+390612345' },
  language: 'en',
  text: 'it is blocked',
  files: [],
  references: [],
};

describe('webhook channel', function () {
  this.timeout(60_000);
  let desk: DeskStandIn;
  let channel: WebhookChannel;
  let site: Site;
  let door: Server;
  let connector: Server;
  /** What the connector answers; undefined: it hangs up. */
  let status: number | undefined;

  const portOf = (server: Server) => (server.address() as AddressInfo).port;
  const siteWith = (ids: string[]) =>
    siteSchema.parse({
      site: { name: 'Bank', timeZone: 'Europe/Rome', language: 'it' },
      queues: [{ id: 'main', name: 'main' }],
      webhooks: ids.map((id) => ({
        id,
        name: id,
        queue: 'main',
        work: 'chat',
        url: `http://127.0.0.1:${portOf(connector)}/answers`,
        secret: 'sms-secret',
      })),
    });

  before(async () => {
    connector = createServer((req, res) => {
      req.resume();
      if (status === undefined) req.socket.destroy();
      else res.writeHead(status, { location: '/elsewhere' }).end('{"id":"x-1"}');
    });
    connector.listen(0, '127.0.0.1');
    await once(connector, 'listening');
  });
  beforeEach(async () => {
    status = 200;
    desk = new DeskStandIn();
    site = siteWith(['sms', 'voip']);
    channel = new WebhookChannel({
      desk,
      senders: nobodyBlocked,
      site: () => site,
      secret: () => Promise.resolve(secret),
      room: new UploadRoom(100_000_000),
      now: () => Date.now(),
      logger: { warn: () => undefined },
    });
    await channel.apply(site);
    const app = express();
    app.use(channel.router());
    app.use((error: unknown, _req: Request, res: Response, _next: NextFunction) => {
      if (!isAppError(error)) throw error;
      res.status(error.status).json({ code: error.code, details: error.details });
    });
    door = createServer(app).listen(0, '127.0.0.1');
    await once(door, 'listening');
  });
  afterEach(async () => {
    await channel.close();
    door.closeAllConnections();
    await new Promise((done) => door.close(done));
  });
  after(() => {
    connector.closeAllConnections();
    connector.close();
  });

  const send = (endpointId = 'sms') =>
    channel.send({ ...outgoing, endpointId }, new AbortController().signal);
  const post = async (body: string, signature = sign(secret, Date.now(), body)) => {
    const answer = await fetch(`http://127.0.0.1:${portOf(door)}/hooks/sms/messages`, {
      method: 'POST',
      headers: { [signatureHeader]: signature },
      body,
    });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  };
  const messageOf = (more: object) =>
    JSON.stringify({ id: 'gw-1', from: { address: '+391' }, text: 'hi', ...more });

  it('keeps an answer that may be taken another time, whatever the connector says', async () => {
    for (const one of [301, 401, 403, 404, 405, 408, 409, 410, 425, 429, 500, 502, 503]) {
      status = one;
      expect(await send(), String(one)).to.deep.equal({
        outcome: 'later',
        fault: `the connector answers ${one}`,
      });
      expect(channel.health()).to.deep.include({
        state: 'degraded',
        detail: `sms: the connector answers ${one}`,
      });
    }
    status = undefined;
    expect((await send()).outcome).to.equal('later');
    expect(channel.health()).to.include({ state: 'degraded' });
    status = 403;
    await send('voip');
    const health = channel.health();
    expect('detail' in health && health.detail).to.match(
      /^sms: it cannot be reached \(\w+\); voip: the connector answers 403$/,
    );
    status = 200;
    expect(await send()).to.deep.equal({ outcome: 'sent', externalId: 'out:sms:x-1' });
    expect(await send('voip')).to.include({ outcome: 'sent' });
    expect(channel.health()).to.deep.equal({ state: 'up' });
  });

  it('gives up an answer only where this very message is refused', async () => {
    for (const one of [400, 413, 422]) {
      status = one;
      expect(await send()).to.deep.equal({ outcome: 'failed', fault: `the connector answers ${one}` });
      expect(channel.health()).to.deep.equal({ state: 'up' });
    }
    expect(await send('gone')).to.deep.equal({ outcome: 'off' });
  });

  it('refuses a message in which nothing is', async () => {
    for (const text of ['', ' \n\t', '\u0007\u0001'])
      expect(await post(messageOf({ text }))).to.deep.include({ status: 400 });
    expect(desk.messages).to.deep.equal([]);
    const files = [{ name: 'a.txt', mime: 'text/plain', base64: Buffer.from('a').toString('base64') }];
    expect((await post(messageOf({ text: '', files }))).status).to.equal(200);
    expect((await post(messageOf({ id: 'gw-2', text: 'words' }))).status).to.equal(200);
    expect(desk.messages.map(({ text, files: kept }) => [text, kept.length])).to.deep.equal([
      ['', 1],
      ['words', 0],
    ]);
  });

  it('never parses a large body on the event loop, and reads it the same', async () => {
    const parse = JSON.parse;
    let longest = 0;
    JSON.parse = (text, reviver) => {
      longest = Math.max(longest, String(text).length);
      return parse(text, reviver) as unknown;
    };
    try {
      const contents = [Buffer.alloc(8_000_000, 'scan'), Buffer.alloc(3_000_000, 7)];
      const files = contents.map((content, n) => ({
        name: `scan-${n}.bin`,
        mime: 'application/octet-stream',
        base64: content.toString('base64'),
      }));
      const large = messageOf({ text: 'see the scans', files });
      expect(large.length).to.be.within(14_000_000, 15_000_000);
      expect((await post(large)).status).to.equal(200);
      const kept = desk.messages[0]!.files.map(({ sha256 }) => Buffer.from(desk.files.get(sha256)!));
      expect(kept.map((one, n) => Buffer.compare(one, contents[n]!))).to.deep.equal([0, 0]);
      // What is wrong with it is told as of a small one, and a wrong signature before that.
      const empty = messageOf({ text: ' '.repeat(20_000), language: 'it', files: [] });
      const wide = `{"pad":"${'x'.repeat(2 * inlineBytes)}",${empty.slice(1)}`;
      expect((await post(wide)).body).to.deep.include({ code: 'bad-request' });
      expect((await post(`${wide}{`)).body).to.deep.include({ code: 'bad-request' });
      expect((await post(wide, sign('another', Date.now(), wide))).body).to.include({
        code: 'sign-in-required',
      });
    } finally {
      JSON.parse = parse;
    }
    expect(longest).to.be.within(1, inlineBytes);
    expect(desk.messages).to.have.length(1);
  });

  it('survives a body that is more than a thread may hold, and reads the next', async () => {
    const bomb = `{"id":"gw-3","text":"x","from":{"address":"a"},"files":[${'[],'.repeat(4_900_000)}[]]}`;
    const { status: refused } = await post(bomb);
    expect(refused).to.equal(400);
    const pad = messageOf({
      id: 'gw-4',
      files: [{ name: 'a', mime: 'a/b', base64: Buffer.alloc(200_000).toString('base64') }],
    });
    expect((await post(pad)).status).to.equal(200);
    expect(desk.messages.map(({ externalId }) => externalId)).to.deep.equal(['in:gw-4']);
  });
});
