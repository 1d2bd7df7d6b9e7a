/** From the relay's DATA to the desk, on a real Postgres: what is kept, read, joined, refused and never lost. */
import { expect } from 'chai';
import { createTransport } from 'nodemailer';
import { freePort } from '../../support/free-port.ts';
import type { MailChannel, MailChannelParts } from '../../../server/channels/mail/mail-channel.ts';
import type { NewRawMail } from '../../../server/channels/mail/raw-mail.ts';
import { signToken } from '../../../server/channels/mail/mail-token.ts';
import { until } from '../../support/until.ts';
import { MailHouse, siteWith, tokenKey } from './mail-setup.ts';

const from = 'Anna Rossi <anna@customer.example>';

function mailOf(headers: Record<string, string>, text = 'A card.'): string {
  const all = { From: from, To: 'help@bank.example', Subject: 'hello', ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return `${lines.join('\r\n')}\r\n\r\n${text}\r\n`;
}

const bounceOf = (status: string, action: string): string =>
  [
    'From: Mail System <MAILER-DAEMON@relay.bank.example>',
    'To: help@bank.example',
    'Subject: Undelivered Mail',
    'Message-ID: <bounce@relay.bank.example>',
    'Auto-Submitted: auto-replied',
    'Content-Type: multipart/report; report-type=delivery-status; boundary=b',
    '',
    '--b',
    'Content-Type: text/plain',
    '',
    'It did not get there.',
    '--b',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; relay.bank.example',
    '',
    'Final-Recipient: rfc822; anna@customer.example',
    `Action: ${action}`,
    `Status: ${status}`,
    '',
    '--b',
    'Content-Type: text/rfc822-headers',
    '',
    'Message-ID: <m_1@bank.example>',
    '',
    '--b--',
    '',
  ].join('\r\n');

describe('mail intake', function () {
  this.timeout(60_000);
  let house: MailHouse;
  let port: number;

  before(async () => {
    house = await MailHouse.open();
  });
  after(() => house?.close());
  beforeEach(async () => {
    port = await freePort();
  });
  afterEach(() => house.clear());

  const mailboxes = [
    { id: 'help', name: 'Help', address: 'help@bank.example', aliases: ['info@bank.example'], queue: 'main' },
    {
      id: 'loans',
      name: 'Loans',
      address: 'loans@bank.example',
      queue: 'loans',
      language: 'ru',
      topics: [
        { words: ['card', 'карт'], queue: 'cards' },
        { words: ['loan'], queue: 'loans' },
      ],
    },
  ];
  const site = (more: object = {}) =>
    siteWith({ listener: { port, allow: ['127.0.0.0/8'] }, mailboxes, maxMegabytes: 2, ...more });

  async function open(parts?: Partial<MailChannelParts>): Promise<MailChannel> {
    const channel = house.channel(parts);
    await channel.apply(site());
    expect(channel.listenerPort()).to.equal(port);
    return channel;
  }

  /** Over the listener; resolves with its last answer. */
  async function deliver(
    raw: string | Buffer,
    to: string | string[] = 'help@bank.example',
    sender = 'anna@customer.example',
  ) {
    const transport = createTransport({ host: '127.0.0.1', port, secure: false, ignoreTLS: true });
    try {
      return (await transport.sendMail({ envelope: { from: sender, to }, raw })).response;
    } finally {
      transport.close();
    }
  }
  const untilSettled = () =>
    until('everything is settled', async () => (await house.rows()).every(({ state }) => state !== 'unread'));
  const states = async () => (await house.rows()).map(({ state, reason }) => reason ?? state);

  it('makes a message of a mail', async () => {
    await open();
    const raw = await createTransport({ streamTransport: true, buffer: true }).sendMail({
      from,
      to: 'help@bank.example',
      cc: 'bob@customer.example',
      messageId: '<1@customer.example>',
      inReplyTo: '<0@bank.example>',
      references: ['<00@bank.example>', '<0@bank.example>'],
      subject: 'Meine Karte',
      text: 'Wo ist sie?\n\nAm 1. Mai 2026 schrieb Bank:\n> Hier.',
      html: '<p>Wo ist <b>sie</b>?</p>',
      attachments: [{ filename: 'Ausweis.pdf', content: Buffer.from('pdf') }],
    });
    expect(await deliver(raw.message as Buffer)).to.match(/^250/);
    await until('it is taken', () => house.desk.messages.length === 1);
    const [message] = house.desk.messages;
    expect(message).to.deep.include({
      channelId: 'mail',
      endpointId: 'help',
      queueId: 'main',
      externalId: '1@customer.example',
      from: { address: 'anna@customer.example', name: 'Anna Rossi' },
      language: 'it',
      text: 'Wo ist sie?',
      subject: 'Meine Karte',
      kind: 'message',
      mayBeAnswered: true,
      clues: { answers: ['0@bank.example', '00@bank.example'] },
    });
    expect(message!.quoted).to.match(/^Am 1\. Mai/);
    expect(message!.html).to.contain('<b>sie</b>');
    expect(message!.files.map(({ name, bytes }) => [name, bytes])).to.deep.equal([['Ausweis.pdf', 3]]);
    expect(await house.desk.readFile(message!.files[0]!.sha256)).to.deep.equal(
      new Uint8Array(Buffer.from('pdf')),
    );
    await untilSettled();
    expect(await states()).to.deep.equal(['read']);
  });

  it('is one mail however often it is delivered', async () => {
    await open();
    const withId = mailOf({ 'Message-ID': '<2@customer.example>' });
    const without = mailOf({ Subject: 'without an id' });
    // The answer was lost; by another relay, with another Received; to another of our addresses.
    await deliver(withId);
    await Promise.all([deliver(withId), deliver(withId), deliver(withId)]);
    await deliver(`Received: from elsewhere\r\n${withId}`);
    await deliver(withId, 'loans@bank.example');
    await deliver(without);
    await deliver(without);
    await deliver(without, ['info@bank.example']);
    await untilSettled();
    expect(house.desk.messages.map(({ subject }) => subject)).to.deep.equal(['hello', 'without an id']);
    expect(house.desk.messages[1]!.externalId).to.match(/^sha256:[0-9a-f]{64}$/);
    expect((await states()).toSorted()).to.deep.equal([
      'duplicate',
      'duplicate',
      'duplicate',
      'read',
      'read',
    ]);
  });

  it('goes by the envelope to its mailbox, and by words of the subject to its queue', async () => {
    await open();
    let n = 0;
    for (const [to, subject] of [
      ['help+hl-something@bank.example', 'card'],
      ['INFO@bank.example', 'x'],
      ['loans@bank.example', 'About my CARDS'],
      ['loans@bank.example', 'Моя карта'],
      ['loans@bank.example', 'discard it'],
      ['loans@bank.example', 'Loan, please'],
    ] as const) {
      n += 1;
      await deliver(
        mailOf({ Subject: subject, 'Message-ID': `<${n}@x.example>`, To: 'other@bank.example' }),
        to,
      );
    }
    await until('all are taken', () => house.desk.messages.length === 6);
    expect(
      house.desk.messages.map(({ endpointId, queueId, language }) => [endpointId, queueId, language]),
    ).to.deep.equal([
      ['help', 'main', 'it'],
      ['help', 'main', 'it'],
      ['loans', 'cards', 'ru'],
      ['loans', 'cards', 'ru'],
      ['loans', 'loans', 'ru'],
      ['loans', 'loans', 'ru'],
    ]);
  });

  it('knows its thread by the token, in an address before the subject, and not by a forged one', async () => {
    await open();
    const [one, two] = ['t_01JD0000000000000000000001', 't_01JD0000000000000000000002'];
    const [first, second] = [signToken(one, tokenKey), signToken(two, tokenKey)];
    const forged = signToken(two, Buffer.alloc(32, 8));
    const mails: [Record<string, string>, string | undefined][] = [
      [{ To: `help+hl-${first}@bank.example` }, one],
      [{ Subject: `Re: x [#HL-${second}]` }, two],
      [{ To: `help+hl-${first}@bank.example`, Subject: `Re: x [#HL-${second}]` }, one],
      [{ Subject: `Re: x [#HL-${forged}]` }, undefined],
      // A stranger's forward carried it along.
      [{ Subject: `Fwd: x [#HL-${second}]` }, undefined],
    ];
    for (const [headers] of mails) await deliver(mailOf(headers));
    await until('all are taken', () => house.desk.messages.length === mails.length);
    expect(house.desk.messages.map(({ clues }) => clues.threadId)).to.deep.equal(
      mails.map(([, thread]) => thread),
    );
  });

  it('puts into quarantine what nobody can read, has no sender or came round, and answers none of it', async () => {
    const channel = await open();
    await deliver('\r\n');
    await deliver('Subject: no sender\r\n\r\nx\r\n');
    await deliver(mailOf({ From: 'Help <HELP+x@Bank.example>' }));
    await deliver(mailOf({ From: 'info@bank.example' }), 'loans@bank.example');
    await deliver(mailOf({ 'X-Hearthline-Loop': '1' }));
    await untilSettled();
    expect(await states()).to.deep.equal(['no-sender', 'no-sender', 'loop', 'loop', 'loop']);
    expect(house.desk.messages).to.deep.equal([]);
    await until('all are counted', () => {
      const { quarantined } = channel.counts();
      return quarantined['no-sender'] === 2 && quarantined.loop === 3;
    });
    expect(channel.counts()).to.deep.equal({ unread: 0, quarantined: { 'no-sender': 2, loop: 3 } });
    const health = channel.health();
    expect('detail' in health && `${health.state} ${health.detail}`).to.equal(
      'degraded intake: 2 in quarantine (no-sender)',
    );
  });

  it('reads the sender of the envelope as the last server: a null path is no customer', async () => {
    await open();
    await deliver(mailOf({ 'Return-Path': '<forged@customer.example>' }), 'help@bank.example', '');
    await until('it is taken', () => house.desk.messages.length === 1);
    expect(house.desk.messages[0]).to.include({ kind: 'auto-reply', mayBeAnswered: false });
  });

  it('lets agents answer lists and those who ask for no machine, and nobody the machines', async () => {
    await open();
    for (const headers of [
      { 'List-Id': '<news.customer.example>' },
      { 'X-Auto-Response-Suppress': 'All' },
      { 'Auto-Submitted': 'auto-replied' },
      { From: 'no-reply@customer.example' },
    ])
      await deliver(mailOf(headers as unknown as Record<string, string>));
    await until('all are taken', () => house.desk.messages.length === 4);
    const said = house.desk.messages.map(({ kind, mayBeAnswered, extra }) => [
      kind,
      mayBeAnswered,
      typeof extra?.['noMachineAnswer'],
    ]);
    expect(said).to.deep.equal([
      ['message', true, 'string'],
      ['message', true, 'string'],
      ['auto-reply', false, 'string'],
      ['message', false, 'string'],
    ]);
  });

  it('tells the desk of a mail that came back for good, and only notes one that is late', async () => {
    await open();
    await deliver(bounceOf('5.1.1', 'failed'), 'help@bank.example', '');
    await until('the desk knows', () => house.desk.deliveries.length === 1);
    expect(house.desk.deliveries).to.deep.equal([
      { externalId: 'm_1@bank.example', state: 'failed', fault: 'the mail came back (5.1.1)' },
    ]);
    expect(house.desk.messages[0]).to.deep.include({
      kind: 'bounce',
      mayBeAnswered: false,
      clues: { answers: ['m_1@bank.example'] },
    });
    await deliver(bounceOf('4.4.1', 'delayed').replace('<bounce@', '<late@'), 'help@bank.example', '');
    await deliver(
      bounceOf('5.1.1', 'failed')
        .replace(/^From: .*$/m, 'From: MAILER-DAEMON')
        .replace('<bounce@', '<third@'),
      'help@bank.example',
      '',
    );
    await untilSettled();
    await until('the third is told as well', () => house.desk.deliveries.length === 2);
    expect(house.desk.messages.map(({ kind }) => kind)).to.deep.equal(['bounce', 'bounce']);
    expect(await states()).to.deep.equal(['read', 'read', 'no-sender']);
  });

  it('reads after a crash what was kept before it, and takes it once', async () => {
    // Kept, and nobody there to read it.
    const raw = (n: number): NewRawMail => ({
      mailboxId: 'help',
      source: 'smtp',
      sourceKey: `key-${n}`,
      receivedAt: 1_700_000_000_000 + n,
      envelopeFrom: 'anna@customer.example',
      envelopeTo: ['help@bank.example'],
      content: Buffer.from(mailOf({ 'Message-ID': `<c${n}@customer.example>`, Subject: `c${n}` })),
    });
    for (let n = 0; n < 30; n += 1) await house.store.keep(raw(n));
    // The desk has taken the tenth when the process dies, and nobody has noted it.
    let isCut = false;
    let asked = 0;
    const store = {
      ...house.store,
      settle: (...settled: Parameters<typeof house.store.settle>) => {
        asked += 1;
        isCut ||= asked === 10;
        return isCut ? Promise.reject(new Error('killed')) : house.store.settle(...settled);
      },
    };
    const first = await open({ store });
    await until('it is cut off', () => isCut);
    await first.close();
    expect(house.desk.messages.length).to.equal(10);
    port = await freePort();
    await open();
    await until('all are taken', () => house.desk.messages.length === 30);
    expect(house.desk.messages.map(({ subject }) => subject)).to.deep.equal(
      Array.from({ length: 30 }, (_, n) => `c${n}`),
    );
    await untilSettled();
    expect(house.desk.messages[29]!.receivedAt).to.equal(1_700_000_000_029);
  });

  it('keeps the order of a mailbox while the desk takes nothing, and does not hold up the others', async () => {
    let isRefusing = true;
    house.desk.before = ({ endpointId }) =>
      isRefusing && endpointId === 'help' ? new Error('the disk is full') : undefined;
    // Tried in order for sixteen seconds before one is put aside.
    await open({ times: { intake: { firstRetryMs: 500 } } });
    for (let n = 0; n < 3; n += 1)
      await deliver(mailOf({ 'Message-ID': `<h${n}@x.example>`, Subject: `h${n}` }));
    await deliver(mailOf({ 'Message-ID': '<l@x.example>', Subject: 'l' }), 'loans@bank.example');
    await until('the other mailbox goes on', () => house.desk.messages.length === 1);
    expect(house.desk.messages[0]!.subject).to.equal('l');
    isRefusing = false;
    await until('the rest is taken', () => house.desk.messages.length === 4, 20_000);
    expect(house.desk.messages.map(({ subject }) => subject)).to.deep.equal(['l', 'h0', 'h1', 'h2']);
  });

  it('puts a mail aside that the desk never takes, and in the end into quarantine', async () => {
    house.desk.before = ({ subject }) => (subject === 'poison' ? new Error('it breaks') : undefined);
    const intake = { firstRetryMs: 5, asideRetryMs: 50, giveUpMs: 700 };
    const channel = await open({ times: { intake } });
    await deliver(mailOf({ Subject: 'poison' }));
    await deliver(mailOf({ Subject: 'behind it' }));
    await until('the one behind it is taken', () => house.desk.messages.length === 1);
    await untilSettled();
    expect(await states()).to.deep.equal(['not-taken', 'read']);
    await until('health says so', () => {
      const health = channel.health();
      return 'detail' in health && health.detail === 'intake: 1 in quarantine (not-taken)';
    });
    // IT releases it, and it is read again.
    house.desk.before = () => undefined;
    await house.sequelize.query(`update raw_mails set state = 'unread' where state = 'quarantined'`);
    await until('it is taken', () => house.desk.messages.length === 2);
  });

  it('answers 451 while there is no database, and takes the mail when it is back', async () => {
    const channel = await open();
    await house.postgres.kill();
    const refused = await deliver(mailOf({})).then(
      () => undefined,
      (error: { responseCode?: number }) => error.responseCode,
    );
    expect(refused).to.equal(451);
    await until('health says so', () => channel.health().state === 'down');
    await house.postgres.restart();
    await until('it is kept', () =>
      deliver(mailOf({})).then(
        () => true,
        () => false,
      ),
    );
    await until('it is taken', () => house.desk.messages.length === 1);
    await until('health is up', () => channel.health().state === 'up');
  });

  it('keeps what is there when mail is switched off, and reads it when it is on again', async () => {
    const channel = await open();
    await channel.apply(siteWith(undefined));
    expect(channel.listenerPort()).to.equal(undefined);
    const refused = await deliver(mailOf({})).then(
      () => undefined,
      (error: { code?: string }) => error.code,
    );
    expect(refused).to.be.oneOf(['ECONNREFUSED', 'ESOCKET']);
    const content = Buffer.from(mailOf({}));
    await house.store.keep({
      mailboxId: 'help',
      source: 'imap',
      sourceKey: 'k',
      receivedAt: 1,
      envelopeTo: [],
      content,
    });
    await channel.apply(site({ mailboxes: [mailboxes[1]] }));
    await untilSettled();
    expect(await states()).to.deep.equal(['no-mailbox']);
  });
});
