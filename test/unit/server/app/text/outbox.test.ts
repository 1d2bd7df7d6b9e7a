/** The outbox against a store that fails or is slow at the wrong moment: no customer reads a message twice for that. */
import { expect } from 'chai';
import type { Channel, SendResult } from '../../../../../server/app/text/channel.ts';
import { DeskNews } from '../../../../../server/app/text/desk-news.ts';
import { Outbox } from '../../../../../server/app/text/outbox.ts';
import type { DueMessage, TextStorePort } from '../../../../../server/app/text/ports.ts';
import { until } from '../../../../support/until.ts';

const message = (messageId: string): DueMessage => ({
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
});

/** Messages wait until they are settled; `beforeAnswer` comes between reading what is due and telling it. */
class StoreStandIn {
  readonly waiting = new Map<string, DueMessage>();
  settleFaults = 0;
  settles = 0;
  beforeAnswer: () => Promise<void> = () => Promise.resolve();

  port(): TextStorePort {
    const part: Pick<TextStorePort, 'due' | 'nextDue' | 'settle'> = {
      due: async () => {
        const due = [...this.waiting.values()];
        await this.beforeAnswer();
        return due;
      },
      nextDue: () => Promise.resolve(undefined),
      settle: async (messageId) => {
        this.settles += 1;
        if (this.settles <= this.settleFaults) throw new Error('the store is away');
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

  function open(store: StoreStandIn, send: (messageId: string) => Promise<SendResult>): Outbox {
    const channel = {
      send: (outgoing) => send(outgoing.messageId),
      health: () => ({ state: 'up' }),
    } as Partial<Channel> as Channel;
    outbox = new Outbox({
      store: store.port(),
      channels: new Map([['mail', channel]]),
      site: { agent: () => undefined },
      news: new DeskNews(),
      clock: { now: () => Date.now() },
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
});
