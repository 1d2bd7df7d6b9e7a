/** The door for customers is closed with all that is open behind it: sockets of chats are told to come back. */
import { once } from 'node:events';
import { createConnection } from 'node:net';
import { expect } from 'chai';
import { WebSocket } from 'ws';
import type { ChatChannel } from '../../../../server/channels/chat/chat-channel.ts';
import { createChatSockets } from '../../../../server/channels/chat/chat-sockets.ts';
import { PublicServer } from '../../../../server/channels/public-server.ts';
import { siteSchema } from '../../../../server/contract/site.ts';

const site = siteSchema.parse({
  site: { name: 'Bank' },
  queues: [{ id: 'chat', name: 'Chat' }],
  widgets: [{ id: 'web', queue: 'chat', origins: ['https://www.bank.example'] }],
});
const closed = siteSchema.parse({ site: { name: 'Bank' } });
const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

function open(): PublicServer {
  const sockets = createChatSockets({} as ChatChannel, {
    isAllowed: () => true,
    trustedProxyHops: 0,
    now: () => Date.now(),
    logger,
  });
  return new PublicServer({
    port: 0,
    bind: '127.0.0.1',
    trustedProxyHops: false,
    widgetDir: '/nonexistent',
    routers: [],
    sockets,
    now: () => Date.now(),
    logger,
  });
}

describe('the door for customers', () => {
  let server: PublicServer;
  beforeEach(async () => {
    server = open();
    await server.apply(site);
  });
  afterEach(() => server.close());

  const dial = () => new WebSocket(`ws://127.0.0.1:${server.port}/chat/socket`, 'hearthline-chat');

  it('closes its sockets with 1001, and opens again', async () => {
    const one = dial();
    await once(one, 'open');
    const gone = once(one, 'close');
    await server.apply(closed);
    expect((await gone)[0]).to.equal(1001);
    expect(server.port).to.equal(undefined);
    await server.apply(site);
    const other = dial();
    await once(other, 'open');
    other.terminate();
  });

  it('does not wait for a browser that answers nothing', async () => {
    const mute = createConnection(server.port!, '127.0.0.1');
    await once(mute, 'connect');
    mute.write(
      'GET /chat/socket HTTP/1.1\r\nHost: bank\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n' +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n' +
        'Sec-WebSocket-Protocol: hearthline-chat\r\n\r\n',
    );
    const [answer] = (await once(mute, 'data')) as [Buffer];
    expect(answer.toString('latin1')).to.match(/^HTTP\/1\.1 101 /);
    const gone = once(mute, 'close');
    await server.close();
    await gone;
  }).timeout(4000);
});
