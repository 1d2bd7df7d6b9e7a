/** The desk's socket with a fake socket and a fake clock: silence, reconnection, gaps, the end. */
import { expect } from 'chai';
import { createDeskSocket } from '../../../../admin-ui/agent/desk-socket.ts';
import type { TicketOutcome } from '../../../../admin-ui/shared/live-client.ts';
import type { DeskFrame } from '../../../../server/contract/desk.ts';
import { until } from '../../../support/until.ts';
import { deskOf } from './world.ts';

class FakeSocket {
  readyState = 1;
  onmessage: ((event: { data: string }) => void) | null = null;
  onclose: (() => void) | null = null;
  say(frame: DeskFrame) {
    this.onmessage?.({ data: JSON.stringify(frame) });
  }
  close() {
    this.readyState = 3;
  }
}

const wallAt = 1_700_000_000_000;
const desk: DeskFrame = { type: 'desk', n: 1, serverAt: wallAt, desk: deskOf([]) };
const beat: DeskFrame = { type: 'beat', serverAt: wallAt };

function setUp(tickets: TicketOutcome[] = []) {
  const sockets: FakeSocket[] = [];
  const clock = { monotonic: 0 };
  const told: string[] = [];
  let isWhole = true;
  const socket = createDeskSocket({
    openTicket: () => Promise.resolve(tickets.shift() ?? { kind: 'ok', url: '/ws/desk' }),
    onFrame: ({ type }) => {
      told.push(type);
      return isWhole;
    },
    onCut: () => told.push('cut'),
    onRevoked: () => told.push('revoked'),
    onEnd: () => told.push('end'),
    env: {
      openSocket: () => {
        const made = new FakeSocket();
        sockets.push(made);
        return made as unknown as WebSocket;
      },
      monotonicNow: () => clock.monotonic,
      wallNow: () => wallAt + clock.monotonic,
      random: () => 0,
    },
  });
  const opened = async (count: number) => {
    await until(`socket ${count}`, () => sockets.length === count);
    return sockets[count - 1] as FakeSocket;
  };
  return {
    socket,
    clock,
    told,
    opened,
    lose: () => {
      isWhole = false;
    },
  };
}

describe('desk socket', () => {
  let stop: (() => void) | undefined;
  afterEach(() => stop?.());

  it('is stale within 2 s of silence, and live again with the next beat', async () => {
    const { socket, clock, opened } = setUp();
    stop = socket.stop;
    socket.start();
    const first = await opened(1);
    first.say(desk);
    expect(socket.connection.value).to.equal('live');
    clock.monotonic += 1400;
    first.say(beat);
    clock.monotonic += 1600;
    await until('stale', () => socket.connection.value === 'stale', 1000);
    first.say(beat);
    expect(socket.connection.value).to.equal('live');
  });

  it('does not take the beats of a new socket for data before its first desk', async () => {
    const { socket, clock, told, opened } = setUp();
    stop = socket.stop;
    socket.start();
    const first = await opened(1);
    first.say(desk);
    first.onclose?.();
    expect(told).to.deep.equal(['desk', 'cut']);
    const second = await opened(2);
    clock.monotonic += 1600;
    second.say(beat);
    await until('stale', () => socket.connection.value === 'stale', 1000);
    first.say(desk);
    expect(socket.connection.value).to.equal('stale');
    second.say(desk);
    expect(socket.connection.value).to.equal('live');
  });

  it('gives a silent socket up and opens another', async () => {
    const { socket, clock, opened } = setUp();
    stop = socket.stop;
    socket.start();
    (await opened(1)).say(desk);
    clock.monotonic += 4100;
    await opened(2);
  });

  it('starts over where a frame was lost', async () => {
    const { socket, told, opened, lose } = setUp();
    stop = socket.stop;
    socket.start();
    const first = await opened(1);
    lose();
    first.say(desk);
    expect(told).to.deep.equal(['desk', 'cut']);
    expect(socket.connection.value).to.equal('connecting');
    await opened(2);
  });

  it('tries on without a ticket, and ends when none is given any more', async () => {
    const { socket, told } = setUp([{ kind: 'failed' }, { kind: 'failed' }, { kind: 'refused' }]);
    stop = socket.stop;
    socket.start();
    await until('the end', () => told.includes('end'), 3000);
    expect(socket.connection.value).to.equal('ended');
  });

  it('asks for a ticket again after a revocation', async () => {
    const { socket, told, opened } = setUp([{ kind: 'ok', url: '/ws/desk' }, { kind: 'refused' }]);
    stop = socket.stop;
    socket.start();
    const first = await opened(1);
    first.say(desk);
    first.say({ type: 'revoked' });
    await until('the end', () => told.includes('end'), 3000);
    expect(told).to.deep.equal(['desk', 'cut', 'revoked', 'end']);
  });
});
