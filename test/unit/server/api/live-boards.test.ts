/** The live hub and displays with boards: who shares what, who is told that it shows something else, and what it may cost. */
import { expect } from 'chai';
import { createLiveHub, turnMs } from '../../../../server/api/live-hub.ts';
import type { LiveHub, LiveHubDeps } from '../../../../server/api/live-hub.ts';
import type { BoardScreens } from '../../../../server/api/ports.ts';
import type { BoardTree, DisplaySettings } from '../../../../server/contract/boards.ts';
import { FakeSocket, FakeSource, FakeTime } from './hub-fakes.ts';

const logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
const show = (boards: string[], more: Partial<DisplaySettings> = {}): DisplaySettings => ({
  boards,
  rotateSec: 30,
  zoom: 100,
  ...more,
});

/** Trees that say whose they are and what was last counted. */
class FakeScreens implements BoardScreens {
  looks = 0;
  trees: string[] = [];
  count = 0;
  isBroken = false;
  onTree: () => void = () => undefined;
  look() {
    this.looks += 1;
    const tree = (settings: DisplaySettings): BoardTree => {
      if (this.isBroken) throw new Error('not ready');
      this.onTree();
      this.trees.push(settings.boards.join(' '));
      return { settings, count: this.count } as unknown as BoardTree;
    };
    return { tree, draft: () => expect.fail('nobody lays out a board here') };
  }
}

interface Stage {
  time: FakeTime;
  source: FakeSource;
  screens: FakeScreens;
  hub: LiveHub;
  join: (id: string, settings?: DisplaySettings) => FakeSocket;
  change: () => void;
}

function stage(more: Partial<LiveHubDeps> = {}): Stage {
  const time = new FakeTime();
  const source = new FakeSource();
  const screens = new FakeScreens();
  const hub = createLiveHub({ source, screens, clock: time.clock, timers: time.timers, logger, ...more });
  return {
    time,
    source,
    screens,
    hub,
    join(id, settings) {
      const socket = new FakeSocket();
      expect(hub.add(socket, 'board', { kind: 'display', id }, settings ? { settings } : {})).to.equal(
        'added',
      );
      return socket;
    },
    change() {
      screens.count += 1;
      source.tree = { waiting: screens.count };
      hub.notify();
      time.advance(50);
    },
  };
}
const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('live hub with boards', () => {
  it('sends a display its boards, and one without any the standard board', () => {
    const { join, change } = stage();
    const hall = join('hall', show(['a', 'b']));
    const plain = [join('new'), join('zoomed', show([], { zoom: 150 }))];
    expect(hall.tree).to.deep.equal({ settings: show(['a', 'b']), count: 0 });
    change();
    expect(hall.tree).to.have.property('count', 1);
    for (const socket of plain) expect(socket.tree).to.deep.equal({ waiting: 1 });
  });

  it('makes one tree and one frame for all displays with equal settings, in one look', () => {
    const { join, change, screens, source } = stage();
    const language = 'it';
    const equal = [
      join('1', show(['a'], { language })),
      join('2', { zoom: 100, language, rotateSec: 30, boards: ['a'] }),
    ];
    const other = join('3', show(['a'], { zoom: 120 }));
    Object.assign(screens, { looks: 0, trees: [] });
    const readsBefore = source.reads;
    change();
    expect(screens.looks).to.equal(1);
    expect(screens.trees).to.deep.equal(['a', 'a']);
    expect(equal[0]!.frames.at(-1)).to.equal(equal[1]!.frames.at(-1));
    expect(other.frames.at(-1)).to.not.equal(equal[0]!.frames.at(-1));
    expect(source.reads, 'nobody watches the standard board').to.equal(readsBefore);
  });

  it('drops what nobody watches any more, and begins anew for the next', () => {
    const { join, change, screens, hub } = stage();
    const [hall, lift] = [join('hall', show(['a'])), join('lift', show(['b']))];
    change();
    hall.emit('close');
    screens.trees = [];
    change();
    expect(screens.trees).to.deep.equal(['b']);
    expect(hub.metricsText()).to.include('hearthline_live_sockets{scope="boards"} 1');
    const again = join('hall', show(['a']));
    change();
    expect(again.hasGap).to.equal(false);
    expect(again.tree).to.deep.equal({ settings: show(['a']), count: 3 });
    expect(lift.tree).to.have.property('count', 3);
  });

  it('looks at boards every second, since windows move without events', () => {
    const { join, time, screens } = stage();
    const hall = join('hall', show(['a']));
    for (let second = 1; second <= 5; second += 1) {
      screens.count += 1;
      time.advance(1000);
      expect(hall.tree).to.have.property('count', second);
    }
  });

  it('refuses a display whose boards cannot be built, and goes on with the others', () => {
    const { join, change, screens, hub } = stage();
    const plain = join('plain');
    screens.isBroken = true;
    const owner = { kind: 'display', id: 'hall' } as const;
    expect(hub.add(new FakeSocket(), 'board', owner, { settings: show(['a']) })).to.equal('not-ready');
    screens.isBroken = false;
    const hall = join('hall', show(['a']));
    screens.isBroken = true;
    change();
    expect(plain.tree).to.deep.equal({ waiting: 1 });
    screens.isBroken = false;
    change();
    expect(hall.tree).to.have.property('count', 2);
  });

  it('cuts a display that does not read, and a revoked one at once', () => {
    const { join, change, hub } = stage();
    const [slow, quick, gone] = ['slow', 'quick', 'gone'].map((id) => join(id, show(['a'])));
    slow!.bufferedAmount = 1_000_001;
    change();
    expect(slow!.closedWith).to.equal('terminated');
    expect(hub.cut({ kind: 'display', id: 'gone' })).to.equal(1);
    expect(gone!.messages('revoked')).to.have.length(1);
    expect(gone!.closedWith).to.equal(4001);
    expect(quick!.tree).to.have.property('count', 1);
  });

  describe('other settings', () => {
    it('are told at once, once, to those who show anything else', () => {
      const { join, hub } = stage();
      const hall = [join('hall', show(['a'])), join('hall', show(['a'])), join('hall')];
      const fresh = join('hall', show(['b']));
      const other = join('lift', show(['a']));
      hub.settingsChanged('hall', show(['b']));
      hub.settingsChanged('hall', show(['b']));
      for (const socket of hall) expect(socket.messages('settings')).to.have.length(1);
      for (const socket of [fresh, other]) expect(socket.messages('settings')).to.have.length(0);
    });

    it('are told where the standard board only looks different', () => {
      const { join, hub } = stage();
      const hall = join('hall');
      hub.settingsChanged('hall', show([], { zoom: 150 }));
      expect(hall.messages('settings')).to.have.length(1);
    });

    it('end a socket that does not act on them, and no other', async () => {
      const { join, hub, time } = stage({
        settingsAmong: async (ids) => new Map(ids.map((id) => [id, show(['b'])])),
        standing: async (_kind, ids) => new Set(ids),
      });
      const lazy = join('hall', show(['a']));
      const quick = join('lift', show(['a']));
      hub.settingsChanged('hall', show(['b']));
      hub.settingsChanged('lift', show(['b']));
      quick.emit('close');
      const again = join('lift', show(['b']));
      time.advance(2500);
      await settle();
      expect(lazy.closedWith).to.equal(4002);
      expect(again.closedWith).to.equal(undefined);
      expect(again.messages('settings')).to.have.length(0);
    });

    it('are found by the guard where a ticket was under way, and nobody is told while that cannot be known', async () => {
      let isAway = true;
      const { join, time } = stage({
        standing: async (_kind, ids) => new Set(ids),
        async settingsAmong(ids) {
          if (isAway) throw new Error('away');
          return new Map(ids.map((id) => [id, id === 'none' ? undefined : show(['b'])]));
        },
      });
      const late = join('hall', show(['a']));
      const right = [join('lift', show(['b'])), join('none')];
      time.advance(2500);
      await settle();
      expect(late.messages('settings')).to.have.length(0);
      isAway = false;
      time.advance(2500);
      await settle();
      expect(late.messages('settings')).to.have.length(1);
      expect(late.closedWith).to.equal(undefined);
      time.advance(2500);
      await settle();
      expect(late.closedWith).to.equal(4002);
      for (const socket of right) {
        expect(socket.messages('settings')).to.have.length(0);
        expect(socket.closedWith).to.equal(undefined);
      }
    });
  });

  it('spends a quarter of the time on boards that cost much, and keeps the pace of all else', () => {
    const { join, time, screens, source, hub } = stage();
    const plain = join('plain');
    const hall = join('hall', show(['a']));
    const costMs = 40;
    screens.onTree = () => {
      time.nowMs += costMs;
    };
    screens.trees = [];
    plain.frames = [];
    const beganMs = time.nowMs;
    for (let count = 1; time.nowMs - beganMs < 8000; count += 1) {
      screens.count = count;
      source.tree = { waiting: count };
      hub.notify();
      time.advance(10);
    }
    const tookMs = time.nowMs - beganMs;
    // The first four show what they cost.
    expect(((screens.trees.length - 4) * costMs) / tookMs).to.be.within(0.15, 0.26);
    expect(plain.messages('patch').length / (tookMs / 1000)).to.be.above(10);
    time.advance(500);
    expect(hall.tree).to.have.property('count', screens.count);
  });

  it('tells in short turns, so that what happens meanwhile goes in between', () => {
    const { join, time, screens, hub } = stage();
    const halls = ['a', 'b', 'c'].map((id) => join(id, show([id])));
    screens.count = 1;
    screens.onTree = () => {
      time.nowMs += turnMs;
    };
    const told = () => halls.filter(({ frames }) => frames.length > 1).length;
    let toldBefore = 0;
    hub.notify();
    time.timers.soon(() => (toldBefore = told()));
    time.advance(0);
    expect(toldBefore, 'when something else had its turn').to.equal(1);
    time.advance(20);
    for (const hall of halls) expect(hall.tree).to.have.property('count', 1);
  });

  it('takes three fifths of the time at most for all that it tells', () => {
    const { join, time, screens, hub } = stage();
    const halls = ['a', 'b', 'c', 'd', 'e'].map((id) => join(id, show([id])));
    // Making them is cheap enough; sending them is not.
    let busyMs = 0;
    for (const hall of halls) {
      const send = hall.send.bind(hall);
      hall.send = (frame: Buffer) => {
        const costMs = frame.includes('"type":"patch"') ? 10 : 0;
        time.nowMs += costMs;
        busyMs += costMs;
        send(frame);
      };
    }
    const beganMs = time.nowMs;
    for (let count = 1; time.nowMs - beganMs < 10_000; count += 1) {
      screens.count = count;
      hub.notify();
      time.advance(10);
    }
    expect(busyMs / (time.nowMs - beganMs)).to.be.within(0.5, 0.62);
    time.advance(500);
    for (const hall of halls) expect(hall.tree).to.have.property('count', screens.count);
  });

  it('keeps its pace after one look that was held up', () => {
    const { time, screens, join, change } = stage();
    const hall = join('hall', show(['a']));
    for (let turn = 0; turn < 5; turn += 1) change();
    screens.onTree = () => {
      time.nowMs += 200;
    };
    change();
    screens.onTree = () => undefined;
    change();
    expect(hall.tree).to.have.property('count', 7);
  });
});
