/** The quarantine on a real Postgres: what is known of a mail there, what it becomes when it is released, and that this is once. */
import { expect } from 'chai';
import { QueryTypes } from 'sequelize';
import { freePort } from '../../support/free-port.ts';
import { BlockList } from '../../../server/app/text/block-list.ts';
import { Quarantine } from '../../../server/app/text/quarantine.ts';
import type { MailChannel, MailChannelParts } from '../../../server/channels/mail/mail-channel.ts';
import type { MailReading } from '../../../server/channels/mail/mail-reader.ts';
import { readMail } from '../../../server/channels/mail/read-mail.ts';
import type { QuarantineRow, ReleaseAnswer } from '../../../server/contract/rest-quarantine.ts';
import { createBlockRepo } from '../../../server/db/repos/block-repo.ts';
import { createQuarantineRepo } from '../../../server/db/repos/quarantine-repo.ts';
import { newId } from '../../../server/lib/ids.ts';
import { until } from '../../support/until.ts';
import { logger, MailHouse, siteWith } from './mail-setup.ts';

const mailOf = (headers: Record<string, string>, text = 'A card.'): Buffer => {
  const all = {
    From: 'Anna Rossi <anna@customer.example>',
    To: 'help@bank.example',
    Subject: 'hello',
    ...headers,
  };
  const lines = Object.entries(all)
    .filter(([, value]) => value !== '')
    .map(([name, value]) => `${name}: ${value}`);
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n${text}\r\n`);
};

/** Nothing can be made of a mail with this in its body; its header can be read. */
const poison = 'unreadable-body';
const reader = {
  isHealed: false,
  async read(raw: Uint8Array): Promise<MailReading> {
    if (!reader.isHealed && Buffer.from(raw).includes(poison)) return { unreadable: 'not-parsed' };
    const mail = await readMail(raw);
    return 'isUnreadable' in mail ? { unreadable: mail.reason } : { mail };
  },
};

describe('mail quarantine', function () {
  this.timeout(60_000);
  let house: MailHouse;
  let blocks: BlockList;
  let channel: MailChannel;
  let quarantine: Quarantine;
  let count = 0;
  const clock = { now: () => Date.now() };

  before(async () => {
    house = await MailHouse.open();
  });
  after(() => house?.close());
  beforeEach(async () => {
    reader.isHealed = false;
    blocks = new BlockList({ store: createBlockRepo(house.sequelize), clock, newId, logger });
    await blocks.start();
    quarantine = new Quarantine({
      store: createQuarantineRepo(house.sequelize),
      mail: () => channel,
      clock,
      logger,
    });
    await open();
  });
  afterEach(async () => {
    blocks.stop();
    quarantine.stop();
    await house.clear();
    await house.sequelize.query('truncate blocks');
  });

  async function open(parts: Partial<MailChannelParts> = {}): Promise<void> {
    channel = house.channel({ senders: blocks, reader, ...parts });
    await channel.apply(
      siteWith({
        listener: { port: await freePort(), allow: ['127.0.0.1'] },
        mailboxes: [
          { id: 'help', name: 'Help', address: 'help@bank.example', queue: 'main' },
          { id: 'loans', name: 'Loans', address: 'loans@bank.example', queue: 'loans', language: 'en' },
        ],
      }),
    );
  }

  async function keep(content: Buffer, more: object = {}): Promise<string> {
    count += 1;
    const raw = {
      mailboxId: 'help',
      source: 'smtp' as const,
      sourceKey: `k${count}`,
      receivedAt: Date.now(),
      envelopeFrom: 'anna@customer.example',
      envelopeTo: ['help@bank.example'],
      content,
      ...more,
    };
    const { rawId } = await house.store.keep(raw);
    channel.wake();
    return rawId;
  }
  const list = async (): Promise<QuarantineRow[]> =>
    (await quarantine.list({ show: 'all', limit: 100 })).items;
  async function held(content: Buffer, more?: object): Promise<QuarantineRow> {
    const rawId = await keep(content, more);
    await until('it is in quarantine', async () => (await quarantine.byId(rawId)) !== undefined);
    return (await quarantine.byId(rawId))!;
  }
  async function release(rawId: string): Promise<ReleaseAnswer | string> {
    const released = await quarantine.release(rawId, 'user:ann');
    return 'refused' in released ? released.refused : released.answer;
  }
  const untilSettled = () =>
    until('everything is settled', async () => (await house.rows()).every(({ state }) => state !== 'unread'));

  it('tells what is known of each mail, and lists them in pages', async () => {
    const noSender = await held(mailOf({ From: 'nobody at all', Subject: 'who am I' }));
    expect(noSender).to.deep.include({ reason: 'no-sender', subject: 'who am I', mailboxId: 'help' });
    expect(noSender).to.not.have.property('from');
    const unreadable = await held(mailOf({ Subject: '=?utf-8?q?gru=C3=A0?=' }, poison));
    expect(unreadable).to.deep.include({
      reason: 'not-parsed',
      from: { address: 'anna@customer.example', name: 'Anna Rossi' },
      subject: 'gruà',
      envelopeTo: ['help@bank.example'],
    });
    const nameless = await held(mailOf({ From: 'help@bank.example' }), { envelopeFrom: '' });
    expect(nameless).to.deep.include({ reason: 'loop', envelopeFrom: '' });
    expect((await list()).map(({ rawId }) => rawId)).to.deep.equal(
      [nameless, unreadable, noSender].map(({ rawId }) => rawId),
    );
    const first = await quarantine.list({ show: 'unsettled', limit: 1 });
    expect(first.items.map(({ rawId }) => rawId)).to.deep.equal([unreadable.rawId]);
    const second = await quarantine.list({ show: 'unsettled', limit: 1, cursor: first.nextCursor });
    expect(second.items.map(({ rawId }) => rawId)).to.deep.equal([noSender.rawId]);
    expect(second).to.not.have.property('nextCursor');
    quarantine.start();
    await until('they are counted', () => quarantine.count().total === 3);
    expect(quarantine.count()).to.deep.equal({ total: 3, unsettled: 2 });
  });

  it('gives out a mail as it came, byte for byte', async () => {
    const content = Buffer.concat([mailOf({}, poison), Buffer.alloc(2_500_000, 'x\r\n')]);
    const { rawId, bytes } = await held(content);
    const parts: Uint8Array[] = [];
    for await (const part of quarantine.content(rawId)) parts.push(part);
    expect(bytes).to.equal(content.length);
    expect(Buffer.concat(parts).equals(content)).to.equal(true);
  });

  it('makes of a released mail the message that it would have been', async () => {
    const { rawId } = await held(mailOf({ 'Message-ID': '<1@customer.example>' }, poison));
    reader.isHealed = true;
    expect(await release(rawId)).to.include({ outcome: 'taken' });
    expect(house.desk.messages).to.have.length(1);
    expect(house.desk.messages[0]).to.deep.include({
      externalId: '1@customer.example',
      endpointId: 'help',
      queueId: 'main',
      from: { address: 'anna@customer.example', name: 'Anna Rossi' },
      mayBeAnswered: true,
      asksSomebody: true,
    });
    expect(house.desk.messages[0]!.text).to.include(poison);
    expect(await list()).to.deep.equal([]);
    // Nothing of persons stays beside the message.
    const [row] = await house.sequelize.query<object>(
      'select pii_from, subject, released_by from raw_mails',
      {
        type: QueryTypes.SELECT,
      },
    );
    expect(row).to.deep.equal({ pii_from: null, subject: null, released_by: 'user:ann' });
  });

  it('makes of one that still cannot be read a mail with the file attached', async () => {
    const content = mailOf({ Subject: 'About loans', 'Message-ID': '<2@customer.example>' }, poison);
    const { rawId } = await held(content, { mailboxId: 'loans', envelopeTo: ['loans@bank.example'] });
    expect(await release(rawId)).to.include({ outcome: 'as-file', reason: 'not-parsed' });
    const [message] = house.desk.messages;
    expect(message).to.deep.include({
      endpointId: 'loans',
      queueId: 'loans',
      from: { address: 'anna@customer.example', name: 'Anna Rossi' },
      subject: 'About loans',
      mayBeAnswered: true,
    });
    expect(message!.text).to.match(/^\[This mail could not be read/);
    expect(message!.files.map(({ name, mime }) => [name, mime])).to.deep.equal([
      ['mail.eml', 'message/rfc822'],
    ]);
    expect(Buffer.from(await house.desk.readFile(message!.files[0]!.sha256)).equals(content)).to.equal(true);
    // One that nothing at all is known of but its envelope: in the site's language, and not to be answered.
    const bare = await held(mailOf({ From: 'nobody', Subject: '' }, poison), {
      envelopeFrom: 'who@else.example',
    });
    expect(bare).to.not.have.any.keys('from', 'subject');
    expect(await release(bare.rawId)).to.include({ outcome: 'as-file', reason: 'not-parsed' });
    expect(house.desk.messages[1]).to.deep.include({
      from: { address: 'who@else.example' },
      mayBeAnswered: false,
      endpointId: 'help',
    });
    expect(house.desk.messages[1]!.text).to.match(/^\[Non è stato possibile/);
  });

  it('lets nobody answer one without a sender, or one of our own', async () => {
    const token = { 'In-Reply-To': '<0@bank.example>' };
    const noSender = await held(mailOf({ From: '', 'Message-ID': '<3@x.example>', ...token }));
    const loop = await held(
      mailOf({ From: 'Help <help@bank.example>', 'Message-ID': '<4@x.example>', ...token }),
    );
    const round = await held(mailOf({ 'X-Hearthline-Loop': 'yes', 'Message-ID': '<5@x.example>', ...token }));
    expect([noSender.reason, loop.reason, round.reason]).to.deep.equal(['no-sender', 'loop', 'loop']);
    for (const { rawId } of [noSender, loop, round])
      expect(await release(rawId)).to.include({ outcome: 'taken' });
    expect(house.desk.messages).to.have.length(3);
    for (const message of house.desk.messages)
      expect(message).to.deep.include({ mayBeAnswered: false, asksSomebody: true, clues: {} });
    expect(house.desk.messages[0]!.from.address).to.equal('');
  });

  it('gives one whose mailbox is gone to the first', async () => {
    const lost = { mailboxId: 'gone', envelopeTo: ['gone@bank.example'] };
    const { rawId, reason } = await held(mailOf({ To: 'gone@bank.example' }), lost);
    expect(reason).to.equal('no-mailbox');
    expect(await release(rawId)).to.include({ outcome: 'taken' });
    expect(house.desk.messages[0]).to.include({ endpointId: 'help', queueId: 'main' });
  });

  it('releases once, however many ask, and never what is deleted', async () => {
    const { rawId } = await held(mailOf({ 'Message-ID': '<6@x.example>' }, poison));
    const answers = await Promise.all(Array.from({ length: 8 }, () => release(rawId)));
    expect(answers.filter((answer) => answer === 'already-released')).to.have.length(7);
    expect(await release(rawId)).to.equal('already-released');
    expect(house.desk.messages).to.have.length(1);
    for (let round = 0; round < 10; round += 1) {
      const other = await held(mailOf({ 'Message-ID': `<round-${round}@x.example>` }, poison));
      const before = house.desk.messages.length;
      const [released, removed] = await Promise.all([release(other.rawId), quarantine.remove(other.rawId)]);
      expect(typeof released === 'string', JSON.stringify(released)).to.equal(removed !== undefined);
      await untilSettled();
      expect(house.desk.messages.length - before).to.equal(removed === undefined ? 1 : 0);
    }
    expect(await release('rm_nothing')).to.equal('not-found');
    const read = await keep(mailOf({ 'Message-ID': '<7@x.example>' }));
    await untilSettled();
    expect(await release(read), 'one that was never here').to.equal('not-found');
  });

  it('takes a released mail once when everything stops in between, or an answer is lost', async () => {
    const { rawId } = await held(mailOf({ 'Message-ID': '<8@x.example>' }, poison));
    await channel.close();
    // Marked, and then killed.
    await createQuarantineRepo(house.sequelize).release(rawId, 'user:ann', Date.now());
    await open();
    await until('it is taken', () => house.desk.messages.length === 1);
    await untilSettled();
    // Taken, and killed before that was written down.
    const other = await held(mailOf({ 'Message-ID': '<9@x.example>' }, poison));
    let isLost = true;
    const taking = house.desk.take.bind(house.desk);
    house.desk.take = async (incoming) => {
      const taken = await taking(incoming);
      if (!isLost) return taken;
      isLost = false;
      throw new Error('the answer is lost');
    };
    expect(await release(other.rawId)).to.include({ outcome: 'duplicate' });
    expect(house.desk.messages.map(({ externalId }) => externalId)).to.have.length(2);
  });

  it('says so when agents have had that mail already', async () => {
    const { rawId } = await held(mailOf({ 'Message-ID': '<10@x.example>' }, poison));
    await keep(mailOf({ 'Message-ID': '<10@x.example>' }, 'the same, readable'));
    await until('it is taken', () => house.desk.messages.length === 1);
    reader.isHealed = true;
    expect(await release(rawId)).to.include({ outcome: 'duplicate' });
    expect(house.desk.messages).to.have.length(1);
  });

  it('takes as a file what the desk does not take as a mail', async () => {
    house.desk.before = (incoming) =>
      incoming.text.startsWith('[') ? undefined : new Error('the database does not take that');
    const { rawId } = await held(mailOf({ 'Message-ID': '<11@x.example>' }, poison));
    reader.isHealed = true;
    expect(await release(rawId)).to.include({ outcome: 'as-file', reason: 'not-taken' });
    expect(house.desk.messages.map(({ externalId }) => externalId)).to.deep.equal(['11@x.example']);
  });

  it('refuses while mail is off, and deletes all the same', async () => {
    const { rawId } = await held(mailOf({}, poison));
    await channel.apply(siteWith(undefined));
    expect(await release(rawId)).to.equal('channel-off');
    expect(await quarantine.remove(rawId)).to.equal('not-parsed');
    expect(await quarantine.remove(rawId)).to.equal(undefined);
  });

  it('deletes content and persons, and knows the same delivery again', async () => {
    const content = mailOf({ Subject: 'secret' }, poison);
    const { rawId } = await held(content, { sourceKey: 'the same' });
    expect(await quarantine.remove(rawId)).to.equal('not-parsed');
    const rows = await house.sequelize.query<Record<string, unknown>>(
      `select state, pii_from, pii_from_name, subject, pii_envelope_from, pii_envelope_to,
         (select count(*)::int from raw_mail_contents c where c.raw_id = r.raw_id) as parts from raw_mails r`,
      { type: QueryTypes.SELECT },
    );
    expect(rows).to.deep.equal([
      {
        state: 'deleted',
        pii_from: null,
        pii_from_name: null,
        subject: null,
        pii_envelope_from: null,
        pii_envelope_to: [],
        parts: 0,
      },
    ]);
    expect(await keep(content, { sourceKey: 'the same' })).to.equal(rawId);
    expect((await house.rows()).map(({ state }) => state)).to.deep.equal(['deleted']);
  });

  it('keeps what blocked senders send, told by From or by the envelope, and takes it when it is released', async () => {
    const add = (kind: 'mail-address' | 'mail-domain', value: string) =>
      blocks.add({ kind, value, reason: 'spam' }, 'ann');
    await add('mail-domain', 'späm.example');
    await add('mail-address', 'bob@else.example');
    const byFrom = await held(
      mailOf({ From: 'x <x@mail.XN--SPM-RLA.example>', 'Message-ID': '<12@x.example>' }),
    );
    const byEnvelope = await held(mailOf({}, poison), { envelopeFrom: 'BOB+1@else.example' });
    expect(byFrom).to.deep.include({ reason: 'blocked', subject: 'hello' });
    expect(byEnvelope).to.deep.include({
      reason: 'blocked',
      from: { address: 'anna@customer.example', name: 'Anna Rossi' },
    });
    expect(house.desk.asked).to.equal(0);
    expect(channel.health().state, 'what is where it belongs worries nobody').to.equal('up');
    expect(blocks.refused().get('mail')).to.equal(2);
    expect(await release(byFrom.rawId)).to.include({ outcome: 'taken' });
    expect(house.desk.messages.map(({ from }) => from.address)).to.deep.equal(['x@mail.XN--SPM-RLA.example']);
    await held(mailOf({ From: 'x@späm.example', 'Message-ID': '<13@x.example>' }));
    for (const { blockId } of (await blocks.list({ limit: 10 })).items) await blocks.remove(blockId);
    await keep(mailOf({ From: 'x@späm.example', 'Message-ID': '<14@x.example>' }));
    await until('it is taken', () => house.desk.messages.length === 2);
  });
});
