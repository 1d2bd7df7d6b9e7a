/**
 * Every mail of the corpus, through the listener and out of a real Dovecot: kept and then read or in quarantine with a reason,
 * none lost, none slower than 5 s; and what was kept is byte for byte what was sent.
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { createTransport } from 'nodemailer';
import { QueryTypes } from 'sequelize';
import { freePort } from '../../support/free-port.ts';
import type { MailChannel } from '../../../server/channels/mail/mail-channel.ts';
import { hasDovecot, startDovecot, type TestDovecot } from '../../support/dovecot.ts';
import { until } from '../../support/until.ts';
import { MailHouse, siteWith } from './mail-setup.ts';
import { SmtpDialogue } from './smtp-dialogue.ts';

const corpus = new URL('../../../../shared/mail-corpus/', import.meta.url).pathname;
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const slowMs = 5000;

interface Row {
  raw_id: string;
  state: string;
  reason: string | null;
  sha256: string;
}

describe('the mail corpus', function () {
  this.timeout(240_000);
  let house: MailHouse;
  let mails: { file: string; content: Buffer }[] = [];

  before(async function () {
    if (!existsSync(corpus)) {
      console.log('    skipped: no mails in ../shared/mail-corpus');
      this.skip();
    }
    mails = readdirSync(corpus)
      .filter((file) => file.endsWith('.eml'))
      .toSorted()
      .map((file) => ({ file, content: readFileSync(join(corpus, file)) }));
    house = await MailHouse.open();
  });
  after(() => house?.close());
  afterEach(() => house.clear());

  const rows = (): Promise<Row[]> =>
    house.sequelize.query<Row>('select raw_id, state, reason, sha256 from raw_mails order by seq', {
      type: QueryTypes.SELECT,
    });
  const isSettled = async (): Promise<boolean> => (await rows()).every(({ state }) => state !== 'unread');

  /** Each kept mail has an outcome that is allowed, and each message that was taken is one of them. */
  async function check(channel: MailChannel, kept: Row[]): Promise<void> {
    for (const { state, reason } of kept) {
      expect(state).to.be.oneOf(['read', 'duplicate', 'quarantined']);
      if (state === 'quarantined') expect(reason).to.be.oneOf(['no-sender', 'empty', 'not-parsed']);
    }
    const count = (what: string): number => kept.filter(({ state }) => state === what).length;
    expect(count('read')).to.equal(house.desk.messages.length);
    // They are counted again behind the last outcome.
    const quarantined = () => Object.values(channel.counts().quarantined).reduce((sum, one) => sum + one, 0);
    await until('the quarantined are counted', () => quarantined() === count('quarantined'));
    // What goes into a database and out as JSON is as it was.
    for (const message of house.desk.messages) {
      const text = JSON.stringify(message);
      expect(text).to.not.contain('\\u0000');
      expect(text).to.not.match(/\\ud[89a-f]/i);
    }
  }

  it('comes in over SMTP', async () => {
    const port = await freePort();
    const channel = house.channel();
    await channel.apply(
      siteWith({
        listener: { port, allow: ['127.0.0.1'] },
        mailboxes: [{ id: 'help', name: 'Help', address: 'help@bank.example', queue: 'main' }],
      }),
    );
    const transport = createTransport({
      host: '127.0.0.1',
      port,
      ignoreTLS: true,
      pool: true,
      maxConnections: 1,
    });
    const slow: string[] = [];
    for (const { file, content } of mails) {
      const startMs = performance.now();
      const envelope = { from: 'someone@customer.example', to: 'help@bank.example' };
      // nodemailer makes CRLF of what ends a line, as every client of SMTP must.
      expect((await transport.sendMail({ envelope, raw: content })).response, file).to.match(/^250/);
      await until(`${file} has an outcome`, isSettled, slowMs);
      if (performance.now() - startMs > slowMs) slow.push(file);
    }
    transport.close();
    expect(slow).to.deep.equal([]);
    const kept = await rows();
    // Two that differ in their line ends only are one delivery.
    const distinct = new Set(
      mails.map(({ content }) => content.toString('latin1').replace(/\r?\n/g, '\n').trimEnd()),
    );
    expect(kept.length).to.be.within(distinct.size, mails.length);
    await check(channel, kept);
  });

  it('comes in over SMTP byte for byte where the bytes are not those of a decent client', async () => {
    const port = await freePort();
    const channel = house.channel();
    await channel.apply(
      siteWith({
        listener: { port, allow: ['127.0.0.1'] },
        mailboxes: [{ id: 'help', name: 'Help', address: 'help@bank.example', queue: 'main' }],
      }),
    );
    const { smtp } = await SmtpDialogue.open(port);
    const expected: string[] = [];
    for (const { file, content } of mails) {
      await smtp.envelope(['help@bank.example']);
      // Ended by CRLF and with its dots doubled, and otherwise as it lies there: bare LFs, NULs, lines without end.
      const text = `${content.toString('latin1')}\r\n`;
      expected.push(sha256(Buffer.from(text, 'latin1')));
      smtp.write(`${text.replace(/^\./, '..').replace(/\n\./g, '\n..')}.\r\n`);
      expect(await smtp.reply(), file).to.match(/^250/);
    }
    await smtp.end();
    const kept = await rows();
    expect(kept.map((row) => row.sha256)).to.deep.equal([...new Set(expected)]);
    await until('all have an outcome', isSettled, 60_000);
    await until('they are counted', () => channel.counts().unread === 0);
    await check(channel, await rows());
  });

  it('comes in over IMAP, from Dovecot', async function () {
    if (!hasDovecot()) {
      console.log('    skipped: no dovecot on this machine (package dovecot-imapd)');
      this.skip();
    }
    const dovecot: TestDovecot = await startDovecot();
    try {
      house.secret('imap-help', dovecot.password);
      house.secret('bank-ca.pem', dovecot.authority);
      const { port, user } = dovecot;
      const imap = {
        host: 'localhost',
        port,
        tls: 'starttls',
        ca: 'bank-ca.pem',
        auth: { user, secret: 'imap-help' },
      };
      const channel = house.channel();
      await channel.apply(
        siteWith({
          mailboxes: [{ id: 'help', name: 'Help', address: 'help@bank.example', queue: 'main', imap }],
        }),
      );
      await until('it is connected', () => channel.health().state === 'up');
      // Some at a time, as they come: each of them has its outcome within the bound.
      const atOnce = 8;
      for (let first = 0; first < mails.length; first += atOnce) {
        const some = mails.slice(first, first + atOnce);
        for (const { content } of some) dovecot.deliver(content);
        await until(
          `${some.map(({ file }) => file).join(', ')} have an outcome`,
          async () => (await rows()).length === first + some.length && (await isSettled()),
          slowMs,
        );
      }
      await until('all are marked', () => dovecot.count().seen === mails.length);
      const kept = await rows();
      expect(kept.length).to.equal(mails.length);
      await until('they are counted', () => channel.counts().unread === 0);
      await check(channel, kept);
    } finally {
      await house.clear();
      await dovecot.stop();
    }
  });
});
