/** Mails on the real house: in by SMTP from a relay, to an agent, the answer out by the bank's relay, the reply back into its thread. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { createTransport } from 'nodemailer';
import { ChatCustomer } from '../../support/chat-customer.ts';
import { House } from '../../support/house.ts';
import { freePort } from '../../support/free-port.ts';
import { startSmtpSink, type SmtpSink } from '../../support/smtp-sink.ts';
import { until } from '../../support/until.ts';
import { firstAdmin, webAgent, type WebAgent } from '../../support/web-client.ts';

const siteWith = (
  listener: number,
  smarthost: number,
) => `site: { name: Test Bank, timeZone: Europe/Rome, language: en }
queues:
  - { id: mail, name: Mail, maxWaitSec: 5 }
agents:
  - { id: '101', name: Anna, queues: [mail] }
mail:
  listener: { port: ${listener}, allow: ['127.0.0.1'] }
  smarthost: { host: 127.0.0.1, port: ${smarthost}, tls: none }
  mailboxes:
    - { id: help, name: Help desk, address: help@bank.example, queue: mail, signature: { en: Your bank } }
widgets:
  - { id: web, queue: mail, origins: ['https://www.bank.example'] }
forms:
  - { id: contact, queue: mail, mailbox: help, origins: ['https://www.bank.example'], consent: { version: v1, text: { en: You may write to me. } } }
`;

/** The doors for text open after the pages: history has to catch up and what was kept to be taken over, on a busy machine. */
const doorsOpenMs = 30_000;

describe('mails', function () {
  this.timeout(120_000);
  let house: House;
  let sink: SmtpSink;
  let anna: WebAgent;
  let port: number;
  const customer = 'carla@example.org';

  before(async () => {
    sink = await startSmtpSink();
    port = await freePort();
    house = await House.open({}, { site: siteWith(port, sink.port) });
    mkdirSync(join(house.stack.dataDir, 'secrets'), { recursive: true });
    const admin = await firstAdmin(house.stack.httpUrl, house.stack.setupSecret());
    anna = await webAgent(admin, '101');
    await anna.watch();
    await anna.goReady();
  });
  after(async () => {
    anna?.leave();
    await house?.close();
    await sink?.close();
  });

  const deliver = async (mail: object) => {
    const relay = createTransport({ host: '127.0.0.1', port, secure: false, ignoreTLS: true });
    try {
      await until(
        'the listener takes mails',
        () =>
          relay.sendMail({ from: `Carla Rossi <${customer}>`, to: 'help@bank.example', ...mail }).then(
            () => true,
            () => false,
          ),
        doorsOpenMs,
      );
    } finally {
      relay.close();
    }
  };

  it('come to an agent, whose answer goes out, and whose customer’s reply joins the thread', async () => {
    await deliver({
      subject: 'My card',
      text: 'I lost my card.',
      messageId: '<first@example.org>',
      attachments: [{ filename: 'scan.txt', content: 'a scan' }],
    });
    const contactId = await anna.takeNext('mail');
    const thread = await anna.thread(contactId);
    expect(thread.contact).to.deep.include({
      subject: 'My card',
      customer: { address: customer, name: 'Carla Rossi' },
    });
    const [first] = thread.messages;
    expect(first?.text.trim()).to.equal('I lost my card.');
    expect(first?.attachments.map(({ name }) => name)).to.deep.equal(['scan.txt']);
    const file = await anna.client.raw('GET', `/api/desk/attachments/${first!.attachments[0]!.attachmentId}`);
    expect(await file.text()).to.equal('a scan');
    expect(file.headers.get('content-disposition')).to.match(/^attachment/);
    const { messageId } = await anna.say(contactId, 'It is blocked.');
    await until('the answer went out', async () => sink.mails.length === 1);
    await until('the agent sees that', async () =>
      anna.messages.some((one) => one.messageId === messageId && one.delivery === 'sent'),
    );
    const raw = sink.mails[0]!.content;
    expect(raw).to.match(/^In-Reply-To: <first@example\.org>/im);
    expect(raw).to.contain('It is blocked.').and.contain('> I lost my card.').and.contain('Your bank');
    await anna.close(contactId);
    // The customer answers a week later, out of a program that knows the ids.
    const answerId = /^Message-ID: <([^>]+)>/im.exec(raw)?.[1];
    await deliver({
      subject: 'Re: My card',
      text: 'And a new one?',
      inReplyTo: `<${answerId}>`,
      references: [`<${answerId}>`],
    });
    const next = await anna.takeNext('mail');
    expect(next).to.not.equal(contactId);
    const again = await anna.thread(next);
    expect(again.threadId).to.equal(thread.threadId);
    expect(again.messages.map(({ text }) => text.trim())).to.deep.equal([
      'I lost my card.',
      'It is blocked.',
      'And a new one?',
    ]);
    await anna.close(next);
    await house.untilIdle();
  });

  it('never leave their queue by a message, however long they wait', async () => {
    await anna.client.must('POST', '/api/desk/state', { to: 'not-ready', reason: 'break' });
    await deliver({ subject: 'Patience', text: 'I can wait.' });
    await house.untilContacts('waiting', 1);
    await house.talkFor(6_000);
    expect(await house.contactsIn('waiting')).to.equal(1);
    await anna.client.must('POST', '/api/desk/state', { to: 'ready' });
    await anna.close(await anna.takeNext('mail'));
    await house.untilIdle();
  });

  it('take the transcript of a chat to the customer', async () => {
    const chat = new ChatCustomer(house.stack.publicUrl);
    try {
      expect((await chat.start()).status).to.equal(201);
      chat.connect();
      chat.say('Please write this down');
      await chat.untilKept();
      const before = sink.mails.length;
      const answer = await fetch(`${house.stack.publicUrl}/chat/transcript`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${chat.token}` },
        body: JSON.stringify({ email: 'dora@example.org' }),
      });
      expect(answer.status).to.equal(202);
      await until('the transcript went out', async () => sink.mails.length === before + 1);
      const mail = sink.mails.at(-1)!;
      expect(mail.to).to.deep.equal(['dora@example.org']);
      expect(mail.content).to.contain('Please write this down');
      await anna.close(await anna.takeNext('chat'));
      await house.untilIdle();
    } finally {
      chat.leave();
    }
  });

  it('and forms are there exactly once after kills at every step', async () => {
    const form = (clientId: string) =>
      fetch(`${house.stack.publicUrl}/forms/contact`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', origin: 'https://www.bank.example' },
        body: JSON.stringify({
          clientId,
          language: 'en',
          wants: 'mail',
          email: customer,
          text: `form ${clientId}`,
          consent: { version: 'v1' },
        }),
      }).then(
        (answer) => answer.status,
        () => 0,
      );
    await anna.client.must('POST', '/api/desk/state', { to: 'not-ready', reason: 'break' });
    const ids = ['form-aaaa', 'form-bbbb', 'form-cccc'];
    for (const id of ids) {
      const killed = house.stack.killProcess('server');
      const asked = form(id);
      await Promise.all([killed, asked]);
      await house.stack.waitReady();
      await until(`form ${id} is taken`, async () => (await form(id)) === 202, doorsOpenMs, 500);
      expect(await form(id)).to.equal(202);
    }
    await house.untilContacts('waiting', ids.length);
    const rows = await house.rows<{ text: string; version: string }>(
      "select m.text, c.version from messages m join consents c on c.thread_id = m.thread_id where m.text like 'form %' order by m.text",
    );
    expect(rows).to.deep.equal(ids.map((id) => ({ text: `form ${id}`, version: 'v1' })));
    await anna.watch();
    await anna.client.must('POST', '/api/desk/state', { to: 'ready' });
    for (const _id of ids) await anna.close(await anna.takeNext('mail'));
    await house.untilIdle();
  });
});
