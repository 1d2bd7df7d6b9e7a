/** Boards over HTTP and on screens: laid out, changed by two, shown, taken away; and a display that is told what it shows. */
import { expect } from 'chai';
import { boardListSchema, boardRowSchema, type BoardTree } from '../../../../server/contract/boards.ts';
import { displayRowSchema, displayStateSchema } from '../../../../server/contract/rest.ts';
import { until } from '../../../support/until.ts';
import { startHarness } from './harness.ts';
import type { Answer, Browser, Harness } from './harness.ts';
import { openScreen } from './screen.ts';

const hostile = `</script><img src=x onerror="alert('1')"> $1 '; drop table boards; -- {{7*7}} ﷽ \u202e`;
const board = (name: string, widgets: object[] = []) => ({ name, widgets });
const news = (text: string) => ({ kind: 'news', widgetId: 'n', x: 0, y: 0, w: 6, h: 2, text });
const number = { kind: 'number', widgetId: 'constructor', x: 6, y: 0, w: 4, h: 4, figure: 'waiting' };

describe('boards and what displays show', function () {
  this.timeout(60_000);
  let house: Harness;
  let admin: Browser;
  let supervisor: Browser;
  let viewer: Browser;
  let waiting = 3;
  before(async () => {
    house = await startHarness();
    house.boardSources.figures = { figure: () => waiting, figureBefore: () => undefined };
    admin = await house.admin();
    supervisor = await house.user('supervisor', 'sue');
    viewer = await house.user('viewer', 'vic');
  });
  after(() => house?.stop());

  const made = async (name: string, widgets: object[] = [number]) => {
    const answer = await supervisor.call('POST', '/api/boards', { board: board(name, widgets) });
    expect(answer.status, answer.text).to.equal(201);
    return boardRowSchema.parse(answer.json);
  };
  const enrolled = async (name: string) => {
    const tv = house.browser();
    const { json } = await tv.call('POST', '/display/enrol', { language: 'it' });
    const approval = await admin.call('POST', '/api/displays/approve', { code: json['code'], name });
    expect(approval.status).to.equal(200);
    const displayId = String(json['displayId']);
    const set = (boards: string[], more: object = {}) =>
      supervisor.call('PUT', `/api/displays/${displayId}/settings`, { boards, ...more });
    const ticket = async () => (await tv.call('POST', '/display/ticket', {})).json;
    const watch = async () => openScreen(`ws://127.0.0.1:${house.port}${String((await ticket())['url'])}`);
    return { tv, displayId, set, ticket, watch };
  };
  const reason = ({ json }: Answer) => {
    const { code, details } = json['error'] as unknown as { code: string; details: { reason?: string } };
    return [code, details.reason];
  };
  const audited = async (action: string, target: string) => {
    const { json } = await admin.call('GET', '/api/audit?limit=200');
    const items = json['items'] as unknown as {
      action: string;
      target: string;
      actor: string;
      details: object;
    }[];
    return items.filter((one) => one.action === action && one.target === target);
  };

  it('lays one out, keeps every letter, lists it and takes it away', async () => {
    const row = await made(`Hall ${hostile}`.slice(0, 80).trim(), [news(hostile), number]);
    expect(row).to.include({ version: 1, updatedBy: 'sue' });
    expect(row.board).to.include({ palette: 'standard', theme: 'dark' });
    expect(row.board.widgets[0]).to.include({ text: hostile.trim(), isMoving: false });
    const one = await supervisor.call('GET', `/api/boards/${row.boardId}`);
    expect(one.json).to.deep.equal(row);
    const list = boardListSchema.parse((await admin.call('GET', '/api/boards')).json);
    expect(list.items).to.deep.include(row);
    expect((await supervisor.call('DELETE', `/api/boards/${row.boardId}`)).status).to.equal(204);
    expect((await admin.call('GET', `/api/boards/${row.boardId}`)).status).to.equal(404);
    expect((await supervisor.call('DELETE', `/api/boards/${row.boardId}`)).status).to.equal(404);
    const [created] = await audited('board.created', row.boardId);
    expect(created).to.deep.include({
      actor: 'user:sue',
      details: { name: row.board.name, version: 1, widgets: 2 },
    });
    expect(await audited('board.removed', row.boardId)).to.have.length(1);
  });

  it('tells the second of two who change the same version', async () => {
    const { boardId } = await made('Two');
    const change = (name: string, ifVersion: number) =>
      supervisor.call('PUT', `/api/boards/${boardId}`, { board: board(name), ifVersion });
    const both = await Promise.all([change('first', 1), change('second', 1)]);
    expect(both.map(({ status }) => status)).to.have.members([200, 409]);
    const late = both.find(({ status }) => status === 409)!;
    expect(reason(late)).to.deep.equal(['conflict', 'board-changed']);
    expect(late.json['error']).to.have.nested.property('details.currentVersion', 2);
    const next = await change('third', 2);
    expect(boardRowSchema.parse(next.json)).to.include({ version: 3 });
    expect(await audited('board.changed', boardId)).to.have.length(2);
    const unknown = await supervisor.call('PUT', '/api/boards/board_none', {
      board: board('x'),
      ifVersion: 1,
    });
    expect(unknown.status).to.equal(404);
    expect((await change('far', 2 ** 52)).status).to.equal(409);
  });

  it('refuses what is no board, naming the place', async () => {
    const wide = { ...number, widgetId: 'b', x: 22, w: 4 };
    for (const [what, body, place] of [
      ['no name', board(' '), 'board.name'],
      ['a long name', board('x'.repeat(81)), 'board.name'],
      ['a control character', board('a\u0000b'), 'board.name'],
      ['half a character', board('a\ud800'), 'board.name'],
      ['a control character in a text', board('a', [news('a\u0007')]), 'board.widgets.0.text'],
      ['a long text', board('a', [news('x'.repeat(501))]), 'board.widgets.0.text'],
      ['an unknown key', { ...board('a'), html: '<b>' }, 'board'],
      ['an overlap', board('a', [number, { ...number, widgetId: 'b' }]), 'board.widgets.1.x'],
      ['out of the grid', board('a', [wide]), 'board.widgets.0.w'],
      ['one id twice', board('a', [number, { ...number, x: 12 }]), 'board.widgets.1.widgetId'],
      ['an odd id', board('a', [{ ...number, widgetId: '__proto__' }]), 'board.widgets.0.widgetId'],
      ['an odd scope', board('a', [{ ...number, scopes: ['queue:"x"'] }]), 'board.widgets.0.scopes.0'],
      [
        'scopes of two kinds',
        board('a', [{ ...number, scopes: ['site', 'queue:a'] }]),
        'board.widgets.0.scopes',
      ],
      [
        'no such zone',
        board('a', [{ ...number, kind: 'clock', figure: undefined, zone: 'Mars/Base' }]),
        'board.widgets.0.zone',
      ],
      [
        'too many',
        board(
          'a',
          Array.from({ length: 41 }, () => number),
        ),
        'board.widgets',
      ],
    ] as const) {
      for (const path of ['/api/boards', '/api/boards/preview']) {
        const answer = await supervisor.call('POST', path, { board: body });
        expect(answer.status, what).to.equal(400);
        const { details } = answer.json['error'] as unknown as { details: { faults: { path: string[] }[] } };
        expect(
          details.faults.map((fault) => fault.path.join('.')),
          what,
        ).to.include(place);
      }
    }
  });

  it('lets viewers neither see nor change any, and supervisors enrol no display', async () => {
    const { boardId } = await made('Mine');
    const { displayId } = await enrolled('Door');
    for (const [method, path, body] of [
      ['GET', '/api/boards', undefined],
      ['GET', `/api/boards/${boardId}`, undefined],
      ['POST', '/api/boards', { board: board('x') }],
      ['POST', '/api/boards/preview', { board: board('x') }],
      ['PUT', `/api/boards/${boardId}`, { board: board('x'), ifVersion: 1 }],
      ['DELETE', `/api/boards/${boardId}`, undefined],
      ['PUT', `/api/displays/${displayId}/settings`, { boards: [] }],
    ] as const)
      expect((await viewer.call(method, path, body)).status, `${method} ${path}`).to.equal(403);
    for (const [method, path, body] of [
      ['POST', '/api/displays/approve', { code: 'ABCDEFG', name: 'x' }],
      ['PATCH', `/api/displays/${displayId}`, { name: 'x' }],
      ['POST', `/api/displays/${displayId}/revoke`, {}],
    ] as const)
      expect((await supervisor.call(method, path, body)).status, `${method} ${path}`).to.equal(403);
  });

  it('shows a draft with live data, and keeps nothing', async () => {
    const before = (await supervisor.call('GET', '/api/boards')).text;
    const { status, json } = await supervisor.call('POST', '/api/boards/preview', {
      board: board('Draft', [news(hostile), number]),
    });
    expect(status).to.equal(200);
    const tree = json as unknown as BoardTree;
    expect(tree.settings.boards).to.deep.equal(['draft']);
    expect(tree.boards['draft']!.data).to.deep.equal({ n: {}, constructor: { value: 3 } });
    expect(tree.boards['draft']!.definition.widgets[0]).to.include({ text: hostile.trim() });
    expect(tree.site.name).to.equal('Test');
    expect((await supervisor.call('GET', '/api/boards')).text).to.equal(before);
  });

  it('keeps what a display shows, and refuses boards that do not exist', async () => {
    const { boardId } = await made('Shown');
    const { tv, displayId, set } = await enrolled('Lift');
    const unknown = await set([boardId, 'board_none', "x'y"]);
    expect(unknown.status, 'not an id').to.equal(400);
    const absent = await set([boardId, 'board_none']);
    expect(reason(absent)).to.deep.equal(['bad-request', 'unknown-board']);
    expect(absent.json['error']).to.have.deep.nested.property('details.boards', ['board_none']);
    expect((await set([boardId], { rotateSec: 4 })).status).to.equal(400);
    const done = await set([boardId], { zoom: 120, language: 'ru' });
    const settings = { boards: [boardId], rotateSec: 30, zoom: 120, language: 'ru' };
    expect(displayRowSchema.parse(done.json)).to.deep.include({ displayId, settings });
    const state = displayStateSchema.parse((await tv.call('GET', '/display/state')).json);
    expect(state).to.deep.include({ state: 'approved', shows: 'boards', settings, language: 'it' });
    const [entry] = await audited('display.settings-changed', displayId);
    expect(entry).to.deep.include({ actor: 'user:sue', details: settings });
    const gone = await supervisor.call('DELETE', `/api/boards/${boardId}`);
    expect(reason(gone)).to.deep.equal(['conflict', 'shown']);
    expect(gone.json['error']).to.have.deep.nested.property('details.displays', [
      { displayId, name: 'Lift' },
    ]);
    expect((await set([])).status).to.equal(200);
    expect((await tv.call('GET', '/display/state')).json).to.include({ shows: 'standard' });
    expect((await supervisor.call('DELETE', `/api/boards/${boardId}`)).status).to.equal(204);
    const nobody = await supervisor.call('PUT', '/api/displays/display_none/settings', { boards: [] });
    expect(nobody.status).to.equal(404);
  });

  it('never shows a board that is gone, whoever comes first', async () => {
    const { displayId, set } = await enrolled('Race');
    for (let turn = 0; turn < 10; turn += 1) {
      const { boardId } = await made(`Race ${turn}`);
      const [shown, gone] = await Promise.all([
        set([boardId]),
        supervisor.call('DELETE', `/api/boards/${boardId}`),
      ]);
      expect([shown.status, gone.status].join(' '), `turn ${turn}`).to.be.oneOf(['200 409', '400 204']);
      await set([]);
    }
    await admin.call('POST', `/api/displays/${displayId}/revoke`, {});
    expect((await set([])).status, 'revoked').to.equal(404);
  });

  it('sends a display its boards, follows figures and changes of a board, without a touch', async () => {
    const { boardId } = await made('Live');
    const { set, watch, ticket } = await enrolled('Hall');
    const standard = await watch();
    expect(standard.tree).to.deep.equal(house.floor.tree.board);
    await set([boardId]);
    await until('told', () => standard.has('settings'));
    expect(await ticket()).to.include({ shows: 'boards' });
    const screen = await watch();
    const seen = () => screen.tree as unknown as BoardTree;
    expect(seen().boards[boardId]!.data).to.deep.equal({ constructor: { value: 3 } });
    waiting = 8;
    house.http.liveHub.notify();
    const valueOf = () => (seen().boards[boardId]!.data['constructor'] as { value?: number })?.value;
    await until('figure', () => valueOf() === 8);
    waiting = 9;
    await until('a figure that moved without an event', () => valueOf() === 9);
    const changed = await supervisor.call('PUT', `/api/boards/${boardId}`, {
      board: board('Live 2', [news('Lunch is served')]),
      ifVersion: 1,
    });
    expect(changed.status).to.equal(200);
    await until('definition', () => seen().boards[boardId]!.version === 2);
    expect(seen().boards[boardId]!.data).to.deep.equal({ n: {} });
    expect(seen().boards[boardId]!.definition.name).to.equal('Live 2');
    expect(screen.gaps).to.equal(0);
    await until('the old socket is closed', () => standard.closeCode === 4002, 7000);
    expect(screen.closeCode).to.equal(undefined);
    screen.socket.close();
  });

  it('voids tickets of the old settings, and blanks a revoked display within 5 s', async () => {
    const { boardId } = await made('Last');
    const { displayId, set, watch, ticket } = await enrolled('Last');
    const old = await ticket();
    await set([boardId]);
    expect((await openScreen(`ws://127.0.0.1:${house.port}${String(old['url'])}`)).refusedWith).to.equal(403);
    const screen = await watch();
    await house.deps.access.displays.revoke(displayId, Date.now());
    await until('closed', () => screen.closeCode === 4001, 5000);
    expect((await supervisor.call('DELETE', `/api/boards/${boardId}`)).status, 'nobody shows it').to.equal(
      204,
    );
  });

  it('finds by itself that settings were changed elsewhere', async () => {
    const { boardId } = await made('Elsewhere');
    const { displayId, watch } = await enrolled('Far');
    const screen = await watch();
    const settings = { boards: [boardId], rotateSec: 30, zoom: 100 };
    await house.deps.access.displays.setSettings(displayId, settings);
    await until('told', () => screen.has('settings'), 5000);
    screen.socket.close();
  });

  it('lets our own pages frame the wallboard and nothing else', async () => {
    for (const [path, ancestors, frame] of [
      ['/wallboard/', "'self'", 'SAMEORIGIN'],
      ['/', "'none'", 'DENY'],
      ['/api/boards', "'none'", 'DENY'],
      ['/wallboards', "'none'", 'DENY'],
    ] as const) {
      const { headers } = await admin.call('GET', path);
      const policy = String(headers['content-security-policy']);
      expect(policy, path).to.include(`frame-ancestors ${ancestors};`);
      expect(policy, path).to.include("frame-src 'self';");
      expect(headers['x-frame-options'], path).to.equal(frame);
    }
  });

  it('holds so many boards and no more', async () => {
    const statuses: number[] = [];
    const { json } = await supervisor.call('GET', '/api/boards');
    const before = (json['items'] as unknown as object[]).length;
    while (statuses.length < 200 - before + 5) {
      const lot = Array.from({ length: 5 }, () =>
        supervisor.call('POST', '/api/boards', { board: board('x') }),
      );
      statuses.push(...(await Promise.all(lot)).map(({ status }) => status));
    }
    expect(statuses.filter((status) => status === 201)).to.have.length(200 - before);
    const last = await supervisor.call('POST', '/api/boards', { board: board('x') });
    expect(reason(last)).to.deep.equal(['conflict', 'full']);
  });
});
