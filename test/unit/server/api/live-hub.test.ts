/** The live hub with time in our hands: the law of snapshot and patches, the pace, and who is cut. */
import { expect } from 'chai';
import fc from 'fast-check';
import { createLiveHub } from '../../../../server/api/live-hub.ts';
import type { LiveHub, LiveHubDeps } from '../../../../server/api/live-hub.ts';
import type { JsonObject } from '../../../../server/contract/merge-patch.ts';
import { FakeSocket, FakeSource, FakeTime } from './hub-fakes.ts';

const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
const tv = (id: string) => ({ kind: 'display' as const, id });

interface Stage {
  time: FakeTime;
  source: FakeSource;
  hub: LiveHub;
  join: (id?: string) => FakeSocket;
  change: (tree: JsonObject) => void;
}

function stage(more: Partial<LiveHubDeps> = {}): Stage {
  const time = new FakeTime();
  const source = new FakeSource();
  const hub = createLiveHub({ source, clock: time.clock, timers: time.timers, logger, ...more });
  return {
    time,
    source,
    hub,
    join(id = 'tv') {
      const socket = new FakeSocket();
      expect(hub.add(socket, 'board', tv(id))).to.equal('added');
      return socket;
    },
    change(tree) {
      source.tree = tree;
      source.at += 1;
      hub.notify();
    },
  };
}

const leaf = fc.oneof(fc.integer({ min: 0, max: 9 }), fc.boolean(), fc.constantFrom('', 'a', 'b'));
const keys = fc.constantFrom('a', 'b', 'c', 'd');
const inner = fc.dictionary(keys, fc.oneof(leaf, fc.dictionary(keys, leaf, { maxKeys: 4 })), { maxKeys: 4 });
const tree = fc.dictionary(keys, fc.oneof(leaf, inner), { maxKeys: 4 }) as fc.Arbitrary<JsonObject>;
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ do: fc.constant('change' as const), tree }) },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 120 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('join' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('leave' as const), who: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('lose' as const), who: fc.nat(9) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('heal' as const), who: fc.nat(9) }) },
);

describe('live hub', () => {
  it('keeps the law: snapshot + patches = a fresh snapshot, with losses and resyncs', () => {
    fc.assert(
      fc.property(tree, fc.array(step, { maxLength: 60 }), (first, steps) => {
        const { time, source, hub, join, change } = stage();
        source.tree = first;
        let sockets = [join()];
        for (const one of steps) {
          const at = 'who' in one ? sockets[one.who % Math.max(1, sockets.length)] : undefined;
          if (one.do === 'change') change(one.tree);
          else if (one.do === 'wait') time.advance(one.ms);
          else if (one.do === 'join') sockets.push(join(`tv${sockets.length}`));
          else if (one.do === 'leave') {
            at?.emit('close');
            sockets = sockets.filter((socket) => socket !== at);
          } else if (at) at.isLosing = one.do === 'lose';
        }
        for (const socket of sockets) socket.isLosing = false;
        hub.notify();
        time.advance(600);
        for (const socket of sockets) if (socket.hasGap) socket.ask({ type: 'resync' });
        const fresh = join('fresh');
        expect(fresh.tree).to.deep.equal(source.tree);
        for (const socket of sockets) {
          expect(socket.hasGap).to.equal(false);
          expect(socket.n).to.equal(fresh.n);
          expect(socket.tree).to.deep.equal(fresh.tree);
        }
        hub.close();
      }),
      { numRuns: 300 },
    );
  });

  it('sends at once after a quiet time, then at the 40 ms mark, at most 25 a second', () => {
    const { time, join, change } = stage();
    const socket = join();
    time.advance(100);
    change({ a: 1 });
    time.advance(0);
    expect(socket.messages('patch')).to.have.length(1);
    change({ a: 2 });
    time.advance(39);
    expect(socket.messages('patch')).to.have.length(1);
    change({ a: 3 });
    time.advance(1);
    expect(socket.messages('patch').map((message) => 'patch' in message && message.patch)).to.deep.equal([
      { a: 1 },
      { a: 3 },
    ]);
    for (let turn = 0; turn < 1000; turn += 1) {
      change({ a: turn + 10 });
      time.advance(1);
    }
    expect(socket.messages('patch').length).to.be.within(25, 28);
    expect(socket.tree).to.deep.equal({ a: 1009 });
  });

  it('shares one frame among all sockets, reads the state once, and numbers without a gap', () => {
    const { time, source, join, change } = stage();
    const sockets = Array.from({ length: 50 }, (_, index) => join(`tv${index}`));
    const readsBefore = source.reads;
    change({ a: 1 });
    time.advance(0);
    expect(source.reads - readsBefore).to.equal(1);
    const [first] = sockets;
    for (const socket of sockets) expect(socket.frames.at(-1)).to.equal(first?.frames.at(-1));
    const numbers = first?.frames.map((frame) => (JSON.parse(frame.toString()) as { n: number }).n);
    expect(numbers).to.deep.equal([1, 2]);
  });

  it('is silent when nothing changed, but beats twice a second', () => {
    const { time, hub, join } = stage();
    const socket = join();
    for (let turn = 0; turn < 20; turn += 1) {
      hub.notify();
      time.advance(50);
    }
    expect(socket.messages('patch')).to.have.length(0);
    expect(socket.messages('beat')).to.have.length(2);
  });

  it('does no work for nobody', () => {
    const { time, source, change } = stage();
    change({ a: 1 });
    time.advance(1000);
    expect(source.reads).to.equal(0);
  });

  it('answers a ping with its id, and counts what was painted within bounds', () => {
    const { hub, join } = stage();
    const socket = join();
    socket.ask({ type: 'ping', id: 7 });
    expect(socket.messages('pong')[0]).to.include({ id: 7 });
    socket.ask({ type: 'painted', n: 1, latencyMs: 30 });
    socket.ask({ type: 'painted', n: 99, latencyMs: 30 });
    socket.ask({ type: 'painted', n: 1, latencyMs: 90_000 });
    expect(hub.metricsText()).to.include('hearthline_event_to_pixel_seconds_count{scope="board"} 1');
    expect(hub.metricsText()).to.include('hearthline_event_to_pixel_refused_total 1');
  });

  describe('cuts', () => {
    it('a screen with over 1 MB under way, and goes on with the others', () => {
      const { time, join, change } = stage();
      const [slow, quick] = [join('slow'), join('quick')];
      slow.bufferedAmount = 1_000_001;
      change({ a: 1 });
      time.advance(0);
      expect(slow.closedWith).to.equal('terminated');
      expect(quick.tree).to.deep.equal({ a: 1 });
    });
    it('a screen that has not read for over 5 s', () => {
      const { time, join } = stage();
      const socket = join();
      socket.bufferedAmount = 10;
      time.advance(5400);
      expect(socket.closedWith).to.equal(undefined);
      time.advance(700);
      expect(socket.closedWith).to.equal('terminated');
    });
    it('a screen that is not heard for 30 s, unless it answers the pings', () => {
      const { time, join } = stage();
      const [dead, live] = [join('dead'), join('live')];
      for (let turn = 0; turn < 70; turn += 1) {
        time.advance(500);
        if (live.pings > 0) live.emit('pong');
      }
      expect(dead.closedWith).to.equal('terminated');
      expect(live.closedWith).to.equal(undefined);
    });
    it('a flood, but never a screen that paints at full speed', () => {
      const { time, join } = stage();
      const busy = join('busy');
      for (let turn = 0; turn < 60 * 25; turn += 1) {
        busy.ask({ type: 'painted', n: 1, latencyMs: 20 });
        time.advance(40);
      }
      expect(busy.closedWith).to.equal(undefined);
      const flood = join('flood');
      for (let id = 0; id < 100; id += 1) flood.ask({ type: 'ping', id });
      expect(flood.closedWith).to.equal(1008);
      expect(flood.messages('pong')).to.have.length(80);
    });
    it('what is no request', () => {
      const { join } = stage();
      for (const nonsense of [
        {},
        [],
        'x',
        { type: 'ping' },
        { type: 'resync', more: 1 },
        { type: 'painted', n: -1 },
      ]) {
        const socket = join();
        socket.ask(nonsense);
        expect(socket.closedWith, JSON.stringify(nonsense)).to.equal(1008);
      }
    });
    it('a revoked owner on all sockets, telling it', () => {
      const { hub, join, change, time } = stage();
      const [one, two, other] = [join('tv'), join('tv'), join('other')];
      expect(hub.connectionsOf(tv('tv'))).to.equal(2);
      expect(hub.cut(tv('tv'))).to.equal(2);
      for (const socket of [one, two]) {
        expect(socket.closedWith).to.equal(4001);
        expect(socket.messages('revoked')).to.have.length(1);
      }
      change({ a: 1 });
      time.advance(50);
      expect(one.tree).to.deep.equal({});
      expect(other.tree).to.deep.equal({ a: 1 });
      expect(hub.connectionsOf(tv('tv'))).to.equal(0);
    });
    it('an owner whose right ended elsewhere, but nobody while that cannot be known', async () => {
      let isAway = true;
      let asked = 0;
      const { join, time } = stage({
        async standing(_kind, ids) {
          asked += 1;
          if (isAway) throw new Error('away');
          return new Set(ids.filter((id) => id === 'good'));
        },
      });
      const [good, bad] = [join('good'), join('bad')];
      const settle = () => new Promise((resolve) => setImmediate(resolve));
      time.advance(2500);
      await settle();
      expect(asked).to.equal(1);
      expect(bad.closedWith).to.equal(undefined);
      isAway = false;
      time.advance(2500);
      await settle();
      expect(bad.closedWith).to.equal(4001);
      expect(good.closedWith).to.equal(undefined);
    });
    it('the oldest socket of an owner that opens too many', () => {
      const { join } = stage();
      const sockets = Array.from({ length: 17 }, () => join('tv'));
      expect(sockets.map((socket) => socket.closedWith)).to.deep.equal([
        'terminated',
        ...Array(16).fill(undefined),
      ]);
    });
  });

  it('refuses while the state is not ready, and survives a state that fails later', () => {
    const { hub, source, join, time, change } = stage();
    source.isBroken = true;
    expect(hub.add(new FakeSocket(), 'board', tv('early'))).to.equal('not-ready');
    source.isBroken = false;
    const socket = join();
    source.isBroken = true;
    change({ a: 1 });
    time.advance(100);
    source.isBroken = false;
    change({ a: 2 });
    time.advance(100);
    expect(socket.tree).to.deep.equal({ a: 2 });
    expect(hub.metricsText()).to.include('hearthline_live_faults_total 1');
  });

  it('refuses new screens after it was closed', () => {
    const { hub, join } = stage();
    const socket = join();
    hub.close();
    expect(socket.closedWith).to.equal(1001);
    expect(hub.add(new FakeSocket(), 'board', tv('late'))).to.equal('full');
  });
});
