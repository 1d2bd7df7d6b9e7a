/** What a display is sent: the data of every widget, each question once, nothing of a customer, and never a fault. */
import { expect } from 'chai';
import { BoardTrees } from '../../../../../server/app/boards/board-tree.ts';
import type { BoardSources } from '../../../../../server/app/boards/ports.ts';
import { widgetSchema, type BoardTree } from '../../../../../server/contract/boards.ts';
import {
  applyMergePatch,
  diffMergePatch,
  type JsonObject,
} from '../../../../../server/contract/merge-patch.ts';
import { boardOf, busyFloor, CountingFigures, marker, now, placed, sourcesOf, treesOf } from './stand-ins.ts';

const everyWidget = placed([
  { kind: 'number', figure: 'answered', scopes: ['queue:cards', 'queue:gone'], window: 'rolling-15' },
  { kind: 'gauge', figure: 'service-level', scopes: ['queue:loans'] },
  { kind: 'agents', hasLoggedOut: true },
  { kind: 'agents', teams: ['red', 'gone'], queues: ['cards', 'gone'] },
  { kind: 'agent-states' },
  { kind: 'queues', figures: ['waiting', 'asa'] },
  { kind: 'queues', queues: ['gone', 'cards', 'constructor'], figures: ['waiting'] },
  { kind: 'intraday', figure: 'offered', scopes: ['queue:gone'] },
  { kind: 'waiters' },
  { kind: 'waiters', queues: ['cards', 'gone'] },
  { kind: 'callbacks' },
  { kind: 'channels' },
  { kind: 'news', text: '<img src=x onerror=alert(1)> & "good" news' },
  { kind: 'clock', zone: 'Europe/Rome' },
  { kind: 'alerts' },
  { kind: 'number', figure: 'talk-time', scopes: ['agent:999'] },
  { kind: 'gauge', figure: 'asa', scopes: ['team:gone'] },
]);

/** Data of the one widget of a draft. */
function read<T>(widget: object, sources: BoardSources, floor = busyFloor()): T {
  const tree = treesOf(sources, { floor }).draft(boardOf(placed([widget])));
  return tree.boards['draft']!.data['w0'] as T;
}

describe('board tree', () => {
  let figures: CountingFigures;
  let sources: BoardSources;
  beforeEach(() => {
    figures = new CountingFigures();
    sources = sourcesOf(figures);
  });

  it('has data for every kind of widget, and nothing of a customer in any', () => {
    const kinds = new Set(widgetSchema.options.map((option) => option.shape.kind.value));
    const board = boardOf(everyWidget);
    expect(new Set(board.widgets.map((widget) => widget.kind))).to.deep.equal(kinds);
    for (const showsNames of [false, true]) {
      const shown = { ...sources, site: { ...sources.site, showsAgentNames: () => showsNames } };
      const trees = treesOf(shown, { boards: { hall: board } });
      const text = JSON.stringify([
        trees.tree({ boards: ['hall'], rotateSec: 30, zoom: 100 }),
        trees.draft(board),
      ]);
      expect(JSON.stringify(busyFloor())).to.include(marker);
      expect(text).to.not.include(marker);
      expect(text.includes('"Ada"')).to.equal(showsNames);
    }
  });

  it('lets nothing more of an alert through than a wall may show', () => {
    const alert = {
      name: 'Too long',
      severity: 'warning' as const,
      since: now,
      isAcknowledged: true,
      acknowledgedBy: marker,
      note: marker,
    };
    const tree = treesOf({ ...sources, alerts: () => ({ a1: alert }) }).draft(boardOf([]));
    expect(tree.alerts).to.deep.equal({
      a1: { name: 'Too long', severity: 'warning', since: now, isAcknowledged: true },
    });
  });

  it('survives a site that has nothing of what its boards name', () => {
    figures.answer = () => undefined;
    figures.before = () => undefined;
    const floor = busyFloor();
    const bare = { ...floor, board: { ...floor.board, queues: {} }, agents: {}, contacts: {} };
    const empty = { ...sources, intraday: { series: () => undefined }, alerts: () => ({}) };
    const { data } = treesOf(empty, { floor: bare }).draft(boardOf(everyWidget)).boards['draft']!;
    expect(data['w0']).to.deep.equal({});
    expect(data['w1']).to.deep.equal({});
    expect(data['w2']).to.deep.equal({});
    expect(data['w5']).to.deep.equal({});
    expect(data['w7']).to.deep.equal({ starts: [], today: [] });
    expect(data['w8']).to.deep.equal({});
    expect(data['w10']).to.deep.equal({ waiting: 0 });
    expect(data['w11']).to.deep.equal({ voice: { waiting: 0 }, chat: { waiting: 0 } });
  });

  it('keeps the law of patches, whatever figures come: no nulls, no numbers that are none', () => {
    const values = [7, Number.NaN, 3, Number.POSITIVE_INFINITY, 0];
    const board = boardOf(everyWidget.filter((widget) => (widget as { kind: string }).kind !== 'intraday'));
    let before: JsonObject = {};
    for (const value of values) {
      figures.answer = () => value;
      figures.before = () => value;
      const tree = treesOf(sources).draft(board) as unknown as JsonObject;
      expect(JSON.stringify(tree)).to.not.include('null');
      const patch = JSON.parse(JSON.stringify(diffMergePatch(before, tree))) as JsonObject;
      before = applyMergePatch(before, patch);
      expect(before).to.deep.equal(JSON.parse(JSON.stringify(tree)));
      expect(diffMergePatch(before, treesOf(sources).draft(board) as unknown as JsonObject)).to.equal(
        undefined,
      );
    }
  });

  it('asks each distinct question once, however many boards and widgets ask it', () => {
    const asks = { kind: 'number', figure: 'asa', scopes: ['queue:cards'] };
    const other = boardOf(placed([asks, { kind: 'queues', queues: ['cards'], figures: ['asa', 'waiting'] }]));
    const trees = treesOf(sources, {
      boards: { one: boardOf(placed([asks, asks])), two: other, three: boardOf(placed([asks])) },
    });
    trees.tree({ boards: ['one', 'two'], rotateSec: 30, zoom: 100 });
    trees.tree({ boards: ['three', 'one'], rotateSec: 10, zoom: 100 });
    trees.draft(
      boardOf(placed([{ kind: 'number', figure: 'waiting', scopes: ['queue:cards'], window: 'shift' }])),
    );
    expect(figures.asked.sort()).to.deep.equal([
      'asa today event queue:cards',
      'before asa today queue:cards',
      'waiting today event queue:cards',
    ]);
  });

  it('shares a board among displays, and leaves out one that is gone', () => {
    const trees = treesOf(sources, { boards: { one: boardOf(everyWidget) } });
    const first = trees.tree({ boards: ['gone', 'one'], rotateSec: 30, zoom: 100 });
    const second = trees.tree({ boards: ['one'], rotateSec: 60, zoom: 150, theme: 'light' });
    expect(Object.keys(first.boards)).to.deep.equal(['one']);
    expect(first.boards['one']).to.equal(second.boards['one']);
    expect(first.boards['one']!.version).to.equal(3);
    expect(second.settings).to.deep.equal({ boards: ['one'], rotateSec: 60, zoom: 150, theme: 'light' });
    expect(first.site).to.deep.equal({ name: 'Bank', timeZone: 'Europe/Rome', language: 'it' });
  });

  it('tells where the emergency switch is on', () => {
    const floor = busyFloor();
    const emergency = { isSiteOn: false, queueIds: ['cards'] };
    const on = { ...floor, board: { ...floor.board, emergency } };
    expect(treesOf(sources, { floor: on }).draft(boardOf([])).emergency).to.deep.equal(emergency);
    expect(treesOf(sources).draft(boardOf([]))).to.not.have.property('emergency');
  });

  it('tells until when callers are told of maintenance', () => {
    const floor = busyFloor();
    const during = { ...floor, board: { ...floor.board, maintenanceUntil: 1_800_000_000_000 } };
    expect(treesOf(sources, { floor: during }).draft(boardOf([])).maintenanceUntil).to.equal(
      1_800_000_000_000,
    );
    expect(treesOf(sources).draft(boardOf([]))).to.not.have.property('maintenanceUntil');
  });

  it('compares a number with the window before, where there is one and it is wanted', () => {
    const over = { kind: 'number', figure: 'answered', window: 'rolling-15' };
    expect(read(over, sources)).to.deep.equal({ value: 7, before: 5 });
    expect(read({ ...over, hasTrend: false }, sources)).to.deep.equal({ value: 7 });
    expect(read({ kind: 'number', figure: 'waiting' }, sources)).to.deep.equal({ value: 7 });
    figures.before = () => undefined;
    expect(read(over, sources)).to.deep.equal({ value: 7 });
  });

  for (const [what, widget, target] of [
    ['its own, of a share per cent', { figure: 'service-level', target: 57 }, 0.57],
    ['its own, of a time seconds', { figure: 'aht', target: 240 }, 240_000],
    ['its own, of an instant seconds', { figure: 'oldest-waiting', target: 60 }, 60_000],
    ['its own, of a count as it is', { figure: 'answered', target: 300 }, 300],
    ["the queue's share", { figure: 'service-level', scopes: ['queue:loans'] }, 0.9],
    [
      "the queue's share, of one channel",
      { figure: 'service-level-negative', scopes: ['queue:loans/chat'] },
      0.9,
    ],
    ["the queue's time", { figure: 'asa', scopes: ['queue:loans'] }, 30_000],
    ["the queue's time, of who waits", { figure: 'oldest-waiting', scopes: ['queue:cards'] }, 20_000],
    [
      'that of all queues named, where it is the same',
      { figure: 'asa', scopes: ['queue:cards', 'queue:help'] },
      20_000,
    ],
    ['none where queues differ', { figure: 'asa', scopes: ['queue:cards', 'queue:loans'] }, undefined],
    ['none for the site where its queues differ', { figure: 'asa', scopes: ['site'] }, undefined],
    ['none of a queue that is gone', { figure: 'asa', scopes: ['queue:gone'] }, undefined],
    ['none where a queue has none', { figure: 'aht', scopes: ['queue:cards'] }, undefined],
    ['none of a team', { figure: 'asa', scopes: ['team:red'] }, undefined],
  ] as const)
    it(`takes as the target of a gauge ${what}`, () => {
      const expected = target === undefined ? { value: 7 } : { value: 7, target };
      expect(read({ kind: 'gauge', ...widget }, sources)).to.deep.equal(expected);
    });

  it('shows agents by number, with what their state says, and by name where the site says so', () => {
    const all = read<BoardTree['boards'][string]['data'][string]>(
      { kind: 'agents', hasLoggedOut: true },
      sources,
    );
    expect(all).to.deep.equal({
      '101': { label: '101', state: 'talking', since: now - 5000 },
      '102': { label: '102', state: 'wrap-up', since: now - 1000, until: now + 9000 },
      '103': { label: '103', state: 'not-ready', since: now - 60_000, reason: 'lunch' },
      '104': { label: '104', state: 'logged-out', since: now - 90_000 },
    });
    const named = { ...sources, site: { ...sources.site, showsAgentNames: () => true } };
    expect(read({ kind: 'agents' }, named)).to.have.nested.property('101.label', 'Ada');
  });

  for (const [what, widget, ids] of [
    ['who is logged in', {}, ['101', '102', '103']],
    ['of a queue', { queues: ['cards'] }, ['101']],
    ['of a queue, logged out too', { queues: ['cards'], hasLoggedOut: true }, ['101', '104']],
    ['of teams', { teams: ['red', 'blue', 'gone'] }, ['101', '102']],
    ['of a team and a queue', { teams: ['red', 'blue'], queues: ['loans'] }, ['101', '102']],
    ['of neither', { teams: ['blue'], queues: ['cards'] }, []],
    ['of no team named', { teams: [] }, []],
  ] as const)
    it(`shows agents ${what}`, () => {
      expect(Object.keys(read<object>({ kind: 'agents', ...widget }, sources))).to.deep.equal(ids);
    });

  it('counts agents by state, and reasons where wanted', () => {
    expect(read({ kind: 'agent-states' }, sources)).to.have.deep.property('reasons', { lunch: 2 });
    const bare = read({ kind: 'agent-states', hasReasons: false }, sources);
    expect(bare).to.have.deep.property('reasons', {});
    expect(bare).to.have.nested.property('states.talking', 1);
  });

  it('has a row for each queue that there is, with the figures there are', () => {
    figures.answer = ({ figure }) => (figure === 'asa' ? undefined : 4);
    const rows = read(
      { kind: 'queues', queues: ['loans', 'gone', 'toString'], figures: ['waiting', 'asa'] },
      sources,
    );
    expect(rows).to.deep.equal({
      loans: { name: 'Queue loans', targetPercent: 90, targetSec: 30, values: { waiting: 4 } },
    });
    expect(Object.keys(read<object>({ kind: 'queues', figures: ['waiting'] }, sources))).to.deep.equal([
      'cards',
      'loans',
      'help',
    ]);
  });

  it('shows the series that are wanted', () => {
    const chart = { kind: 'intraday', figure: 'offered' };
    expect(Object.keys(read<object>(chart, sources))).to.deep.equal([
      'starts',
      'today',
      'yesterday',
      'lastWeek',
    ]);
    const alone = { ...chart, hasYesterday: false, hasLastWeek: false };
    expect(Object.keys(read<object>(alone, sources))).to.deep.equal(['starts', 'today']);
  });

  it('lists who waits by the wait in all, ringing or not, without saying who', () => {
    expect(read({ kind: 'waiters' }, sources)).to.deep.equal({
      '01': { queue: 'Queue loans', channel: 'chat', since: now - 50_000 },
      '02': { queue: 'gone', channel: 'mail', since: now - 30_000 },
      '03': { queue: 'Queue cards', channel: 'voice', since: now - 10_000 },
    });
    expect(read({ kind: 'waiters', queues: ['cards'] }, sources)).to.have.all.keys('01');
    expect(read({ kind: 'waiters', rows: 2 }, sources)).to.have.all.keys('01', '02');
  });

  it('counts what waits by channel, those that are on', () => {
    figures.answer = ({ figure, scopes }) =>
      scopes[0] === 'channel:chat' ? undefined : figure === 'waiting' ? 3 : now - 9000;
    expect(read({ kind: 'channels' }, sources)).to.deep.equal({
      voice: { waiting: 3, oldestSince: now - 9000 },
      chat: { waiting: 0 },
    });
  });

  it('does not look at the floor for boards that do not show it', () => {
    const floor = busyFloor();
    const live = { board: () => floor.board, floor: () => expect.fail('the floor was read') };
    const plain = everyWidget.filter(
      ({ kind }: { kind?: string }) => kind !== 'agents' && kind !== 'waiters',
    );
    new BoardTrees(sources, live, () => undefined, now).draft(boardOf(plain));
  });
});
