/** The outbox against a store that fails or is slow at the wrong moment: no customer reads a message twice for that. */
import { expect } from 'chai';
import type { Channel, SendResult } from '../../../../../server/app/text/channel.ts';
import { offForMs, Outbox, usualSending } from '../../../../../server/app/text/outbox.ts';
import type { DueMessage, NotNow, TextStorePort } from '../../../../../server/app/text/ports.ts';
import { until } from '../../../../support/until.ts';

const message = (messageId: string, more: Partial<DueMessage> = {}): DueMessage => ({
  messageId,
  threadId: `thread of ${messageId}`,
  contactId: 'c',
  channelId: 'mail',
  endpointId: 'help',
  to: { address: 'carla@example.org' },
  language: 'en',
  text: 'An answer.',
  files: [],
  references: [],
  attempts: 0,
  ...more,
});

const mayGo = ({ threadIds, ways }: NotNow, { threadId, channelId, endpointId }: DueMessage): boolean =>
  !threadIds.includes(threadId) &&
  !ways.some((way) => way.channelId === channelId && (way.endpointId ?? endpointId) === endpointId);

/** Messages wait until they are settled; `beforeAnswer` comes between reading what is due and telling it. */
class StoreStandIn {
  readonly waiting = new Map<string, DueMessage>();
  settleFaults = 0;
  settles = 0;
  /** Of the newest message that was settled. */
  outcome: Parameters<TextStorePort['settle']>[1] | undefined;
  beforeAnswer: () => Promise<void> = () => Promise.resolve();

  port(): TextStorePort {
    const part: Pick<TextStorePort, 'due' | 'nextDue' | 'settle'> = {
      due: async (_now, limit, except) => {
        const due = [...this.waiting.values()].filter((one) => mayGo(except, one)).slice(0, limit);
        await this.beforeAnswer();
        return due;
      },
      nextDue: () => Promise.resolve(undefined),
      settle: async (messageId, outcome) => {
        this.settles += 1;
        if (this.settles <= this.settleFaults) throw new Error('the store is away');
        this.outcome = outcome;
        this.waiting.delete(messageId);
        return undefined;
      },
    };
    return part as TextStorePort;
  }
}

describe('outbox', () => {
  let outbox: Outbox | undefined;
  afterEach(() => outbox?.stop());

  const channelOf = (
    send: (messageId: string, signal: AbortSignal) => Promise<SendResult>,
    more: Partial<Channel> = {},
  ): Channel =>
    ({
      id: 'mail',
      capabilities: { work: 'mail', isLive: false, hasHtml: true },
      send: (outgoing, signal) => send(outgoing.messageId, signal),
      health: () => ({ state: 'up' }),
      ...more,
    }) as Partial<Channel> as Channel;

  function open(store: StoreStandIn, send: (messageId: string) => Promise<SendResult>): Outbox {
    return openWith(store, [channelOf(send)]);
  }

  function openWith(store: StoreStandIn, channels: Channel[], now = () => Date.now()): Outbox {
    outbox = new Outbox({
      store: store.port(),
      channels: new Map(channels.map((one) => [one.id, one])),
      site: { agent: () => undefined },
      desk: { settled: () => Promise.resolve() },
      clock: { now },
      logger: { warn: () => undefined, info: () => undefined, error: () => undefined } as never,
    });
    return outbox;
  }

  it('does not send again what could not be written down as sent', async () => {
    const store = new StoreStandIn();
    store.settleFaults = 1;
    store.waiting.set('m1', message('m1'));
    const sent: string[] = [];
    open(store, async (messageId) => {
      sent.push(messageId);
      return { outcome: 'sent' };
    }).wake();
    await until('it is settled', () => store.waiting.size === 0);
    expect(store.settles).to.equal(2);
    expect(sent).to.deep.equal(['m1']);
  });

  it('does not send again what was settled while it was read as due', async () => {
    const store = new StoreStandIn();
    store.waiting.set('m1', message('m1'));
    const sent: string[] = [];
    let finish: () => void = () => undefined;
    const box = open(store, async (messageId) => {
      sent.push(messageId);
      await new Promise<void>((done) => (finish = done));
      return { outcome: 'sent' };
    });
    box.wake();
    await until('it is being sent', () => sent.length === 1);
    // The next look reads it as due; before it hears so, the message is settled.
    store.beforeAnswer = async () => {
      store.beforeAnswer = () => Promise.resolve();
      finish();
      await until('it is settled', () => store.waiting.size === 0);
      await new Promise((turn) => setImmediate(turn));
    };
    box.wake();
    await until('both looks are over', () => store.settles > 0 && store.waiting.size === 0);
    store.waiting.set('m2', message('m2'));
    box.wake();
    await until('the next one goes out', () => sent.includes('m2'));
    expect(sent).to.deep.equal(['m1', 'm2']);
    finish();
  });

  it('tries nothing while its way out is off, and sends when it is on again', async () => {
    const store = new StoreStandIn();
    // On its last try: one that failed now would be the last.
    store.waiting.set('m1', message('m1', { attempts: 54 }));
    store.waiting.set('m2', message('m2', { attempts: 54, endpointId: 'loans' }));
    let isOff = true;
    let asked = 0;
    let now = 1_000_000;
    const sent: string[] = [];
    const mail = channelOf(
      async (messageId) => {
        asked += 1;
        sent.push(messageId);
        return { outcome: 'sent' };
      },
      { health: () => ({ state: isOff ? 'off' : 'up' }) },
    );
    let looks = 0;
    store.beforeAnswer = () => Promise.resolve(void (looks += 1));
    const box = openWith(store, [mail], () => now);
    for (let n = 0; n < 60; n += 1) {
      const before = looks;
      now += offForMs + 1;
      box.wake();
      await until('it has looked', () => looks > before);
    }
    expect(asked).to.equal(0);
    expect([store.settles, store.waiting.size]).to.deep.equal([0, 2]);
    isOff = false;
    box.siteChanged();
    await until('both are sent', () => store.waiting.size === 0);
    expect(sent.toSorted()).to.deep.equal(['m1', 'm2']);
    expect(store.outcome).to.deep.equal({ state: 'sent' });
  });

  it('keeps one mailbox waiting that is off, and sends what goes by the others', async () => {
    const store = new StoreStandIn();
    for (let n = 0; n < 30; n += 1)
      store.waiting.set(`off-${n}`, message(`off-${n}`, { endpointId: 'loans', attempts: 54 }));
    store.waiting.set('m1', message('m1'));
    const asked: string[] = [];
    openWith(store, [
      channelOf(async (messageId) => {
        asked.push(messageId);
        return messageId.startsWith('off') ? { outcome: 'off' } : { outcome: 'sent' };
      }),
    ]).wake();
    await until('the other one is sent', () => !store.waiting.has('m1'));
    expect(store.waiting.size).to.equal(30);
    expect(asked.length).to.be.at.most(usualSending.atOnce + 1);
  });

  it('does not let one channel that hangs hold up the others', async () => {
    const store = new StoreStandIn();
    for (let n = 0; n < 40; n += 1) store.waiting.set(`mail-${n}`, message(`mail-${n}`));
    let hanging = 0;
    const ends: (() => void)[] = [];
    const mail = channelOf(
      () => {
        hanging += 1;
        return new Promise((done) => ends.push(() => done({ outcome: 'sent' })));
      },
      {
        capabilities: {
          work: 'mail',
          isLive: false,
          hasHtml: true,
          sending: { atOnce: 3, boundMs: 60_000 },
        },
      },
    );
    const chat = channelOf(async () => ({ outcome: 'sent' }), { id: 'chat' });
    const box = openWith(store, [mail, chat]);
    box.wake();
    await until('it hangs', () => hanging === 3);
    store.waiting.set('line', message('line', { channelId: 'chat' }));
    box.wake();
    await until('the line is sent', () => !store.waiting.has('line'));
    expect(hanging).to.equal(3);
    for (const end of ends) end();
  });

  it('gives a channel the time that it states, and ends the attempt itself after that', async () => {
    const store = new StoreStandIn();
    store.waiting.set('m1', message('m1'));
    let isEnded = false;
    const mail = channelOf(
      (_messageId, signal) =>
        new Promise((_done, fail) => {
          signal.addEventListener('abort', () => {
            isEnded = true;
            fail(new Error('the connection is closed'));
          });
        }),
      {
        capabilities: { work: 'mail', isLive: false, hasHtml: true, sending: { atOnce: 1, boundMs: 80 } },
      },
    );
    openWith(store, [mail]).wake();
    await until('it is tried later', () => store.outcome?.state === 'queued');
    expect(isEnded).to.equal(true);
    expect(store.outcome).to.include({ fault: 'no answer in time' });
  });
});
