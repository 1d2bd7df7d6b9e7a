/** The listener by SMTP: who may deliver what, and that nothing is acknowledged that is not kept. */
import { expect } from 'chai';
import { createTransport } from 'nodemailer';
import {
  deliveryKey,
  listenerLimits,
  startMailListener,
  type ListenerLimits,
  type ListenerSettings,
  type MailListener,
} from '../../../server/channels/mail/mail-listener.ts';
import type { NewRawMail } from '../../../server/channels/mail/raw-mail.ts';
import { createLogger } from '../../../server/lib/log.ts';
import { makeTempDir, removeTempDir } from '../../support/temp-dir.ts';
import { makeTestCertificate, type TestCertificate } from '../../support/test-certificate.ts';
import { until } from '../../support/until.ts';
import { SmtpDialogue } from './smtp-dialogue.ts';

const plain = 'From: anna@customer.example\r\nTo: help@bank.example\r\nSubject: hello\r\n\r\nA card.\r\n';

describe('mail listener', function () {
  this.timeout(20_000);
  let dir: string;
  let certificate: TestCertificate;
  let listener: MailListener | undefined;
  let dialogues: SmtpDialogue[] = [];
  let kept: NewRawMail[] = [];
  let keep: (raw: NewRawMail) => Promise<unknown>;
  let nowMs = 1_000_000;

  before(() => {
    dir = makeTempDir();
    certificate = makeTestCertificate(dir);
  });
  after(() => removeTempDir(dir));
  beforeEach(() => {
    kept = [];
    keep = (raw) => Promise.resolve(void kept.push(raw));
  });
  afterEach(async () => {
    await Promise.all(dialogues.map((one) => one.end()));
    dialogues = [];
    await listener?.close(10);
    listener = undefined;
  });

  async function start(settings: Partial<ListenerSettings> = {}, limits: Partial<ListenerLimits> = {}) {
    listener = await startMailListener(
      { port: 0, bind: '127.0.0.1', allow: ['127.0.0.1/32'], maxBytes: 100_000, ...settings },
      {
        keep: (raw) => keep(raw),
        mailboxOf: (address) =>
          ({ 'help@bank.example': 'help', 'help+x@bank.example': 'help', 'loans@bank.example': 'loans' })[
            address.toLowerCase()
          ],
        now: () => nowMs,
        monotonicMs: () => nowMs,
        logger: createLogger('test', 'silent'),
      },
      { ...listenerLimits, ...limits },
    );
    return listener.port;
  }

  async function dialogue(port: number, localAddress?: string) {
    const { smtp, greeting } = await SmtpDialogue.open(port, localAddress);
    dialogues.push(smtp);
    return { smtp, greeting };
  }

  it('says 250 only when the mail is committed, and 451 when it is not', async () => {
    let commit: () => void = () => undefined;
    let fail = false;
    keep = (raw) => {
      if (fail) return Promise.reject(new Error('no database'));
      kept.push(raw);
      return new Promise<void>((done) => {
        commit = done;
      });
    };
    const { smtp } = await dialogue(await start());
    await smtp.envelope(['help@bank.example']);
    smtp.write(`${plain}.\r\n`);
    await until('the store has the mail', () => kept.length === 1);
    // A whole turn of another dialogue: the answer would have come by then.
    const other = await dialogue(listener!.port);
    expect(await other.smtp.say('EHLO second')).to.match(/^250/);
    expect(smtp.rest()).to.equal('');
    commit();
    expect(await smtp.reply()).to.match(/^250/);
    const [{ mailboxId, source, envelopeFrom, envelopeTo, content }] = kept as [NewRawMail];
    expect({ mailboxId, source, envelopeFrom, envelopeTo }).to.deep.equal({
      mailboxId: 'help',
      source: 'smtp',
      envelopeFrom: 'anna@customer.example',
      envelopeTo: ['help@bank.example'],
    });
    expect(Buffer.from(content).toString()).to.equal(plain);
    fail = true;
    await smtp.envelope(['help@bank.example']);
    expect(await smtp.say(`${plain}.`)).to.match(/^451/);
  });

  it('gives a repeated delivery the same key, in whatever order its recipients come', async () => {
    const content = Buffer.from(plain);
    const key = await deliveryKey(content, 'a@b', ['x@y', 'Z@y']);
    expect(await deliveryKey(content, 'a@b', ['z@y', 'x@y'])).to.equal(key);
    expect(await deliveryKey(content, 'a@b', ['x@y'])).to.not.equal(key);
    expect(await deliveryKey(content, 'c@b', ['x@y', 'z@y'])).to.not.equal(key);
    expect(await deliveryKey(Buffer.from(`${plain} `), 'a@b', ['x@y', 'z@y'])).to.not.equal(key);
  });

  it('takes the null path of reports and mails for several mailboxes', async () => {
    const { smtp } = await dialogue(await start());
    await smtp.envelope(['LOANS@bank.example', 'help+x@bank.example'], '');
    expect(await smtp.say(`${plain}.`)).to.match(/^250/);
    expect(kept[0]).to.include({ mailboxId: 'loans', envelopeFrom: '' });
  });

  it('refuses what is for no mailbox of ours, and relays nothing', async () => {
    const { smtp } = await dialogue(await start());
    await smtp.say('EHLO relay');
    await smtp.say('MAIL FROM:<anna@customer.example>');
    expect(await smtp.say('RCPT TO:<nobody@bank.example>')).to.match(/^550/);
    expect(await smtp.say('RCPT TO:<someone@elsewhere.example>')).to.match(/^550/);
    expect(await smtp.say('RCPT TO:<"help@bank.example"@elsewhere.example>')).to.match(/^5/);
    expect(await smtp.say('RCPT TO:<@bank.example:someone@elsewhere.example>')).to.match(/^550/);
    expect(await smtp.say('DATA')).to.match(/^503/);
  });

  it('offers neither AUTH nor the commands of old', async () => {
    const { smtp } = await dialogue(await start());
    const features = await smtp.say('EHLO relay');
    expect(features).to.not.match(/AUTH|STARTTLS|XCLIENT/);
    expect(features).to.match(/SIZE 100000/);
    for (const command of ['AUTH PLAIN AGEAYg==', 'STARTTLS', 'WIZ x', 'XCLIENT ADDR=1.2.3.4'])
      expect(await smtp.say(command)).to.match(/^5/);
  });

  it('refuses peers that are not on the list', async () => {
    const port = await start({ allow: ['127.0.0.2', '10.0.0.0/8'] });
    const { greeting } = await dialogue(port);
    expect(greeting).to.match(/^554/);
    expect((await dialogue(port, '127.0.0.2')).greeting).to.match(/^220/);
  });

  it('refuses a mail that says it is too large, and one that turns out to be, with 552', async () => {
    const { smtp } = await dialogue(await start());
    await smtp.say('EHLO relay');
    expect(await smtp.say('MAIL FROM:<anna@customer.example> SIZE=100001')).to.match(/^552/);
    await smtp.envelope(['help@bank.example']);
    smtp.write(`${plain}${`${'x'.repeat(98)}\r\n`.repeat(1100)}.\r\n`);
    expect(await smtp.reply()).to.match(/^552/);
    expect(kept).to.deep.equal([]);
    // The connection is good for the next one.
    await smtp.envelope(['help@bank.example']);
    expect(await smtp.say(`${plain}.`)).to.match(/^250/);
  });

  it('does not read on without an end', async () => {
    const { smtp } = await dialogue(await start());
    await smtp.envelope(['help@bank.example']);
    const line = `${'x'.repeat(998)}\r\n`.repeat(50);
    const pump = () => {
      if (!smtp.isClosed && smtp.socket.writable) smtp.socket.write(line, () => setImmediate(pump));
    };
    pump();
    await until('the listener ends it', () => smtp.isClosed);
    expect(smtp.rest()).to.match(/^552/);
    expect(kept).to.deep.equal([]);
  });

  it('keeps less in memory than the relays send, and asks for the rest later', async () => {
    const port = await start({}, { bytesInFlight: 150_000 });
    const [{ smtp: first }, { smtp: second }] = [await dialogue(port), await dialogue(port)];
    const body = `${'x'.repeat(998)}\r\n`.repeat(80);
    for (const smtp of [first, second]) await smtp.envelope(['help@bank.example']);
    let commit: () => void = () => undefined;
    keep = (raw) => {
      kept.push(raw);
      return new Promise<void>((done) => {
        commit = done;
      });
    };
    first.write(`${body}.\r\n`);
    await until('the first is at the store', () => kept.length === 1);
    second.write(`${body}.\r\n`);
    expect(await second.reply()).to.match(/^452/);
    keep = (raw) => Promise.resolve(void kept.push(raw));
    commit();
    expect(await first.reply()).to.match(/^250/);
    // And is free again afterwards.
    await second.envelope(['help@bank.example']);
    second.write(`${body}.\r\n`);
    expect(await second.reply()).to.match(/^250/);
  });

  it('limits connections, and mails a minute', async () => {
    const port = await start({}, { connections: 2, mailsPerMinute: 2 });
    const { smtp } = await dialogue(port);
    await dialogue(port);
    expect((await dialogue(port)).greeting).to.match(/^421/);
    await smtp.say('EHLO relay');
    for (const code of [/^250/, /^250/, /^451/]) {
      expect(await smtp.say('MAIL FROM:<anna@customer.example>')).to.match(code);
      await smtp.say('RSET');
    }
    nowMs += 30_000;
    expect(await smtp.say('MAIL FROM:<anna@customer.example>')).to.match(/^250/);
  });

  it('ends a connection that is silent, and a mail that takes too long', async () => {
    const { smtp: idle } = await dialogue(await start({}, { idleMs: 300 }));
    await until('the silent one is closed', () => idle.isClosed);
    expect(idle.rest()).to.match(/^421/);
    await listener?.close(10);
    const { smtp: slow } = await dialogue(await start({}, { idleMs: 10_000, dataMs: 400 }));
    await slow.envelope(['help@bank.example']);
    const drip = setInterval(() => slow.write('x'), 50);
    await until('the slow one is closed', () => slow.isClosed).finally(() => clearInterval(drip));
    expect(kept).to.deep.equal([]);
  });

  it('takes groups of pipelined commands, also behind a mail (RFC 2920)', async () => {
    const { smtp } = await dialogue(await start());
    const commands = (n: number) =>
      `MAIL FROM:<a${n}@customer.example>\r\nRCPT TO:<help@bank.example>\r\nRCPT TO:<no@bank.example>\r\nDATA\r\n`;
    const codes = async (count: number): Promise<string> => {
      const all: string[] = [];
      for (let n = 0; n < count; n += 1) all.push((await smtp.reply()).slice(0, 3));
      return all.join(' ');
    };
    await smtp.say('EHLO relay');
    smtp.write(commands(1));
    expect(await codes(4)).to.equal('250 250 550 354');
    smtp.write(`${plain}.\r\n${commands(2)}`);
    expect(await codes(5)).to.equal('250 250 250 550 354');
    smtp.write(`${plain}.\r\nQUIT\r\n`);
    expect(await codes(2)).to.equal('250 221');
    expect(kept.map(({ envelopeFrom }) => envelopeFrom)).to.deep.equal([
      'a1@customer.example',
      'a2@customer.example',
    ]);
  });

  it('answers for what it keeps, and for nothing else, where a client does not wait for its turn', async () => {
    const { smtp } = await dialogue(await start({}, { idleMs: 500 }));
    await smtp.say('EHLO relay');
    const mail = `MAIL FROM:<a@customer.example>\r\nRCPT TO:<help@bank.example>\r\nDATA\r\n${plain}.\r\n`;
    smtp.write(`${mail}${mail}${mail}${mail}QUIT\r\n`);
    await until('the connection ends', () => smtp.isClosed);
    expect(smtp.rest().match(/^250 2\.6\.0/gm)?.length ?? 0).to.equal(kept.length);
  });

  it('ends a mail at CRLF.CRLF and at nothing that looks like it (smuggling)', async () => {
    const { smtp } = await dialogue(await start());
    const smuggled =
      'MAIL FROM:<evil@elsewhere.example>\r\nRCPT TO:<loans@bank.example>\r\nDATA\r\nSubject: evil\r\n\r\n';
    for (const end of [
      '\n.\n',
      '\n.\r\n',
      '\r\n.\n',
      '\r.\r',
      '\r\n.\r',
      '\r.\r\n',
      '\n.\r',
      '\r\n\0.\r\n',
      '\r\n.\0\r\n',
    ]) {
      kept = [];
      await smtp.envelope(['help@bank.example']);
      smtp.write(`${plain}first${end}${smuggled}second\r\n.\r\n`);
      expect(await smtp.reply(), JSON.stringify(end)).to.match(/^250/);
      expect(await smtp.say('NOOP'), JSON.stringify(end)).to.match(/^250/);
      expect(smtp.rest()).to.equal('');
      expect(kept.length, JSON.stringify(end)).to.equal(1);
      // All of it is content; dots at the beginning of a line lose one, also after a bare LF.
      expect(Buffer.from(kept[0]!.content).toString('latin1'))
        .to.contain('evil@elsewhere.example')
        .and.contain('second');
    }
  });

  it('finds the end wherever the packets are cut, and unstuffs dots', async () => {
    const { smtp } = await dialogue(await start());
    const body = `${plain}..\r\n..two\r\na.b\r\n`;
    for (const [text, expected] of [
      [`${body}.\r\n`, `${plain}.\r\n.two\r\na.b\r\n`],
      ['.\r\n', ''],
    ] as const) {
      await smtp.envelope(['help@bank.example']);
      for (const byte of text) {
        smtp.write(byte);
        await new Promise((sent) => smtp.socket.write('', sent));
      }
      expect(await smtp.reply()).to.match(/^250/);
      expect(Buffer.from(kept.at(-1)!.content).toString()).to.equal(expected);
    }
  });

  it('takes NUL, bytes above 127 and very long lines as they come', async () => {
    const { smtp } = await dialogue(await start());
    const odd = `Subject: \xe4\0\xff\r\n\r\n${'y'.repeat(60_000)}\r\n\0\0\r\n`;
    await smtp.envelope(['help@bank.example']);
    smtp.write(`${odd}.\r\n`);
    expect(await smtp.reply()).to.match(/^250/);
    expect(Buffer.from(kept[0]!.content).toString('latin1')).to.equal(odd);
  });

  it('lets a command be of some length only, and a browser not in', async () => {
    const port = await start();
    const { smtp } = await dialogue(port);
    smtp.write(`EHLO ${'x'.repeat(5000)}\r\n`);
    await until('it is closed', () => smtp.isClosed);
    const { smtp: browser } = await dialogue(port);
    browser.write('POST / HTTP/1.1\r\nHost: x\r\n\r\nMAIL FROM:<a@b>\r\n');
    await until('it is closed', () => browser.isClosed);
    expect(browser.rest()).to.match(/^421/);
  });

  it('speaks TLS where it has a certificate, and drops what was said before it', async () => {
    const port = await start({ tls: certificate });
    const transport = createTransport({
      host: '127.0.0.1',
      port,
      requireTLS: true,
      tls: { ca: [certificate.certificate], servername: 'localhost' },
    });
    await transport.sendMail({
      from: 'anna@customer.example',
      to: 'help@bank.example',
      subject: 'x',
      text: 'y',
    });
    transport.close();
    expect(kept.length).to.equal(1);
    const { smtp } = await dialogue(port);
    expect(await smtp.say('EHLO relay')).to.match(/STARTTLS/);
    smtp.write('STARTTLS\r\nMAIL FROM:<evil@elsewhere.example>\r\nRCPT TO:<help@bank.example>\r\n');
    expect(await smtp.reply()).to.match(/^220/);
    // In clear into the handshake: nothing of it is answered.
    smtp.write('DATA\r\n');
    await until('it is closed', () => smtp.isClosed);
    expect(smtp.rest()).to.not.match(/^[23]\d\d /m);
  });

  it('lets a mail that is coming in end before it closes', async () => {
    const { smtp } = await dialogue(await start());
    await smtp.envelope(['help@bank.example']);
    smtp.write(plain);
    const closing = listener!.close(5000);
    listener = undefined;
    smtp.write('.\r\n');
    expect(await smtp.reply()).to.match(/^250/);
    smtp.socket.end('QUIT\r\n');
    await closing;
    expect(kept.length).to.equal(1);
  });

  it('says when its port is taken', async () => {
    const port = await start();
    const second = startMailListener(
      { port, bind: '127.0.0.1', allow: ['127.0.0.1'], maxBytes: 1000 },
      {
        keep: () => Promise.resolve(),
        mailboxOf: () => undefined,
        now: () => 0,
        monotonicMs: () => 0,
        logger: createLogger('test', 'silent'),
      },
    );
    const error = await second.then(
      () => undefined,
      (fault: NodeJS.ErrnoException) => fault.code,
    );
    expect(error).to.equal('EADDRINUSE');
  });
});
