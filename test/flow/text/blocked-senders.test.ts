/** Blocked senders and the quarantine on the real house: at every door, at once, for running chats not, and through a kill. */
import { expect } from 'chai';
import { createTransport } from 'nodemailer';
import type { BlockRequest, BlockRow, QuarantinePage } from '../../../server/contract/rest-quarantine.ts';
import { HostileHouse } from '../../support/hostile-house.ts';
import { until } from '../../support/until.ts';

/** The doors for text open after the pages: history has to catch up and what was kept to be taken over, on a busy machine. */
const doorsOpenMs = 30_000;

describe('blocked senders', function () {
  this.timeout(120_000);
  let world: HostileHouse;

  before(async () => {
    world = await HostileHouse.open();
    await world.anna.goReady();
  });
  after(() => world?.close());

  const block = (kind: BlockRequest['kind'], value: string) =>
    world.admin.must<BlockRow>('POST', '/api/blocks', { kind, value, reason: 'a test' });
  const unblock = ({ blockId }: BlockRow) => world.admin.call('DELETE', `/api/blocks/${blockId}`);
  const quarantined = async (reason: string) =>
    (await world.admin.must<QuarantinePage>('GET', '/api/quarantine')).items.filter(
      (mail) => mail.reason === reason,
    );
  async function refusalOf(answer: Response): Promise<[number, string]> {
    const body = (await answer.json()) as { error?: { code: string; details?: object; message: string } };
    // Nobody learns what of them is blocked.
    expect(body.error).to.not.have.property('details');
    expect(body.error?.message).to.not.match(/block/i);
    return [answer.status, body.error?.code ?? ''];
  }
  const startChat = (body: object = {}) =>
    fetch(`${world.url}/chat/web/sessions`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: 'https://www.bank.example' },
      body: JSON.stringify({ language: 'en', ...body }),
    });
  async function deliver(mail: object): Promise<void> {
    const { mailPort: port } = world;
    const relay = createTransport({ host: '127.0.0.1', port, secure: false, ignoreTLS: true });
    try {
      await until(
        'the listener takes mails',
        () =>
          relay.sendMail({ to: 'help@bank.example', subject: 'hello', text: 'hello', ...mail }).then(
            () => true,
            () => false,
          ),
        doorsOpenMs,
      );
    } finally {
      relay.close();
    }
  }
  const refused = [422, 'sender-refused'];

  it('begin no chat from their network, and keep the one that runs', async () => {
    const { one, contactId } = await world.chatWith(world.anna, 'before the block');
    const network = await block('network', '::ffff:127.0.0.0/104');
    expect(network.value).to.equal('127.0.0.0/8');
    expect(await refusalOf(await startChat())).to.deep.equal(refused);
    expect(await refusalOf(await world.form({ clientId: 'blocked-1' }))).to.deep.equal(refused);
    one.say('after the block');
    await one.untilKept();
    const { messages } = await world.anna.thread(contactId);
    expect(messages.map(({ text }) => text)).to.include('after the block');
    expect((await unblock(network)).status).to.equal(204);
    expect((await startChat()).status).to.equal(201);
    await world.anna.close(contactId);
  });

  it('are refused by address, domain and number in chats, forms and messages, and others are not', async () => {
    const all = [
      await block('mail-domain', 'späm.example'),
      await block('mail-address', 'bob@else.example'),
      await block('phone', '+39 06 5551234'),
    ];
    const before = await world.counts();
    for (const answer of [
      await startChat({ email: 'x@mail.XN--SPM-RLA.example' }),
      await world.form({ clientId: 'blocked-2', email: 'BOB+more@Else.Example' }),
      await world.form({ clientId: 'blocked-3', wants: 'call', phone: '0039 (06) 555-1234' }),
      await world.hook('sms', 'messages', { id: 'b1', from: { address: '+39065551234' }, text: 'x' }),
      await world.hook('sms', 'messages', { id: 'b2', from: { address: 'bob@else.example' }, text: 'x' }),
    ])
      expect(await refusalOf(answer)).to.deep.equal(refused);
    expect(await world.counts(), 'nothing of it is kept').to.deep.equal(before);
    expect((await world.form({ clientId: 'fine-00001', email: 'carla@example.org' })).status).to.equal(202);
    expect(
      (await world.hook('sms', 'messages', { id: 'f1', from: { address: '+39065551235' }, text: 'x' }))
        .status,
    ).to.equal(200);
    const metrics = await world.house.metrics();
    expect(metrics.get('hearthline_blocked_total{door="webhook"}')).to.equal(2);
    for (const one of all) await unblock(one);
  });

  it('have their mails kept in quarantine, from where an agent gets them, once through a kill', async () => {
    const domain = await block('mail-domain', 'spam.example');
    await deliver({ from: 'Eve <eve@spam.example>', subject: 'let me in', messageId: '<eve@spam.example>' });
    await until('it is in quarantine', async () => (await quarantined('blocked')).length === 1);
    const [mail] = await quarantined('blocked');
    expect(mail).to.deep.include({
      from: { address: 'eve@spam.example', name: 'Eve' },
      subject: 'let me in',
    });
    // Both clicks at the moment of the kill: whatever is answered, it is one contact.
    const path = `/api/quarantine/${mail!.rawId}/release`;
    const clicks = [1, 2].map(() => world.admin.call('POST', path, {}).catch(() => undefined));
    await world.house.stack.killProcess('server');
    await Promise.all(clicks);
    await world.house.stack.waitReady();
    // Killed before it was marked, it is there still.
    await until(
      'it is released',
      async () => {
        const answer = await world.admin
          .call<{ error?: { details?: { reason?: string } } }>('POST', path, {})
          .catch(() => undefined);
        // Mail opens some moments after the pages.
        return (
          answer !== undefined &&
          (answer.status < 300 || answer.body.error?.details?.reason === 'already-released')
        );
      },
      doorsOpenMs,
    );
    const contacts = () =>
      world.house.rows<{ n: number }>(
        `select count(*)::int as n from text_contacts c join threads t using (thread_id) where t.pii_address = 'eve@spam.example'`,
      );
    await until('it is a contact', async () => (await contacts())[0]?.n === 1);
    expect(await quarantined('blocked')).to.deep.equal([]);
    // The block outlived the kill, and the release.
    await deliver({ from: 'eve@spam.example', messageId: '<eve2@spam.example>' });
    await until('it is in quarantine', async () => (await quarantined('blocked')).length === 1);
    expect((await contacts())[0]?.n).to.equal(1);
    await unblock(domain);
    expect(world.faults()).to.deep.equal([]);
  });
});
