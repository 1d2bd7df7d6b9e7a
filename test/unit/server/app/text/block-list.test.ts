/** Blocked senders: in one form however they are written, at once in force, over at their end, bounded, counted. */
import { expect } from 'chai';
import fc from 'fast-check';
import { BlockList, type BlockStorePort, type Sender } from '../../../../../server/app/text/block-list.ts';
import { formsOfMail, normalForm, phoneOf } from '../../../../../server/app/text/sender-forms.ts';
import type { BlockKind, BlockRow } from '../../../../../server/contract/rest-quarantine.ts';
import { newId } from '../../../../../server/lib/ids.ts';
import { createLogger } from '../../../../../server/lib/log.ts';
import { cpuMsOf } from '../../../../support/cpu-time.ts';

const day = 86_400_000;

/** As the database does it, in memory. */
function memoryStore(): BlockStorePort & { rows: BlockRow[] } {
  const store = {
    rows: [] as BlockRow[],
    all: async (now: number) => store.rows.filter(({ endsAt = Infinity }) => endsAt > now),
    list: async () => ({ items: store.rows, total: store.rows.length }),
    add: async (block: BlockRow, now: number, atMost: number) => {
      store.rows = await store.all(now);
      if (store.rows.length >= atMost) return 'full' as const;
      if (store.rows.some(({ kind, value }) => kind === block.kind && value === block.value))
        return 'already-blocked' as const;
      store.rows = [...store.rows, block];
      return 'added' as const;
    },
    remove: async (blockId: string) => {
      const found = store.rows.find((row) => row.blockId === blockId);
      store.rows = store.rows.filter((row) => row !== found);
      return found;
    },
  };
  return store;
}

describe('blocked senders', () => {
  let now = 1_790_000_000_000;
  const logger = createLogger('test', 'silent');
  let store: ReturnType<typeof memoryStore>;
  let list: BlockList;
  beforeEach(async () => {
    store = memoryStore();
    list = new BlockList({ store, clock: { now: () => now }, newId, logger });
    await list.start();
  });
  afterEach(() => list.stop());

  const add = (kind: BlockKind, value: string, endsAt?: number) =>
    list.add({ kind, value, reason: 'spam', ...(endsAt !== undefined && { endsAt }) }, 'ann');
  const isMail = (...mails: string[]) => list.isBlocked('mail', { mails });
  const isFrom = (ip: string) => list.isBlocked('chat', { ip });

  it('are found by address, in any case, with and without a detail', async () => {
    expect(await add('mail-address', ' Anna.Rossi@Example.ORG ')).to.have.nested.property(
      'block.value',
      'anna.rossi@example.org',
    );
    for (const mail of ['anna.rossi@example.org', 'ANNA.ROSSI@EXAMPLE.ORG.', 'Anna.Rossi+x+y@example.org'])
      expect(isMail(mail), mail).to.equal(true);
    for (const mail of ['rossi@example.org', 'anna.rossi@sub.example.org', 'anna.rossi', '', '@'])
      expect(isMail(mail), mail).to.equal(false);
    await add('mail-address', 'bob+only@example.org');
    expect([isMail('bob+only@example.org'), isMail('bob@example.org')]).to.deep.equal([true, false]);
    expect(isMail('nobody@else.example', 'bob+only@example.org')).to.equal(true);
  });

  it('are found by domain and below it, however it is written', async () => {
    await add('mail-domain', '@Bücher.Example');
    for (const mail of [
      'a@bücher.example',
      'a@BÜCHER.example',
      'a@xn--bcher-kva.example',
      'a@mail.bücher.example.',
    ])
      expect(isMail(mail), mail).to.equal(true);
    for (const mail of ['a@bucher.example', 'a@xbücher.example', 'a@example', 'bücher.example@else.example'])
      expect(isMail(mail), mail).to.equal(false);
    await add('mail-domain', 'банк.рф');
    expect(isMail('кто@БАНК.рф')).to.equal(true);
  });

  it('are found by network, one address being the same in both families', async () => {
    await add('network', '203.0.113.0/24');
    await add('network', '2001:db8:7::1');
    for (const ip of ['203.0.113.9', '::ffff:203.0.113.9', '2001:db8:7:0:ffff::2'])
      expect(isFrom(ip), ip).to.equal(true);
    for (const ip of ['203.0.114.9', '::203.0.113.9', '2001:db8:7:1::1', 'unknown', ''])
      expect(isFrom(ip), ip).to.equal(false);
  });

  it('are found by number', async () => {
    await add('phone', '+39 06 (123) 45.67');
    for (const phone of ['+39061234567', '0039 06 1234567', '+39-06-1234567'])
      expect(list.isBlocked('form', { phone }), phone).to.equal(true);
    for (const phone of ['061234567', '39061234567', '+390612345678', '-----'])
      expect(list.isBlocked('form', { phone }), phone).to.equal(false);
  });

  it('take effect at once, and none any more once they are removed or have ended', async () => {
    const added = await add('mail-domain', 'spam.example');
    expect(isMail('a@spam.example')).to.equal(true);
    if (!('block' in added)) throw new Error('it was not added');
    expect(added.block).to.deep.include({ by: 'ann', since: now, reason: 'spam' });
    expect(await list.remove(added.block.blockId)).to.deep.equal(added.block);
    expect(isMail('a@spam.example')).to.equal(false);
    expect(await list.remove(added.block.blockId)).to.equal(undefined);
    await add('network', '198.51.100.0/24', now + day);
    expect(isFrom('198.51.100.1')).to.equal(true);
    now += day;
    expect(isFrom('198.51.100.1')).to.equal(false);
    // The ended one is not in the way.
    expect(await add('network', '198.51.100.0/24')).to.have.property('block');
    expect(isFrom('198.51.100.1')).to.equal(true);
  });

  it('are there again after a start', async () => {
    await add('mail-domain', 'spam.example');
    const next = new BlockList({ store, clock: { now: () => now }, newId, logger });
    expect(next.isBlocked('mail', { mails: ['a@spam.example'] })).to.equal(false);
    await next.start();
    expect(next.isBlocked('mail', { mails: ['a@spam.example'] })).to.equal(true);
    next.stop();
  });

  it('refuse what is no sender, too broad, or ends in no time', async () => {
    const faultOf = async (kind: BlockKind, value: string, endsAt?: number) => {
      const added = await add(kind, value, endsAt);
      return 'fault' in added ? added.fault : added;
    };
    for (const value of ['anna', '@example.org', 'a b@example.org', 'a@localhost', 'a@exa mple.org', '.*@x'])
      expect(await faultOf('mail-address', value), value).to.equal('not-an-address');
    for (const value of [
      'com',
      'localhost',
      'a@b.example',
      '*.example.org',
      '(a+)+$.org',
      '..',
      'x'.repeat(300),
    ])
      expect(await faultOf('mail-domain', value), value).to.equal('not-a-domain');
    expect(await faultOf('network', 'example.org')).to.equal('not-a-network');
    for (const value of ['0.0.0.0/0', '10.0.0.0/7', '::/0', '2001::/15', '::ffff:0.0.0.0/96'])
      expect(await faultOf('network', value), value).to.equal('too-broad');
    for (const value of ['12', 'call me', '+39 06 12345 ext 7'])
      expect(await faultOf('phone', value)).to.equal('not-a-number');
    expect(await faultOf('phone', '+39061234567', now)).to.equal('ends-too-soon');
    expect(await faultOf('phone', '+39061234567', now + 4000 * day)).to.equal('ends-too-late');
    expect(store.rows).to.deep.equal([]);
  });

  it('are there once, and are counted by door', async () => {
    await add('mail-address', 'a@spam.example');
    expect(await add('mail-address', 'A@SPAM.example')).to.deep.equal({ conflict: 'already-blocked' });
    isMail('a@spam.example');
    isMail('b@else.example');
    for (const door of ['form', 'form', 'webhook'] as const)
      list.isBlocked(door, { mails: ['a@spam.example'] });
    expect(Object.fromEntries(list.refused())).to.deep.equal({ mail: 1, chat: 0, form: 2, webhook: 1 });
  });

  it('are bounded, and a full list is asked fast', async () => {
    store.rows = Array.from({ length: 10_000 }, (_, index) => ({
      blockId: `block_${index}`,
      kind: index % 2 === 0 ? ('network' as const) : ('mail-domain' as const),
      value: index % 2 === 0 ? `10.${index >> 8}.${index & 255}.0/${20 + (index % 9)}` : `d${index}.example`,
      reason: 'spam',
      by: 'ann',
      since: now,
    }));
    await list.start();
    expect(list.size).to.equal(10_000);
    expect(await add('mail-domain', 'one-more.example')).to.deep.equal({ conflict: 'full' });
    const senders: Sender[] = [{ ip: '192.0.2.1', mails: ['x@a.b.c.d.e.f.example'], phone: '+39061234567' }];
    const askOften = () => {
      for (let round = 0; round < 1000; round += 1) list.isBlocked('form', senders[0]!);
    };
    expect(await cpuMsOf(askOften)).to.be.below(2000);
  });

  it('are asked about anything without harm', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        expect(list.isBlocked('form', { ip: text, mails: [text, `a@${text}`], phone: text })).to.equal(false);
        for (const kind of ['mail-address', 'mail-domain', 'network', 'phone'] as const) {
          const form = normalForm(kind, text);
          // A normal form is its own.
          if ('value' in form) expect(normalForm(kind, form.value)).to.deep.equal(form);
        }
        expect(formsOfMail(`a@${text}`).domains.length).to.be.below(130);
        expect(phoneOf(text) ?? '12345').to.match(/^\+?\d{5,20}$/);
      }),
    );
  });
});
