/** Answers over a relay that works, refuses, hangs or drops: what comes of each. */
import { createServer, type AddressInfo } from 'node:net';
import { createServer as createHttpServer } from 'node:http';
import { expect } from 'chai';
import type { OutgoingMessage, SendResult } from '../../../server/app/text/channel.ts';
import { createMailChannel, type MailChannel } from '../../../server/channels/mail/mail-channel.ts';
import { senderTimes, type SenderTimes } from '../../../server/channels/mail/mail-sender.ts';
import type { RawMailStore } from '../../../server/channels/mail/raw-mail.ts';
import { createClock } from '../../../server/lib/clock.ts';
import { DeskStandIn } from '../../support/desk-stand-in.ts';
import { nobodyBlocked } from '../../support/nobody-blocked.ts';
import { startSmtpSink, type SinkOptions, type SmtpSink } from '../../support/smtp-sink.ts';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.ts';
import { makeTestCertificate, type TestCertificate } from '../../support/test-certificate.ts';
import { until } from '../../support/until.ts';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { logger, siteWith, tokenKey } from './mail-setup.ts';

/** Nothing comes in here. */
const noStore: RawMailStore = {
  keep: () => Promise.reject(new Error('nothing is kept here')),
  unread: () => Promise.resolve([]),
  content: () => Promise.reject(new Error('nothing is kept here')),
  settle: () => Promise.resolve(),
  folderMark: () => Promise.resolve(undefined),
  markFolder: () => Promise.resolve(),
  counts: () => Promise.resolve({ unread: 0, quarantined: {} }),
};

const outgoing = (more: Partial<OutgoingMessage> = {}): OutgoingMessage => ({
  messageId: 'm_01JD1111111111111111111111',
  threadId: 't_01JD0000000000000000000000',
  channelId: 'mail',
  endpointId: 'help',
  to: { address: 'anna@customer.example', name: 'Anna' },
  agentName: 'Marta',
  language: 'en',
  subject: 'Your card',
  text: 'It is on its way.',
  files: [],
  references: [],
  ...more,
});

describe('sending mail', function () {
  this.timeout(20_000);
  let dir: string;
  let certificate: TestCertificate;
  let sink: SmtpSink | undefined;
  let channel: MailChannel | undefined;
  const desk = new DeskStandIn();

  before(() => {
    dir = makeTempDir();
    mkdirSync(join(dir, 'secrets'));
    certificate = makeTestCertificate(dir);
    secret('bank-ca.pem', certificate.certificate);
    secret('relay', 'right\n');
  });
  after(() => removeTempDir(dir));
  afterEach(async () => {
    await channel?.close();
    await sink?.close();
    channel = undefined;
    sink = undefined;
  });

  function secret(name: string, content: string | Buffer): void {
    writeFileSync(join(dir, 'secrets', name), content, { mode: 0o600 });
  }

  const siteFor = (port: number, smarthost: object = {}) =>
    siteWith({
      listener: { port: 1, bind: '203.0.113.1', allow: ['127.0.0.1'] },
      smarthost: { host: 'localhost', port, tls: 'none', ...smarthost },
      mailboxes: [{ id: 'help', name: 'Help', address: 'help@bank.example', queue: 'main' }],
    });

  async function open(smarthost: object = {}, options: SinkOptions = {}, sender: Partial<SenderTimes> = {}) {
    sink ??= await startSmtpSink(options);
    channel = createMailChannel({
      desk,
      store: noStore,
      senders: nobodyBlocked,
      dataDir: dir,
      tokenKeys: [tokenKey],
      clock: createClock(),
      logger,
      times: { sender: { firstMs: 50, longestMs: 200, connectMs: 10_000, ...sender } },
    });
    await channel.apply(siteFor(sink.port, smarthost));
    return channel;
  }
  const detailOf = (one: MailChannel): string => {
    const health = one.health();
    return 'detail' in health ? health.detail : health.state;
  };
  const faultOf = (result: SendResult): string => ('fault' in result ? result.fault : '');
  const send = (mail: MailChannel, what: OutgoingMessage, signal = new AbortController().signal) =>
    mail.send(what, signal);

  it('hands an answer to the relay, and says under which id', async () => {
    const { sha256 } = await desk.keepFile({
      name: 'a.txt',
      mime: 'text/plain',
      content: Buffer.from('file'),
    });
    const files = [{ attachmentId: 'f_1', name: 'a.txt', mime: 'text/plain', bytes: 4, sha256 }];
    const mail = await open();
    expect(await send(mail, outgoing({ files }))).to.deep.equal({
      outcome: 'sent',
      externalId: 'm_01JD1111111111111111111111@bank.example',
    });
    expect(sink!.mails[0]).to.include({ from: 'help@bank.example', isTls: false });
    expect(sink!.mails[0]!.to).to.deep.equal(['anna@customer.example']);
    expect(sink!.mails[0]!.content)
      .to.match(/^Subject: Your card \[#HL-t-/m)
      .and.match(/filename=a\.txt/);
    expect(mail.health().state).to.not.equal('off');
  });

  it('sends many over few connections', async () => {
    const mail = await open();
    const results = await Promise.all(
      Array.from({ length: 40 }, (_, n) => send(mail, outgoing({ messageId: `m_${n}` }))),
    );
    expect(results.every(({ outcome }) => outcome === 'sent')).to.equal(true);
    expect(new Set(sink!.mails.map(({ content }) => /^Message-ID: (.*)$/m.exec(content)?.[1])).size).to.equal(
      40,
    );
    expect(sink!.connections).to.be.at.most(6);
  });

  it('tells what is refused for now from what is refused for good', async () => {
    const mail = await open();
    for (const [code, at, outcome] of [
      [450, 'rcpt', 'later'],
      [451, 'data', 'later'],
      [421, 'data', 'later'],
      [550, 'rcpt', 'failed'],
      [554, 'data', 'failed'],
      [552, 'data', 'failed'],
    ] as const) {
      sink!.fault = { at, code, text: `5.1.1 <anna@customer.example>\nnot here` };
      const result = await send(mail, outgoing());
      expect(result.outcome, `${code} to ${at}`).to.equal(outcome);
      expect(faultOf(result)).to.match(new RegExp(`^${code} .*not here$`));
    }
    sink!.fault = undefined;
    expect((await send(mail, outgoing())).outcome).to.equal('sent');
  });

  it('tries later, with the same id, when the connection drops or the relay hangs after the mail', async () => {
    const mail = await open({}, {}, { silentMs: 2000, mailMs: 10_000 });
    for (const does of ['drop', 'hang'] as const) {
      sink!.fault = { at: 'after-data', does };
      expect((await send(mail, outgoing())).outcome, does).to.equal('later');
    }
    sink!.fault = undefined;
    expect((await send(mail, outgoing())).outcome).to.equal('sent');
    const ids = sink!.mails.map(({ content }) => /^Message-ID: (.*)$/m.exec(content)?.[1]?.trim());
    expect(ids).to.deep.equal(Array(3).fill('<m_01JD1111111111111111111111@bank.example>'));
  });

  it('waits for a relay as long as one may think, and the desk waits as long as it does', async () => {
    const mail = await open();
    // RFC 5321 §4.5.3.2.6: ten minutes from the dot to the answer.
    expect(senderTimes.silentMs).to.be.above(600_000);
    expect(senderTimes.mailMs).to.be.above(senderTimes.silentMs);
    expect(mail.capabilities.sending?.boundMs).to.be.above(senderTimes.mailMs);
  });

  it('closes the connection when nobody waits for the answer any more', async () => {
    const mail = await open({}, {}, { silentMs: 15_000, mailMs: 15_000 });
    sink!.fault = { at: 'after-data', does: 'hang' };
    const over = new AbortController();
    const sending = send(mail, outgoing(), over.signal);
    await until('the relay has it', () => sink!.mails.length === 1);
    await until('the look at the relay is over', () => sink!.open === 1);
    over.abort();
    expect((await sending).outcome).to.equal('later');
    await until('the connection is closed', () => sink!.open === 0);
  });

  it('gives up on a relay that answers a word at a time', async () => {
    const server = createServer((socket) => {
      const drip = setInterval(() => socket.write('220-wait\r\n'), 50);
      socket.on('close', () => clearInterval(drip)).on('error', () => undefined);
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const mail = await open({}, {}, { silentMs: 5000, connectMs: 5000, mailMs: 400 });
    await mail.apply(siteFor((server.address() as AddressInfo).port));
    expect((await send(mail, outgoing())).outcome).to.equal('later');
    await mail.close();
    server.close();
  });

  it('is down while there is no relay, and up when it is there again', async () => {
    const mail = await open();
    const { port } = sink!;
    await sink!.close();
    await mail.apply(siteFor(port, { ca: 'bank-ca.pem' }));
    await until(
      'it is down',
      () =>
        detailOf(mail).includes('relay: localhost takes no mails (ESOCKET)') ||
        detailOf(mail).includes('relay: localhost takes no mails (ECONNREFUSED)'),
    );
    expect((await send(mail, outgoing())).outcome).to.equal('later');
    sink = await startSmtpSink({ port });
    await until('it is up', () => !detailOf(mail).includes('relay'));
    expect((await send(mail, outgoing())).outcome).to.equal('sent');
  });

  it('signs in over STARTTLS, demands it, and demands a certificate that holds', async () => {
    const signIn = { tls: 'starttls', auth: { user: 'hearthline', secret: 'relay' } };
    const tls = { cert: certificate.certificate, key: certificate.key };
    const mail = await open({ ...signIn, ca: 'bank-ca.pem' }, { tls, users: { hearthline: 'right' } });
    expect((await send(mail, outgoing())).outcome).to.equal('sent');
    expect(sink!.mails[0]).to.include({ isTls: true, user: 'hearthline' });
    await mail.apply(siteFor(sink!.port, signIn));
    await until('it is down', () => detailOf(mail).includes('relay: localhost'));
    expect((await send(mail, outgoing())).outcome).to.equal('later');
    await sink!.close();
    sink = await startSmtpSink({ users: { hearthline: 'right' } });
    await mail.apply(siteFor(sink.port, { ...signIn, ca: 'bank-ca.pem' }));
    await until('it is down', () => detailOf(mail).includes('relay: localhost offers no TLS that holds'));
    expect((await send(mail, outgoing())).outcome).to.equal('later');
    expect(sink.signIns).to.equal(0);
  });

  it('tries a wrong password once, whatever is to be sent', async () => {
    secret('relay-wrong', 'wrong');
    const mail = await open(
      { auth: { user: 'hearthline', secret: 'relay-wrong' } },
      { users: { hearthline: 'right' } },
      { refusedMs: 60_000 },
    );
    await until('it is down', () =>
      detailOf(mail).includes('relay: localhost refuses the user or the password'),
    );
    for (let n = 0; n < 10; n += 1) {
      const result = await send(mail, outgoing());
      expect(result.outcome).to.equal('later');
      expect(faultOf(result)).to.contain('refuses the user or the password');
    }
    expect(sink!.signIns).to.equal(1);
    await mail.apply(siteFor(sink!.port, { auth: { user: 'hearthline', secret: 'relay' } }));
    expect((await send(mail, outgoing())).outcome).to.equal('sent');
  });

  it('signs in with a token, and asks for another when that one is refused', async () => {
    let asked = 0;
    const tokens = createHttpServer((_request, response) => {
      asked += 1;
      response.end(JSON.stringify({ access_token: `token-${asked}`, expires_in: 3600 }));
    });
    await new Promise<void>((done) => tokens.listen(0, '127.0.0.1', done));
    const tokenUrl = `http://127.0.0.1:${(tokens.address() as AddressInfo).port}/token`;
    const auth = { user: 'hearthline', oauth2: { tokenUrl, clientId: 'id', clientSecret: 'relay' } };
    const mail = await open({ auth }, { users: { hearthline: 'token-2' } });
    await until('it was sent', async () => (await send(mail, outgoing())).outcome === 'sent');
    expect(sink!.mails[0]!.user).to.equal('hearthline');
    expect(asked).to.equal(2);
    await new Promise((done) => tokens.close(done));
  });

  it('says what can never be sent, and waits where nothing is set up', async () => {
    const mail = await open();
    expect((await send(mail, outgoing({ endpointId: 'gone' }))).outcome).to.equal('failed');
    expect((await send(mail, outgoing({ to: { address: 'nobody' } }))).outcome).to.equal('failed');
    const lost = { attachmentId: 'f', name: 'x', mime: 'text/plain', bytes: 1, sha256: 'lost' };
    expect((await send(mail, outgoing({ files: [lost] }))).outcome).to.equal('later');
    await mail.apply(siteWith(undefined));
    expect(await send(mail, outgoing())).to.deep.equal({ outcome: 'off' });
    await mail.apply(
      siteWith({ mailboxes: [{ id: 'help', name: 'H', address: 'h@b.example', queue: 'main' }] }),
    );
    expect(await send(mail, outgoing())).to.deep.equal({ outcome: 'off' });
    expect(sink!.mails).to.deep.equal([]);
  });
});
