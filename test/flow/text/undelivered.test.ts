/**
 * Answers that never arrive, on the real house: refused by the bank's relay or come back as a bounce (RFC 3464), while their
 * contact is open, closed, or the server is killed. Somebody hears of each, once.
 */
import { expect } from 'chai';
import { createTransport } from 'nodemailer';
import { House } from '../../support/house.ts';
import { freePort } from '../../support/free-port.ts';
import { startSmtpSink, type SmtpSink } from '../../support/smtp-sink.ts';
import { until } from '../../support/until.ts';
import { firstAdmin, webAgent, type WebAgent } from '../../support/web-client.ts';

const siteWith = (
  listener: number,
  relay: number,
) => `site: { name: Test, timeZone: Europe/Rome, language: en }
queues:
  - { id: mail, name: Mail, ringSec: 120, lastAgent: { withinHours: 24, waitSec: 600 } }
agents:
  - { id: '101', name: Anna, queues: [mail] }
  - { id: '102', name: Boris, queues: [mail] }
mail:
  listener: { port: ${listener}, allow: ['127.0.0.1'] }
  smarthost: { host: 127.0.0.1, port: ${relay}, tls: none }
  mailboxes:
    - { id: help, name: Help desk, address: help@bank.example, queue: mail }
`;
const customer = 'carla@example.org';

/** Every delivery of one has a line of its own, as servers write it. */
const bounceOf = (messageId: string, id: string): string =>
  [
    `Received: by relay.bank.example; ${performance.now()}`,
    'From: Mail System <MAILER-DAEMON@relay.bank.example>',
    'To: help@bank.example',
    'Subject: Undelivered Mail Returned to Sender',
    `Message-ID: <${id}@relay.bank.example>`,
    'Auto-Submitted: auto-replied',
    'MIME-Version: 1.0',
    'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'The mail did not get there.',
    '--b',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; relay.bank.example',
    '',
    `Final-Recipient: rfc822; ${customer}`,
    'Action: failed',
    'Status: 5.1.1',
    '',
    '--b',
    'Content-Type: text/rfc822-headers',
    '',
    `Message-ID: ${messageId}`,
    '',
    '--b--',
    '',
  ].join('\r\n');

describe('answers that do not arrive', function () {
  this.timeout(120_000);
  let house: House;
  let sink: SmtpSink;
  let anna: WebAgent;
  let boris: WebAgent;
  let port: number;
  let count = 0;

  before(async () => {
    sink = await startSmtpSink();
    port = await freePort();
    house = await House.open({}, { site: siteWith(port, sink.port) });
    const admin = await firstAdmin(house.stack.httpUrl, house.stack.setupSecret());
    anna = await webAgent(admin, '101');
    boris = await webAgent(admin, '102');
    await anna.watch();
    await boris.watch();
    await anna.goReady();
  });
  afterEach(async () => {
    sink.fault = undefined;
    await house.untilIdle();
  });
  after(async () => {
    anna?.leave();
    boris?.leave();
    await house?.close();
    await sink?.close();
  });

  const deliver = async (mail: object) => {
    const relay = createTransport({ host: '127.0.0.1', port, secure: false, ignoreTLS: true });
    try {
      await until('the listener takes mails', () =>
        relay.sendMail({ from: customer, to: 'help@bank.example', ...mail }).then(
          () => true,
          () => false,
        ),
      );
    } finally {
      relay.close();
    }
  };
  const deliverBounce = async (of: string, id: string) => {
    const kept = async () => (await house.rows('select 1 from raw_mails')).length;
    const before = await kept();
    await deliver({ envelope: { from: '', to: 'help@bank.example' }, raw: bounceOf(of, id) });
    await until('it is read', async () => {
      const unread = await house.rows("select 1 from raw_mails where state = 'unread'");
      return unread.length === 0 && (await kept()) > before;
    });
  };
  /** Anna takes a mail and answers it; the contact is on her desk still. */
  const answered = async (text: string) => {
    count += 1;
    await deliver({ subject: `Question ${count}`, text: 'When?', messageId: `<q${count}@example.org>` });
    const contactId = await anna.takeNext('mail');
    const { threadId } = await anna.thread(contactId);
    const sent = sink.mails.length;
    const { messageId } = await anna.say(contactId, text);
    const mailId = async () => {
      await until('the answer went out', () => sink.mails.length > sent);
      const isTold = () =>
        anna.messages.some((one) => one.messageId === messageId && one.delivery === 'sent');
      await until('that is written down', isTold);
      return /^Message-ID: (<[^>]+>)/im.exec(sink.mails.at(-1)!.content)?.[1] ?? '';
    };
    return { contactId, threadId, messageId, mailId };
  };
  const contactsOf = (threadId: string) =>
    house.rows<{ contact_id: string; is_open: boolean }>(
      'select contact_id, closed_at is null as is_open from text_contacts where thread_id = $1 order by created_at',
      [threadId],
    );
  const triedOnce = (messageId: string) =>
    until('it was tried', async () => {
      const [row] = await house.rows<{ attempts: number }>(
        'select attempts from messages where message_id = $1',
        [messageId],
      );
      return row?.attempts === 1;
    });

  it('refused for good after the contact was closed: its agent gets the thread again, and sees why', async () => {
    await boris.goReady();
    sink.fault = { at: 'rcpt', code: 451 };
    const { contactId, threadId, messageId } = await answered('On Monday.');
    await triedOnce(messageId);
    await anna.close(contactId);
    sink.fault = { at: 'rcpt', code: 550, text: 'no such user' };
    const next = await anna.takeNext('mail');
    expect(next).to.not.equal(contactId);
    const thread = await anna.thread(next);
    expect(thread.threadId).to.equal(threadId);
    expect(thread.contact).to.include({ preview: 'On Monday.', subject: `Question ${count}` });
    const failed = thread.messages.find((one) => one.messageId === messageId);
    expect(failed).to.include({ delivery: 'failed' });
    expect(failed?.fault).to.match(/550.*no such user/);
    expect(boris.desk?.offers).to.deep.equal([]);
    await anna.close(next);
    await house.untilIdle();
    expect(await contactsOf(threadId)).to.have.length(2);
    await boris.client.must('POST', '/api/desk/state', { to: 'not-ready', reason: 'break' });
  });

  it('come back as a bounce after the contact was closed: once, however many bounces say so', async () => {
    const { contactId, threadId, messageId, mailId } = await answered('On Tuesday.');
    const of = await mailId();
    await anna.close(contactId);
    await house.untilIdle();
    await deliverBounce(of, 'bounce-1');
    const next = await anna.takeNext('mail');
    const thread = await anna.thread(next);
    expect(thread.messages.find((one) => one.messageId === messageId)).to.include({
      delivery: 'failed',
      fault: 'the mail came back (5.1.1)',
    });
    const bounce = thread.messages.at(-1);
    expect(bounce).to.include({ kind: 'bounce', contactId: next });
    expect(thread.contact.unread).to.equal(1);
    await anna.close(next);
    await house.untilIdle();
    await deliverBounce(of, 'bounce-1');
    await deliverBounce(of, 'bounce-2');
    await until('that is written down', async () =>
      (await contactsOf(threadId)).every((one) => !one.is_open),
    );
    expect(await contactsOf(threadId)).to.have.length(2);
  });

  it('while a contact of the thread is open: told there at once, and no new one', async () => {
    const { contactId, threadId, messageId, mailId } = await answered('On Wednesday.');
    const of = await mailId();
    await anna.close(contactId);
    await deliver({ subject: 'Re', text: 'Thank you!', inReplyTo: of, references: [of] });
    const next = await anna.takeNext('mail');
    await deliverBounce(of, 'bounce-3');
    await until('the agent sees that it failed', () =>
      anna.messages.some((one) => one.messageId === messageId && one.delivery === 'failed'),
    );
    expect(await contactsOf(threadId)).to.have.length(2);
    await anna.close(next);
  });

  it('while the server is killed: one contact, whenever that is', async () => {
    sink.fault = { at: 'rcpt', code: 451 };
    const { contactId, threadId, messageId } = await answered('On Thursday.');
    await triedOnce(messageId);
    await anna.close(contactId);
    await house.untilIdle();
    await until('the contact is closed', async () => (await contactsOf(threadId))[0]?.is_open === false);
    sink.fault = { at: 'rcpt', code: 550 };
    // At the moment that the failure is on the disk, then once more.
    await until('it has failed', async () => (await contactsOf(threadId)).length > 1, 20_000);
    for (let kills = 0; kills < 2; kills += 1) {
      await house.stack.killProcess('server');
      await house.stack.waitReady();
    }
    await anna.watch();
    await anna.client.call('POST', '/api/desk/state', { to: 'ready' });
    const next = await anna.takeNext('mail');
    expect((await anna.thread(next)).threadId).to.equal(threadId);
    await anna.close(next);
    await house.untilIdle();
    await until('that is written down', async () =>
      (await contactsOf(threadId)).every((one) => !one.is_open),
    );
    expect(await contactsOf(threadId)).to.have.length(2);
  });

  it('a mail under the Message-ID of another one is shown for itself, a second copy is not', async () => {
    const head = (more: string) =>
      `${more}From: ${customer}\r\nTo: help@bank.example\r\nSubject: Order\r\nDate: Mon, 2 Nov 2026 10:00:00 +0100\r\nMessage-ID: <same@example.org>\r\nContent-Type: text/plain; charset=utf-8\r\n`;
    const envelope = { from: customer, to: 'help@bank.example' };
    const settled = (states: string[]) =>
      until(`mails are ${states.join(', ')}`, async () => {
        const rows = await house.rows<{ state: string }>(
          'select state from raw_mails order by seq desc limit $1',
          [states.length],
        );
        return (
          rows
            .map(({ state }) => state)
            .reverse()
            .join() === states.join()
        );
      });
    await deliver({ envelope, raw: `${head('')}\r\nTen boxes, please.\r\n` });
    await settled(['read']);
    const contactId = await anna.takeNext('mail');
    // The second copy came by a gateway, which noted that, and coded the body anew.
    await deliver({
      envelope,
      raw: `${head('Received: from gw by mx; Mon, 2 Nov 2026 10:00:05 +0100\r\n')}Content-Transfer-Encoding: base64\r\n\r\n${Buffer.from('Ten boxes, please.  \r\n').toString('base64')}\r\n`,
    });
    await settled(['read', 'duplicate']);
    for (const text of ['Twenty boxes, please.', 'Twenty boxes, please.'])
      await deliver({ envelope, raw: `${head(`X-Try: ${Math.random()}\r\n`)}\r\n${text}\r\n` });
    await settled(['read', 'duplicate', 'read', 'duplicate']);
    await until('it is shown', () => anna.messages.some((one) => one.isIdReused === true));
    const { messages } = await anna.thread(contactId);
    expect(messages.map(({ text, isIdReused }) => [text.trim(), isIdReused])).to.deep.equal([
      ['Ten boxes, please.', undefined],
      ['Twenty boxes, please.', true],
    ]);
    // Whoever else uses the id is a stranger to the thread.
    await deliver({
      envelope: { from: 'mallory@example.net', to: 'help@bank.example' },
      raw: `${head('').replace(customer, 'mallory@example.net')}\r\nNone at all.\r\n`,
    });
    const other = await anna.takeNext('mail');
    expect((await anna.thread(other)).messages.map(({ text }) => text.trim())).to.deep.equal([
      'None at all.',
    ]);
    expect((await anna.thread(contactId)).messages).to.have.length(2);
    // An answer names the id that the mail bears.
    const sent = sink.mails.length;
    await anna.say(contactId, 'Twenty it is.');
    await until('the answer went out', () => sink.mails.length > sent);
    expect(sink.mails.at(-1)!.content).to.match(/^In-Reply-To: <same@example\.org>/im);
    await anna.close(contactId);
    await anna.close(other);
  });
});
