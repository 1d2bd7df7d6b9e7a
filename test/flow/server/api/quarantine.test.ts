/** The quarantine and the blocked senders over HTTP: who may, what is answered, what the audit trail has of it. */
import { expect } from 'chai';
import type { MailReadingPort } from '../../../../server/app/text/quarantine.ts';
import type { RawOutcome } from '../../../../server/channels/mail/raw-mail.ts';
import { exposeGuard } from '../../../../server/compose/text-guard.ts';
import type {
  BlockPage,
  BlockRow,
  QuarantineMail,
  QuarantinePage,
} from '../../../../server/contract/rest-quarantine.ts';
import { createRawMailRepo } from '../../../../server/db/repos/raw-mail-repo.ts';
import { createMetrics } from '../../../../server/lib/metrics.ts';
import { until } from '../../../support/until.ts';
import { startHarness, type Browser, type Harness } from './harness.ts';

describe('quarantine and blocked senders over HTTP', function () {
  this.timeout(60_000);
  let house: Harness;
  let sam: Browser;
  let vera: Browser;
  let count = 0;
  const store = () => createRawMailRepo(house.sequelize);
  /** The channel's part: what is marked is settled as the test wants it. */
  let outcome: RawOutcome = { state: 'read', messageId: 'm_none' };
  const listeners = new Set<(rawId: string) => void>();
  const mail: MailReadingPort = {
    isOn: () => true,
    wake() {
      void store()
        .unread(10)
        .then(async (raws) => {
          for (const { rawId } of raws) {
            await store().settle(rawId, outcome);
            for (const listener of listeners) listener(rawId);
          }
        });
    },
    onSettled(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };

  before(async () => {
    house = await startHarness();
    house.guard.noteMail(mail);
    sam = await house.user('supervisor', 'sam');
    vera = await house.user('viewer', 'vera');
  });
  after(() => house?.stop());

  async function held(
    reason: 'no-sender' | 'blocked' | 'not-parsed' = 'not-parsed',
    content = Buffer.from('Subject: x\r\n\r\ny'),
  ): Promise<string> {
    count += 1;
    const { rawId } = await store().keep({
      mailboxId: 'help',
      source: 'smtp',
      sourceKey: `key ${count}`,
      receivedAt: 1_790_000_000_000 + count,
      envelopeFrom: 'relay@customer.example',
      envelopeTo: ['help@bank.example'],
      content,
    });
    const facts = { from: { address: 'anna@customer.example', name: 'Anna' }, subject: `mail ${count}` };
    await store().settle(rawId, { state: 'quarantined', reason, facts });
    return rawId;
  }
  const trail = async (action: string) =>
    (await house.deps.audit.list(200)).filter((entry) => entry.action === action);

  it('is for supervisors and administrators', async () => {
    const rawId = await held();
    for (const [method, path, body] of [
      ['GET', '/api/quarantine', undefined],
      ['GET', '/api/quarantine/count', undefined],
      ['GET', `/api/quarantine/${rawId}`, undefined],
      ['GET', `/api/quarantine/${rawId}/raw`, undefined],
      ['POST', `/api/quarantine/${rawId}/release`, {}],
      ['DELETE', `/api/quarantine/${rawId}`, undefined],
      ['GET', '/api/blocks', undefined],
      ['POST', '/api/blocks', { kind: 'phone', value: '12345', reason: 'spam' }],
      ['DELETE', '/api/blocks/block_1', undefined],
    ] as const) {
      expect((await vera.call(method, path, body)).status, `${method} ${path}`).to.equal(403);
      expect((await house.browser().call(method, path, body)).status, path).to.equal(401);
    }
    expect((await sam.call('GET', `/api/quarantine/${rawId}`)).status).to.equal(200);
    expect((await sam.call('GET', '/api/session')).json).to.deep.include({ channels: ['mail', 'chat'] });
    expect((await sam.call('DELETE', `/api/quarantine/${rawId}`)).status).to.equal(204);
  });

  it('lists mails in pages, all or those to look at, and tells the facts of one', async () => {
    const ids = [await held('no-sender'), await held('blocked'), await held('not-parsed')];
    const page = async (query: string) =>
      (await sam.call('GET', `/api/quarantine?${query}`)).json as unknown as QuarantinePage;
    const first = await page('limit=2');
    expect(first.items.map(({ rawId }) => rawId)).to.deep.equal([ids[2], ids[1]]);
    const next = await page(`limit=2&cursor=${first.nextCursor}`);
    expect(next.items.map(({ rawId }) => rawId)).to.deep.equal([ids[0]]);
    expect((await page('show=unsettled')).items.map(({ reason }) => reason)).to.deep.equal([
      'not-parsed',
      'no-sender',
    ]);
    expect((await sam.call('GET', '/api/quarantine?show=some')).status).to.equal(400);
    const one = (await sam.call('GET', `/api/quarantine/${ids[1]}`)).json as unknown as QuarantineMail;
    expect(one).to.deep.include({
      rawId: ids[1],
      reason: 'blocked',
      mailboxId: 'help',
      source: 'smtp',
      from: { address: 'anna@customer.example', name: 'Anna' },
      envelopeFrom: 'relay@customer.example',
      envelopeTo: ['help@bank.example'],
    });
    for (const path of ['/api/quarantine/rm_none', '/api/quarantine/rm_none/raw', '/api/quarantine/..%2f'])
      expect((await sam.call('GET', path)).status, path).to.equal(404);
    for (const rawId of ids) await sam.call('DELETE', `/api/quarantine/${rawId}`);
  });

  it('hands a mail out to be saved, whole, after that was written down', async () => {
    const content = Buffer.from(`Subject: <script>alert(1)</script>\r\n\r\n${'y'.repeat(2_200_000)}`);
    const rawId = await held('not-parsed', content);
    const raw = await sam.call('GET', `/api/quarantine/${rawId}/raw`);
    expect(raw.status).to.equal(200);
    expect(Buffer.from(raw.text).equals(content)).to.equal(true);
    expect(raw.headers).to.deep.include({
      'content-type': 'message/rfc822',
      'content-disposition': `attachment; filename="${rawId}.eml"; filename*=UTF-8''${rawId}.eml`,
      'content-security-policy': "default-src 'none'; sandbox",
      'x-content-type-options': 'nosniff',
      'cache-control': 'no-store',
      'content-length': String(content.length),
    });
    expect((await trail('quarantine.downloaded'))[0]).to.deep.include({
      actor: 'user:sam',
      target: rawId,
      details: { reason: 'not-parsed' },
    });
    await sam.call('DELETE', `/api/quarantine/${rawId}`);
    expect((await sam.call('GET', `/api/quarantine/${rawId}/raw`)).status).to.equal(404);
    expect((await trail('quarantine.deleted'))[0]).to.include({ actor: 'user:sam', target: rawId });
  });

  it('releases once for two browsers, and tells what became of the mail', async () => {
    const ann = await house.admin();
    const rawId = await held();
    outcome = { state: 'read', messageId: 'm_none', asFile: 'not-parsed' };
    const answers = await Promise.all(
      [sam, ann, sam, ann].map((one) => one.call('POST', `/api/quarantine/${rawId}/release`, {})),
    );
    const [won] = answers.filter(({ status }) => status === 200);
    expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).to.deep.equal([200, 409, 409, 409]);
    expect(won!.json).to.deep.equal({ outcome: 'as-file', reason: 'not-parsed' });
    for (const { status, json } of answers)
      if (status === 409) expect(json).to.have.nested.property('error.details.reason', 'already-released');
    expect((await trail('quarantine.released')).filter(({ target }) => target === rawId)).to.have.length(1);
    for (const [settled, told] of [
      [{ state: 'read', messageId: 'm_none' }, 'taken'],
      [{ state: 'duplicate' }, 'duplicate'],
    ] as const) {
      outcome = settled;
      const released = await sam.call('POST', `/api/quarantine/${await held()}/release`, {});
      expect(released.json).to.deep.equal({ outcome: told });
    }
    expect((await sam.call('POST', '/api/quarantine/rm_none/release', {})).status).to.equal(404);
    expect((await sam.call('POST', `/api/quarantine/${rawId}/release`, { force: true })).status).to.equal(
      400,
    );
  });

  it('blocks, finds and takes from them again, with an entry for each', async () => {
    const add = (body: object) => sam.call('POST', '/api/blocks', { reason: 'sends spam', ...body });
    const page = async (query = '') =>
      (await sam.call('GET', `/api/blocks${query}`)).json as unknown as BlockPage;
    const endsAt = Date.now() + 86_400_000;
    const domain = await add({ kind: 'mail-domain', value: '@Bücher.Example', endsAt });
    expect(domain.status).to.equal(201);
    expect(domain.json).to.deep.include({
      kind: 'mail-domain',
      value: 'xn--bcher-kva.example',
      by: 'sam',
      reason: 'sends spam',
      endsAt,
    });
    expect(house.guard.blocks.isBlocked('mail', { mails: ['x@bücher.example'] })).to.equal(true);
    await add({ kind: 'network', value: '::ffff:203.0.113.9/120', reason: '100% sure_' });
    expect((await add({ kind: 'network', value: '203.0.113.0/24' })).json).to.have.nested.property(
      'error.details.reason',
      'already-blocked',
    );
    expect((await page()).items.map(({ value }) => value)).to.deep.equal([
      '203.0.113.0/24',
      'xn--bcher-kva.example',
    ]);
    for (const [find, found] of [
      ['BCHER', ['xn--bcher-kva.example']],
      ['203.0', ['203.0.113.0/24']],
      ['100% SURE_', ['203.0.113.0/24']],
      ['.*', []],
      ['bücher', ['xn--bcher-kva.example']],
      ['%', ['203.0.113.0/24']],
    ] as const)
      expect(
        (await page(`?find=${encodeURIComponent(find)}`)).items.map(({ value }) => value),
        find,
      ).to.deep.equal(found);
    const first = await page('?limit=1');
    expect(first).to.include({ total: 2 });
    expect((await page(`?limit=1&cursor=${first.nextCursor}`)).items[0]!.value).to.equal(
      'xn--bcher-kva.example',
    );
    for (const [body, reason] of [
      [{ kind: 'network', value: '0.0.0.0/0' }, 'too-broad'],
      [{ kind: 'mail-domain', value: '(a+)+$' }, 'not-a-domain'],
      [{ kind: 'phone', value: 'call me' }, 'not-a-number'],
      [{ kind: 'phone', value: '+39061234', endsAt: 5 }, 'ends-too-soon'],
    ] as const) {
      const { status, json } = await add(body);
      expect(status).to.equal(400);
      expect(json).to.have.nested.property('error.details.reason', reason);
    }
    for (const body of [{}, { kind: 'all', value: 'x' }, { kind: 'phone', value: 'x'.repeat(400) }])
      expect((await add(body)).status).to.equal(400);
    const { blockId } = domain.json as unknown as BlockRow;
    expect((await sam.call('DELETE', `/api/blocks/${blockId}`)).status).to.equal(204);
    expect((await sam.call('DELETE', `/api/blocks/${blockId}`)).status).to.equal(404);
    expect(house.guard.blocks.isBlocked('mail', { mails: ['x@bücher.example'] })).to.equal(false);
    for (const action of ['block.added', 'block.removed'])
      expect((await trail(action)).find(({ target }) => target === blockId)).to.deep.include({
        actor: 'user:sam',
        details: { kind: 'mail-domain', value: 'xn--bcher-kva.example', reason: 'sends spam', endsAt },
      });
  });

  it('keeps the bound and the uniqueness of blocks for many at once', async () => {
    const same = await Promise.all(
      Array.from({ length: 6 }, () =>
        sam.call('POST', '/api/blocks', { kind: 'phone', value: '+390699999', reason: 'spam' }),
      ),
    );
    expect(same.filter(({ status }) => status === 201)).to.have.length(1);
    await house.sequelize.query(
      `insert into blocks (block_id, kind, pii_value, reason, created_by, created_at)
       select 'b' || n, 'mail-domain', 'd' || n || '.example', 'spam', 'ann', now() from generate_series(1, 10000) n`,
    );
    const full = await sam.call('POST', '/api/blocks', {
      kind: 'phone',
      value: '+390699998',
      reason: 'spam',
    });
    expect(full.json).to.have.nested.property('error.details.reason', 'full');
    // What has ended makes room.
    await house.sequelize.query(`update blocks set ends_at = now() where block_id like 'b1%'`);
    expect(
      (await sam.call('POST', '/api/blocks', { kind: 'phone', value: '+390699998', reason: 'spam' })).status,
    ).to.equal(201);
    await house.sequelize.query('truncate blocks');
  });

  it('shows in the figures how many there are', async () => {
    const ids = [await held('blocked'), await held('no-sender')];
    const metrics = createMetrics();
    exposeGuard(metrics, house.guard);
    house.guard.quarantine.start();
    await until('they are counted', () => house.guard.quarantine.count().total === 2);
    expect((await sam.call('GET', '/api/quarantine/count')).json).to.deep.equal({ total: 2, unsettled: 1 });
    const before = Number(/hearthline_blocked_total\{door="mail"\} (\d+)/.exec(metrics.text())?.[1]);
    await house.guard.blocks.add({ kind: 'phone', value: '12345', reason: 'spam' }, 'ann');
    house.guard.blocks.isBlocked('form', { phone: '12345' });
    const text = metrics.text();
    expect(text).to.include('hearthline_quarantine_mails{reason="blocked"} 1\n');
    expect(text).to.include('hearthline_quarantine_mails{reason="too-slow"} 0\n');
    expect(text).to.include('hearthline_blocked_senders ');
    expect(text).to.include('hearthline_blocked_total{door="form"} 1\n');
    expect(text).to.include(`hearthline_blocked_total{door="mail"} ${before}\n`);
    for (const rawId of ids) await sam.call('DELETE', `/api/quarantine/${rawId}`);
  });
});
