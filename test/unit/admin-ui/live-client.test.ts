/** The live socket's shell with a fake socket and a fake clock: silence, reconnection, clock offset, late answers. */
import { expect } from 'chai';
import { createLiveClient, type LiveEnv, type TicketOutcome } from '../../../admin-ui/shared/live-client.ts';
import type { LiveMessage, LiveRequest } from '../../../server/contract/live.ts';
import { until } from '../../support/ui-browser.ts';

class FakeSocket {
  readyState = 0;
  sent: LiveRequest[] = [];
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  open() {
    this.readyState = 1;
    this.onopen?.();
  }
  say(message: LiveMessage) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  send(data: string) {
    this.sent.push(JSON.parse(data) as LiveRequest);
  }
  close() {
    this.readyState = 3;
  }
}

function setUp(ticket: () => Promise<TicketOutcome> = () => Promise.resolve({ kind: 'ok', url: '/ws' })) {
  const sockets: FakeSocket[] = [];
  const clock = { monotonic: 0, wall: 1_700_000_000_000 };
  const paints: (() => void)[] = [];
  const env: LiveEnv = {
    openSocket: () => {
      const socket = new FakeSocket();
      sockets.push(socket);
      return socket as unknown as WebSocket;
    },
    monotonicNow: () => clock.monotonic,
    wallNow: () => clock.wall,
    afterPaint: (callback) => void paints.push(callback),
    random: () => 0,
  };
  const client = createLiveClient<{ a?: number }>({ openTicket: ticket, env });
  const pass = (ms: number) => {
    clock.monotonic += ms;
    clock.wall += ms;
  };
  const snapshot = (n: number, a: number): LiveMessage =>
    ({
      type: 'snapshot',
      n,
      serverAt: clock.wall,
      eventAt: clock.wall,
      state: { a },
    }) as unknown as LiveMessage;
  const live = async () => {
    client.start();
    await until('a socket', () => sockets.length === 1);
    sockets[0]?.open();
    sockets[0]?.say(snapshot(1, 1));
    return sockets[0] as FakeSocket;
  };
  return { client, sockets, clock, paints, pass, snapshot, live };
}

describe('live client', () => {
  let stop: (() => void) | undefined;
  afterEach(() => stop?.());

  it('is stale 1.5 s after the last message, by the monotonic clock, and live again with the next', async () => {
    const { client, live, pass } = setUp();
    stop = client.stop;
    const socket = await live();
    expect(client.connection.value).to.equal('live');
    pass(1400);
    socket.say({ type: 'beat', n: 1, serverAt: 0 });
    pass(1499);
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(client.isStale.value).to.equal(false);
    pass(2);
    await until('stale', () => client.connection.value === 'stale', 1000);
    expect(client.tree.value).to.deep.equal({ a: 1 });
    socket.say({ type: 'beat', n: 1, serverAt: 0 });
    expect(client.connection.value).to.equal('live');
  });

  it('does not take beats for data while it waits for a resync', async () => {
    const { client, live, pass, snapshot } = setUp();
    stop = client.stop;
    const socket = await live();
    socket.say({ type: 'patch', n: 3, serverAt: 0, eventAt: 0, patch: { a: 3 } });
    expect(socket.sent.some((request) => request.type === 'resync')).to.equal(true);
    pass(1600);
    socket.say({ type: 'beat', n: 3, serverAt: 0 });
    await until('stale', () => client.connection.value === 'stale', 1000);
    socket.say(snapshot(3, 3));
    expect(client.connection.value).to.equal('live');
    expect(client.tree.value).to.deep.equal({ a: 3 });
  });

  it('gives a dead socket up and opens another, and hears nothing more from the first', async () => {
    const { client, live, pass, sockets, snapshot } = setUp();
    stop = client.stop;
    const first = await live();
    pass(4100);
    await until('a second socket', () => sockets.length === 2, 3000);
    first.say(snapshot(9, 9));
    first.onclose?.();
    expect(client.tree.value).to.deep.equal({ a: 1 });
    sockets[1]?.open();
    sockets[1]?.say(snapshot(1, 2));
    expect(client.tree.value).to.deep.equal({ a: 2 });
    expect(client.connection.value).to.equal('live');
  });

  it('goes on trying while no ticket is to be had, and stops when it is refused', async () => {
    const outcomes: TicketOutcome[] = [{ kind: 'failed' }, { kind: 'failed' }, { kind: 'refused' }];
    let asked = 0;
    const { client, sockets } = setUp(() => {
      asked += 1;
      return Promise.resolve(outcomes.shift() ?? { kind: 'failed' });
    });
    stop = client.stop;
    client.start();
    await until('refused', () => client.connection.value === 'refused', 3000);
    expect(asked).to.equal(3);
    expect(sockets).to.deep.equal([]);
  });

  it('measures from the event to the paint on the server clock', async () => {
    const { client, live, pass, clock, paints } = setUp();
    stop = client.stop;
    const socket = await live();
    const ahead = 90_000;
    // The answer to the first ping comes 10 ms later, from a server whose clock is 90 s ahead.
    const { id } = socket.sent.find((request) => request.type === 'ping') as { id: number };
    pass(10);
    socket.say({ type: 'pong', id, serverAt: clock.wall - 5 + ahead });
    const eventAt = clock.wall + ahead;
    pass(7);
    socket.say({ type: 'patch', n: 2, serverAt: eventAt, eventAt, patch: { a: 2 } });
    pass(16);
    for (const paint of paints) paint();
    const report = socket.sent.find((request) => request.type === 'painted');
    expect(report).to.deep.equal({ type: 'painted', n: 2, latencyMs: 23 });
  });

  it('does not measure a patch that no event caused', async () => {
    const { client, live, pass, clock, paints } = setUp();
    stop = client.stop;
    const eventAt = clock.wall;
    const socket = await live();
    pass(60_000);
    socket.say({ type: 'patch', n: 2, serverAt: clock.wall, eventAt, patch: { a: 2 } });
    expect(paints).to.deep.equal([]);
    socket.say({ type: 'patch', n: 3, serverAt: clock.wall, eventAt: clock.wall - 3, patch: { a: 3 } });
    expect(paints).to.have.length(1);
  });

  it('starts over with an empty tree after a revocation', async () => {
    const { client, live } = setUp();
    stop = client.stop;
    const socket = await live();
    socket.say({ type: 'revoked' });
    expect(client.connection.value).to.equal('revoked');
    expect(client.tree.value).to.equal(undefined);
  });
});
