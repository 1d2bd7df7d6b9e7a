/** Mailboxes watched over IMAP: a real Dovecot, a real Postgres. */
import { createServer, type AddressInfo } from 'node:net';
import { expect } from 'chai';
import type { MailChannel } from '../../../server/channels/mail/mail-channel.ts';
import type { RawMailStore } from '../../../server/channels/mail/raw-mail.ts';
import { hasDovecot, startDovecot, type TestDovecot } from '../../support/dovecot.ts';
import { until } from '../../support/until.ts';
import { MailHouse, siteWith } from './mail-setup.ts';

const mailOf = (n: number | string): string =>
  `Return-Path: <anna@customer.example>\r\nFrom: Anna <anna@customer.example>\r\nTo: help@bank.example\r\nSubject: mail ${n}\r\nMessage-ID: <${n}@customer.example>\r\n\r\nText ${n}.\r\n`;

describe('mail over IMAP', function () {
  this.timeout(60_000);
  let house: MailHouse;
  let dovecot: TestDovecot;

  before(async function () {
    if (!hasDovecot()) {
      console.log('    skipped: no dovecot on this machine (package dovecot-imapd)');
      this.skip();
    }
    house = await MailHouse.open();
  });
  after(() => house?.close());
  beforeEach(async () => {
    dovecot = await startDovecot();
    house.secret('imap-help', `${dovecot.password}\n`);
    house.secret('bank-ca.pem', dovecot.authority);
  });
  afterEach(async () => {
    await house.clear();
    await dovecot.stop();
  });

  const imap = (more: object = {}) => ({
    host: 'localhost',
    port: dovecot.port,
    tls: 'starttls',
    ca: 'bank-ca.pem',
    auth: { user: dovecot.user, secret: 'imap-help' },
    ...more,
  });
  const site = (more: object = {}) =>
    siteWith({
      mailboxes: [
        { id: 'help', name: 'Help', address: 'help@bank.example', queue: 'main', imap: imap(more) },
      ],
    });
  const subjects = (): (string | undefined)[] => house.desk.messages.map(({ subject }) => subject);
  const detailOf = (channel: MailChannel): string => {
    const health = channel.health();
    return 'detail' in health ? `${health.state}: ${health.detail}` : health.state;
  };
  const untilUp = (channel: MailChannel) => until('the channel is up', () => channel.health().state === 'up');

  it('fetches 200 mails in their order, and what comes then at once by IDLE', async () => {
    for (let n = 1; n <= 200; n += 1) dovecot.deliver(mailOf(n));
    const channel = house.channel();
    await channel.apply(site());
    await until('all are taken', () => house.desk.messages.length === 200, 30_000);
    expect(subjects()).to.deep.equal(Array.from({ length: 200 }, (_, n) => `mail ${n + 1}`));
    expect(house.desk.messages[0]).to.deep.include({
      channelId: 'mail',
      endpointId: 'help',
      queueId: 'main',
      externalId: '1@customer.example',
      language: 'it',
      kind: 'message',
      mayBeAnswered: true,
    });
    await until('all are marked', () => dovecot.count().seen === 200);
    await untilUp(channel);
    // The poll of a minute would be too late for these.
    for (let n = 201; n <= 205; n += 1) {
      dovecot.deliver(mailOf(n));
      await until(`mail ${n} is taken`, () => house.desk.messages.length === n);
    }
    await until('all are marked', () => dovecot.count().seen === 205);
    expect(dovecot.connections()).to.equal(1);
    expect((await house.rows()).every(({ state }) => state === 'read')).to.equal(true);
  });

  it('marks nothing that is not committed', async () => {
    dovecot.deliver(mailOf(1));
    let isHeld = true;
    let commit: () => void = () => undefined;
    const held = new Promise<void>((done) => {
      commit = done;
    });
    const store: RawMailStore = {
      ...house.store,
      async keep(raw) {
        if (isHeld) await held;
        isHeld = false;
        return house.store.keep(raw);
      },
    };
    const channel = house.channel({ store });
    await channel.apply(site());
    await until('it is connected', () => dovecot.connections() === 1);
    expect(dovecot.count()).to.deep.equal({ all: 1, seen: 0 });
    commit();
    await until('it is marked', () => dovecot.count().seen === 1);
    expect((await house.rows()).length).to.equal(1);
  });

  it('deletes what is kept where the site says so, and nothing else', async () => {
    dovecot.deliver(mailOf('old'), 'S');
    for (let n = 1; n <= 3; n += 1) dovecot.deliver(mailOf(n));
    await house.channel().apply(site({ afterwards: 'delete' }));
    await until('they are deleted', () => dovecot.count().all === 1);
    await until('they are taken', () => house.desk.messages.length === 3);
    expect(dovecot.count()).to.deep.equal({ all: 1, seen: 1 });
  });

  it('goes on where it was after a restart in the middle, losing and doubling nothing', async () => {
    for (let n = 1; n <= 120; n += 1) dovecot.deliver(mailOf(n));
    let allowed = 70;
    const store: RawMailStore = {
      ...house.store,
      keep: (raw) => {
        allowed -= 1;
        return allowed >= 0 ? house.store.keep(raw) : Promise.reject(new Error('the machine is going down'));
      },
    };
    const first = house.channel({ store });
    await first.apply(site());
    await until('it cannot go on', () => detailOf(first).includes('mails cannot be kept'));
    expect(first.health().state).to.equal('down');
    await first.close();
    const taken = house.desk.messages.length;
    expect(taken).to.be.lessThan(71);
    await house.channel().apply(site());
    await until('all are taken', () => house.desk.messages.length === 120, 30_000);
    expect(new Set(subjects()).size).to.equal(120);
    await until('all are marked', () => dovecot.count().seen === 120);
    expect((await house.rows()).length).to.equal(120);
  });

  it('takes also what somebody has opened with a mail program in between', async () => {
    dovecot.deliver(mailOf('long ago'), 'S');
    const first = house.channel();
    await first.apply(site());
    await untilUp(first);
    await first.close();
    dovecot.deliver(mailOf(1), 'S');
    dovecot.deliver(mailOf(2));
    const second = house.channel();
    await second.apply(site());
    await until('both are taken', () => house.desk.messages.length === 2);
    await untilUp(second);
    expect(subjects()).to.deep.equal(['mail 1', 'mail 2']);
  });

  it('takes nothing twice when the server numbers its mails anew (UIDVALIDITY)', async () => {
    for (let n = 1; n <= 5; n += 1) dovecot.deliver(mailOf(n));
    const first = house.channel();
    await first.apply(site());
    await until('all are marked', () => dovecot.count().seen === 5);
    await until('all are taken', () => house.desk.messages.length === 5);
    await first.close();
    dovecot.forgetUids();
    // Under its new number, the first has the number of another before.
    dovecot.deliver(mailOf(6));
    // A copy of one that is kept, unseen: it is fetched, and is one with the other.
    dovecot.deliver(mailOf(3));
    const second = house.channel();
    await second.apply(site());
    await until('the new ones are marked', () => dovecot.count().seen === 7);
    await until('the new one is taken', () => house.desk.messages.length === 6);
    await until('nothing is unread', async () =>
      (await house.rows()).every(({ state }) => state !== 'unread'),
    );
    expect(subjects()).to.deep.equal([1, 2, 3, 4, 5, 6].map((n) => `mail ${n}`));
    const [, , , , , ...later] = await house.rows();
    expect(later.map(({ state }) => state).toSorted()).to.deep.equal(['duplicate', 'read']);
  });

  it('comes back when the server drops the connection', async () => {
    const channel = house.channel();
    await channel.apply(site());
    await untilUp(channel);
    dovecot.dropConnections();
    await until('it has noticed', () => channel.health().state !== 'up');
    dovecot.deliver(mailOf(1));
    await until('the mail is taken', () => house.desk.messages.length === 1);
    await untilUp(channel);
    expect(dovecot.connections()).to.equal(2);
  });

  it('says a wrong password once and waits, and goes on when the file is put right', async () => {
    house.secret('imap-help', 'wrong');
    dovecot.deliver(mailOf(1));
    // Beside it a server that drops everybody, which is tried again and again: the measure of time here.
    let drops = 0;
    const dropper = createServer((socket) => {
      drops += 1;
      socket.destroy();
    });
    await new Promise<void>((done) => dropper.listen(0, '127.0.0.1', done));
    const { port } = dropper.address() as AddressInfo;
    const other = {
      id: 'loans',
      name: 'Loans',
      address: 'loans@bank.example',
      queue: 'main',
      imap: imap({ port }),
    };
    const channel = house.channel();
    const before = Date.now();
    const both = site();
    await channel.apply({
      ...both,
      mail: {
        ...both.mail!,
        mailboxes: [...both.mail!.mailboxes, ...siteWith({ mailboxes: [other] }).mail!.mailboxes],
      },
    });
    await until('it is down', () => channel.health().state === 'down');
    await until('the sign-in is refused', () =>
      detailOf(channel).includes('mailbox help: localhost refuses the user or the password'),
    );
    const health = channel.health();
    expect('since' in health && health.since).to.be.within(before, Date.now());
    const dropsBefore = drops;
    await until('the other was tried five times', () => drops >= dropsBefore + 5);
    expect(dovecot.connections()).to.equal(1);
    await new Promise((done) => dropper.close(done));
    house.secret('imap-help', dovecot.password);
    await channel.apply(siteWith(undefined));
    expect(channel.health().state).to.equal('off');
    await channel.apply(site());
    await until('the mail is taken', () => house.desk.messages.length === 1);
  });

  it('connects to nothing whose secret the whole machine may read', async () => {
    house.secret('imap-help', dovecot.password, 0o644);
    const channel = house.channel();
    await channel.apply(site());
    await until('it is down', () => channel.health().state === 'down');
    expect(detailOf(channel)).to.contain('secrets/imap-help is open to every user of the machine');
    expect(dovecot.connections()).to.equal(0);
  });

  it('demands STARTTLS where the site does, and a certificate that holds', async () => {
    const plain = await startDovecot({ starttls: false });
    try {
      const channel = house.channel();
      await channel.apply(site({ port: plain.port }));
      await until('it is down', () => channel.health().state === 'down');
      expect(detailOf(channel)).to.contain('localhost offers no STARTTLS, and the site demands it');
      await channel.close();
    } finally {
      await plain.stop();
    }
    const strict = house.channel();
    await strict.apply(site({ ca: undefined }));
    await until('it is down', () => strict.health().state === 'down');
    expect(detailOf(strict)).to.match(/cannot be used \(\S*CERT\S*\)/);
  });

  it('speaks TLS from the first byte', async () => {
    dovecot.deliver(mailOf(1));
    await house.channel().apply(site({ port: dovecot.tlsPort, tls: 'tls' }));
    await until('the mail is taken', () => house.desk.messages.length === 1);
  });

  it('leaves a mail that is larger than the site allows where it is, and says so', async () => {
    dovecot.deliver(mailOf(1));
    dovecot.deliver(`${mailOf('large')}${`${'x'.repeat(998)}\r\n`.repeat(1100)}`);
    dovecot.deliver(mailOf(2));
    const channel = house.channel();
    const { mail, ...rest } = site();
    await channel.apply({ ...rest, mail: { ...mail!, maxMegabytes: 1 } });
    await until('the others are taken', () => house.desk.messages.length === 2);
    await until('health says so', () =>
      detailOf(channel).includes('1 mails are larger than the site allows'),
    );
    expect(channel.health().state).to.equal('degraded');
    expect(dovecot.count()).to.deep.equal({ all: 3, seen: 2 });
  });

  it('says of a folder that is not there', async () => {
    const channel = house.channel();
    await channel.apply(site({ folder: 'Nowhere' }));
    await until('it is down', () => channel.health().state === 'down');
    expect(detailOf(channel)).to.contain('localhost does not open the folder');
  });

  it('opens no connection when mail is off, and closes the one it has', async () => {
    const channel = house.channel();
    await channel.apply(siteWith(undefined));
    expect(channel.health()).to.deep.equal({ state: 'off' });
    expect(dovecot.connections()).to.equal(0);
    await channel.apply(site());
    await untilUp(channel);
    // What did not change stays open.
    await channel.apply(site());
    expect(dovecot.connections()).to.equal(1);
    await channel.apply(siteWith(undefined));
    dovecot.deliver(mailOf(1));
    expect(channel.health()).to.deep.equal({ state: 'off' });
    expect(dovecot.count()).to.deep.equal({ all: 1, seen: 0 });
  });
});
