/**
 * The sample of docs/channels.md, as it stands there, between a stand-in of an SMS gateway and the real house: what a third
 * party is promised by signed webhooks, kills included.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { freePort } from '../../support/free-port.ts';
import { sign, signatureHeader, toleranceSec } from '../../../server/channels/webhook/signature.ts';
import { House } from '../../support/house.ts';
import { until } from '../../support/until.ts';
import { firstAdmin, webAgent, type WebAgent } from '../../support/web-client.ts';

const sample = fileURLToPath(new URL('../../../docs/samples/sms-channel.mjs', import.meta.url));
const secret = 'a-secret-of-both-sides';
const gatewayKey = 'a-key-of-the-gateway';

const base = `site: { name: Test, timeZone: Europe/Rome, language: en }
queues:
  - { id: sms, name: SMS }
agents:
  - { id: '101', name: Anna, queues: [sms] }
widgets:
  - { id: web, queue: sms, origins: ['https://www.bank.example'] }
`;
const withHook = (port: number) => `${base}webhooks:
  - { id: sms, name: SMS, queue: sms, work: chat, url: 'http://127.0.0.1:${port}/answers', secret: sms-secret }
`;

interface SentSms {
  id: string;
  to: string;
  text: string;
}

/** Takes what is to be sent, with a status of the test's choice. */
async function startGateway(): Promise<{ url: string; sent: SentSms[]; status: number; server: Server }> {
  const gateway = { url: '', sent: [] as SentSms[], status: 200, server: createServer() };
  gateway.server.on('request', (req, res) => {
    let text = '';
    req.setEncoding('utf8').on('data', (part: string) => (text += part));
    req.on('end', () => {
      const isOurs = req.headers.authorization === `Bearer ${gatewayKey}`;
      if (isOurs && gateway.status === 200) gateway.sent.push(JSON.parse(text) as SentSms);
      res.writeHead(isOurs ? gateway.status : 401).end();
    });
  });
  gateway.server.listen(0, '127.0.0.1');
  await once(gateway.server, 'listening');
  gateway.url = `http://127.0.0.1:${(gateway.server.address() as AddressInfo).port}/send`;
  return gateway;
}

describe('a third party’s channel by signed webhooks', function () {
  this.timeout(90_000);
  let house: House;
  let gateway: Awaited<ReturnType<typeof startGateway>>;
  let anna: WebAgent;
  let port: number;
  let child: ChildProcess | undefined;

  const hook = () => `${house.stack.publicUrl}/hooks/sms`;

  const startSample = () => {
    child = spawn(process.execPath, [sample], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {
        HEARTHLINE_HOOK: hook(),
        HEARTHLINE_SECRET_FILE: join(house.stack.dataDir, 'secrets', 'sms-secret'),
        GATEWAY_URL: gateway.url,
        GATEWAY_KEY: gatewayKey,
        QUEUE_FILE: join(house.stack.dataDir, 'sms-queue.jsonl'),
        PORT: String(port),
      },
    });
  };
  const killSample = async () => {
    const gone = child && child.exitCode === null ? once(child, 'exit') : undefined;
    child?.kill('SIGKILL');
    await gone;
  };
  /** As the gateway does it: again until it is taken. */
  const sms = (id: string, text: string, from = '+390612345') =>
    until(`the sample takes ${id}`, () =>
      fetch(`http://127.0.0.1:${port}/sms`, {
        method: 'POST',
        headers: { authorization: `Bearer ${gatewayKey}` },
        body: JSON.stringify({ id, from, text }),
      }).then(
        ({ status }) => status === 200,
        () => false,
      ),
    );
  const untilSampleIdle = () =>
    until(
      'the sample has passed everything on',
      async () => {
        const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined);
        return ((await answer?.json()) as { waiting: number } | undefined)?.waiting === 0;
      },
      30_000,
    );
  const textsIn = (like: string) =>
    house
      .rows<{ text: string }>('select text from messages where text like $1 order by thread_id, seq', [like])
      .then((rows) => rows.map(({ text }) => text));

  before(async () => {
    gateway = await startGateway();
    port = await freePort();
    house = await House.open({}, { site: base });
    const secrets = join(house.stack.dataDir, 'secrets');
    mkdirSync(secrets, { recursive: true });
    writeFileSync(join(secrets, 'sms-secret'), `${secret}\n`, { mode: 0o600 });
    await house.stack.importSite(withHook(port));
    const admin = await firstAdmin(house.stack.httpUrl, house.stack.setupSecret());
    anna = await webAgent(admin, '101');
    await anna.watch();
    await anna.goReady();
    startSample();
  });
  after(async () => {
    anna?.leave();
    await killSample();
    await house?.close();
    gateway?.server.close();
  });

  it('makes an SMS a contact of the live figures, and its answer an SMS', async () => {
    await anna.client.must('POST', '/api/desk/state', { to: 'not-ready', reason: 'break' });
    await sms('sms-1', 'my card is lost');
    await house.untilContacts('waiting', 1);
    await anna.client.must('POST', '/api/desk/state', { to: 'ready' });
    await house.untilContacts('offered', 1);
    const contactId = await anna.takeNext('chat');
    await house.untilContacts('connected', 1);
    const { contact, messages } = await anna.thread(contactId);
    expect(contact).to.deep.include({ via: 'webhook:sms', customer: { address: '+390612345' } });
    expect(messages.map(({ text }) => text)).to.deep.equal(['my card is lost']);
    const { messageId } = await anna.say(contactId, 'it is blocked');
    await until('the gateway sends the answer', () => gateway.sent.length === 1);
    expect(gateway.sent[0]).to.deep.equal({ id: messageId, to: '+390612345', text: 'it is blocked' });
    await until('the agent sees that it arrived', () =>
      anna.messages.some((one) => one.messageId === messageId && one.delivery === 'delivered'),
    );
    await anna.close(contactId);
    await house.untilIdle();
    expect(await house.lastContact()).to.include({ outcome: 'answered', agentId: '101' });
  });

  it('tells the agent of an answer that the gateway refuses', async () => {
    await sms('sms-2', 'and a second question');
    const contactId = await anna.takeNext('chat');
    gateway.status = 422;
    const { messageId } = await anna.say(contactId, 'not for a telephone');
    await until('the agent sees that it failed', () =>
      anna.messages.some((one) => one.messageId === messageId && one.delivery === 'failed'),
    );
    gateway.status = 200;
    expect(
      anna.messages.find((one) => one.messageId === messageId && one.delivery === 'failed')?.fault,
    ).to.equal('the gateway answers 422');
    await anna.close(contactId);
    await house.untilIdle();
  });

  it('counts an SMS once, however often it is brought', async () => {
    await sms('sms-3', 'once only');
    await untilSampleIdle();
    await sms('sms-3', 'once only');
    await untilSampleIdle();
    // Past the sample as well, whose queue would have known it.
    const body = JSON.stringify({ id: 'sms-3', from: { address: '+390612345' }, text: 'once only' });
    const again = await fetch(`${hook()}/messages`, {
      method: 'POST',
      headers: { [signatureHeader]: sign(secret, Date.now(), body) },
      body,
    });
    expect(await again.json()).to.include({ isDuplicate: true });
    expect(await textsIn('once%')).to.deep.equal(['once only']);
    await anna.close(await anna.takeNext('chat'));
    await house.untilIdle();
  });

  it('takes no message for another whose answer has the same id', async () => {
    const [row] = await house.rows<{ id: string }>(
      "select message_id as id from messages where author = 'agent' and delivery = 'delivered' limit 1",
    );
    const body = JSON.stringify({ id: row!.id, from: { address: '+399' }, text: 'same id, other message' });
    const answer = await fetch(`${hook()}/messages`, {
      method: 'POST',
      headers: { [signatureHeader]: sign(secret, Date.now(), body) },
      body,
    });
    expect(await answer.json()).to.include({ isDuplicate: false });
    await anna.close(await anna.takeNext('chat'));
    await house.untilIdle();
  });

  it('refuses alike what is unsigned, wrongly signed, too old or of an unknown connector', async () => {
    const body = JSON.stringify({ id: 'forged', from: { address: '+391' }, text: 'forged' });
    const post = async (id: string, signature?: string) => {
      const answer = await fetch(`${house.stack.publicUrl}/hooks/${id}/messages`, {
        method: 'POST',
        headers: signature === undefined ? {} : { [signatureHeader]: signature },
        body,
      });
      return { status: answer.status, text: await answer.text() };
    };
    const now = Date.now();
    const answers = [
      await post('sms'),
      await post('sms', sign('another-secret', now, body)),
      await post('sms', sign(secret, now, `${body} `)),
      await post('sms', sign(secret, now - (toleranceSec + 5) * 1000, body)),
      await post('sms', sign(secret, now + (toleranceSec + 5) * 1000, body)),
      await post('nobody', sign(secret, now, body)),
    ];
    expect(answers[0]).to.include({ status: 401 });
    expect(new Set(answers.map((one) => JSON.stringify(one))).size).to.equal(1);
    expect(await textsIn('forged')).to.deep.equal([]);
    const unknown = JSON.stringify({ id: 'nothing-is-called-that', state: 'delivered' });
    const delivery = await fetch(`${hook()}/deliveries`, {
      method: 'POST',
      headers: { [signatureHeader]: sign(secret, Date.now(), unknown) },
      body: unknown,
    });
    expect(delivery.status).to.equal(404);
  });

  it('loses and doubles nothing when sample and server are killed between two SMS', async () => {
    await anna.client.must('POST', '/api/desk/state', { to: 'not-ready', reason: 'break' });
    // Nobody is there to pass it on to, and then not the sample either.
    const killed = house.stack.killProcess('server');
    await sms('sms-5', 'kill 1');
    await killed;
    await killSample();
    startSample();
    // The gateway never knew whether its first one was taken.
    await sms('sms-5', 'kill 1');
    await sms('sms-6', 'kill 2');
    await house.stack.waitReady();
    await until('both are there', async () => (await textsIn('kill %')).length >= 2, 30_000);
    await untilSampleIdle();
    await killSample();
    startSample();
    await sms('sms-6', 'kill 2');
    await sms('sms-7', 'kill 3');
    await untilSampleIdle();
    expect(await textsIn('kill %')).to.deep.equal(['kill 1', 'kill 2', 'kill 3']);
    expect(readFileSync(sample, 'utf8').split('\n').length).to.be.below(200);
    await anna.watch();
    // Ready still, or made Not Ready by an offer that came while nobody watched.
    await anna.client.call('POST', '/api/desk/state', { to: 'ready' });
    const contactId = await anna.takeNext('chat');
    const { messages } = await anna.thread(contactId);
    expect(messages.slice(-3).map(({ text }) => text)).to.deep.equal(['kill 1', 'kill 2', 'kill 3']);
    // An answer on its way through a sample that is gone comes when it is back, once.
    const before = gateway.sent.length;
    await killSample();
    await anna.say(contactId, 'after the kill');
    startSample();
    await until('the answer is sent', () => gateway.sent.length > before, 30_000);
    await untilSampleIdle();
    expect(gateway.sent.slice(before).map(({ text }) => text)).to.deep.equal(['after the kill']);
    await anna.close(contactId);
    await house.untilIdle();
  });

  it('is refused when it is switched off, and health says so', async () => {
    const health = async () =>
      JSON.parse(await house.stack.adminText('/healthz')) as { parts: Record<string, { detail: string }> };
    const { parts } = await health();
    expect(parts['channel-webhook']?.detail).to.equal('up');
    expect(parts['channel-public-port']?.detail).to.equal('up');
    await house.stack.importSite(base);
    // Parts that are off are not told of.
    await until('it is off', async () => (await health()).parts['channel-webhook'] === undefined);
    const body = JSON.stringify({ id: 'late', from: { address: '+391' }, text: 'late' });
    const answer = await fetch(`${hook()}/messages`, {
      method: 'POST',
      headers: { [signatureHeader]: sign(secret, Date.now(), body) },
      body,
    });
    expect(answer.status).to.equal(401);
    expect(await textsIn('late')).to.deep.equal([]);
    await house.stack.importSite(base.replace(/widgets:[\s\S]*/, ''));
    await until('the door is shut', () =>
      fetch(`${house.stack.publicUrl}/chat/widget.js`).then(
        () => false,
        () => true,
      ),
    );
    expect((await health()).parts).not.to.have.property('channel-public-port');
  });
});
