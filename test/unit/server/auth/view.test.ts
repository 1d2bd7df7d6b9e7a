/** What follows from a view: which queues, teams, agents, contacts and scopes are in it, and which never are. */
import { expect } from 'chai';
import fc from 'fast-check';
import { kinds, newWidget } from '../../../../admin-ui/admin/boards/board-kinds.ts';
import { homeScope, isOwnKind, ownWidget } from '../../../../admin-ui/admin/boards/own-widget.ts';
import { fromTemplate } from '../../../../admin-ui/admin/boards/templates.ts';
import { isBoardWithin, isFigureWithin } from '../../../../server/app/boards/board-within.ts';
import { narrowDrill, narrowIntervals } from '../../../../server/api/reports/narrow.ts';
import { permissions, permissionsOf } from '../../../../server/auth/policy.ts';
import { isLimitable, namedView, unknownIn, viewOf, wholeSite } from '../../../../server/auth/view.ts';
import { boardSchema } from '../../../../server/contract/boards.ts';
import { drillQuerySchema, intervalQuerySchema } from '../../../../server/contract/rest-reports.ts';
import { roles } from '../../../../server/contract/rest.ts';
import { userViewSchema } from '../../../../server/contract/user-view.ts';
import { isAppError } from '../../../../server/lib/app-error.ts';

const site = {
  queues: ['cards', 'loans', 'accounts'].map((id) => ({ id, name: id.toUpperCase() })),
  teams: ['north', 'south'].map((id) => ({ id, name: id.toUpperCase() })),
  agents: [
    { id: '101', team: 'north' },
    { id: '102', team: 'south' },
    { id: '103', team: undefined },
  ],
};
const view = viewOf({ teams: ['north'], queues: ['cards'] }, site);

const codeOf = (work: () => unknown): string => {
  try {
    work();
    return 'allowed';
  } catch (err) {
    return isAppError(err) ? err.code : 'thrown';
  }
};

describe('a view', () => {
  it('is of supervisors and viewers alone', () => {
    expect(roles.filter(isLimitable)).to.deep.equal(['supervisor', 'viewer']);
  });

  it('has the queues and teams named, the agents of the teams, and what they had', () => {
    expect(site.queues.filter(({ id }) => view.hasQueue(id)).map(({ id }) => id)).to.deep.equal(['cards']);
    expect(site.teams.filter(({ id }) => view.hasTeam(id)).map(({ id }) => id)).to.deep.equal(['north']);
    expect(site.agents.filter(({ id }) => view.hasAgent(id)).map(({ id }) => id)).to.deep.equal(['101']);
    const has = (queueIds: string[], agentIds: string[]) => view.hasContact({ queueIds, agentIds });
    expect(has(['loans', 'cards'], ['102'])).to.equal(true);
    expect(has(['loans'], ['101'])).to.equal(true);
    expect(has(['loans'], ['102', '103'])).to.equal(false);
    expect(has([], [])).to.equal(false);
    expect(view.hasContact({ queueIds: [undefined], agentIds: [undefined] })).to.equal(false);
  });

  it('has scopes of figures that are of these alone', () => {
    for (const scope of ['queue:cards', 'queue:cards/mail', 'team:north', 'agent:101'])
      expect(view.hasScope(scope), scope).to.equal(true);
    for (const scope of [
      'site',
      'queue:loans',
      'queue:loans/mail',
      'queue:cardsx',
      'team:south',
      'agent:102',
      'agent:103',
      'channel:voice',
      'number:700',
      'number:queue:cards',
      'branch:700/closed',
      'trunk:east',
      'team:north/x',
    ])
      expect(view.hasScope(scope), scope).to.equal(false);
  });

  it('matches nothing by what the site has no more, and nothing at all without a site', () => {
    const gone = viewOf({ teams: ['north', 'west'], queues: ['old'] }, site);
    expect(gone.within).to.deep.equal({ queueIds: [], teamIds: ['north'], agentIds: ['101'] });
    expect(gone.hasQueue('old')).to.equal(false);
    expect(viewOf({ teams: ['north'], queues: ['cards'] }, undefined).within).to.deep.equal({
      queueIds: [],
      teamIds: [],
      agentIds: [],
    });
    expect(namedView({ teams: ['west'], queues: ['cards', 'old'] }, site)).to.deep.equal({
      teams: [],
      queues: [{ id: 'cards', name: 'CARDS' }],
    });
  });

  it('refuses ids that the site does not know, each in its place', () => {
    const faults = unknownIn({ teams: ['north', 'west'], queues: ['old'] }, site);
    expect(faults.map(({ path }) => path.join('.'))).to.deep.equal(['view.teams.1', 'view.queues.0']);
    expect(faults[0]!.message).to.include('west');
  });

  it('is one view in whatever order it was chosen, and never none at all', () => {
    const parsed = userViewSchema.parse({ teams: ['b', 'a', 'b'], queues: ['y', 'x'] });
    expect(parsed).to.deep.equal({ teams: ['a', 'b'], queues: ['x', 'y'] });
    expect(userViewSchema.safeParse({ teams: [], queues: [] }).success).to.equal(false);
    expect(userViewSchema.safeParse({ teams: ['a'] }).success).to.equal(false);
    expect(userViewSchema.safeParse({ teams: ['../a'], queues: [] }).success).to.equal(false);
  });

  it('never has what a narrower site or smaller view would not have: growing only adds', () => {
    const ids = fc.subarray(['cards', 'loans', 'accounts', 'gone']);
    const teams = fc.subarray(['north', 'south', 'gone']);
    fc.assert(
      fc.property(ids, ids, teams, teams, (q1, q2, t1, t2) => {
        const small = viewOf({ teams: t1, queues: q1 }, site);
        const large = viewOf({ teams: [...t1, ...t2], queues: [...q1, ...q2] }, site);
        for (const queueId of small.within!.queueIds) expect(large.hasQueue(queueId)).to.equal(true);
        for (const agentId of small.within!.agentIds) expect(large.hasAgent(agentId)).to.equal(true);
        expect(small.within!.queueIds.every((id) => q1.includes(id))).to.equal(true);
      }),
    );
  });

  it('is everything for whoever is not limited', () => {
    expect(wholeSite.within).to.equal(undefined);
    expect(wholeSite.hasScope('site') && wholeSite.hasAgent('103') && wholeSite.hasQueue(undefined)).to.equal(
      true,
    );
  });

  it('takes permissions away and gives none', () => {
    for (const role of roles)
      expect(permissions.filter((one) => permissionsOf(role, true).includes(one))).to.deep.equal(
        permissions.filter(
          (one) => permissionsOf(role, true).includes(one) && permissionsOf(role).includes(one),
        ),
      );
    expect(permissionsOf('supervisor', true)).not.to.include('quarantine.manage');
  });
});

describe('questions about figures within a view', () => {
  const window = { from: '2026-03-02T08:00:00Z', to: '2026-03-02T09:00:00Z' };
  const intervals = (more: object) =>
    narrowIntervals(intervalQuerySchema.parse({ ...window, ...more }), view);
  const drill = (more: object) =>
    narrowDrill(drillQuerySchema.parse({ ...window, count: 'answered', ...more }), view);

  it('have rows of their own queues, teams and agents', () => {
    expect(intervals({ by: 'queue' }).within).to.deep.equal({ scopes: ['queue:cards'] });
    expect(intervals({ by: 'team' }).within).to.deep.equal({ scopes: ['team:north'] });
    expect(intervals({ by: 'agent' }).within).to.deep.equal({ scopes: ['agent:101'] });
  });

  it('are of their queues where rows are of the site, a channel, a number or a trunk', () => {
    for (const by of ['site', 'channel', 'number', 'trunk']) {
      const { query, within } = intervals({ by });
      expect(query.queues, by).to.deep.equal(['cards']);
      expect(within, by).to.deep.equal({ isOfQueuesAlone: true });
    }
    expect(drill({ scope: 'site' }).queues).to.deep.equal(['cards']);
    expect(drill({ scope: 'number:700' }).queues).to.deep.equal(['cards']);
  });

  it('are refused where they name what is not theirs', () => {
    for (const more of [
      { by: 'branch' },
      { by: 'site', queues: 'loans' },
      { by: 'queue', queues: 'cards,loans' },
      { by: 'agent', queues: 'loans' },
      { by: 'site', queues: '' },
    ])
      expect(
        codeOf(() => intervals(more)),
        JSON.stringify(more),
      ).to.equal('outside-view');
    for (const more of [
      { scope: 'queue:loans' },
      { scope: 'team:south' },
      { scope: 'agent:102' },
      { scope: 'branch:700/closed' },
      { scope: 'site', queues: 'loans' },
      { scope: 'team:north', queues: 'loans' },
    ])
      expect(
        codeOf(() => drill(more)),
        JSON.stringify(more),
      ).to.equal('outside-view');
  });

  it('are as they were for whoever is not limited', () => {
    const query = intervalQuerySchema.parse({ ...window, by: 'branch', queues: 'loans' });
    expect(narrowIntervals(query, wholeSite)).to.deep.equal({ query });
  });
});

describe('a board within a view', () => {
  const place = { widgetId: 'w', x: 0, y: 0, w: 4, h: 4 };
  const isWithin = (widget: object) =>
    isBoardWithin(boardSchema.parse({ name: 'B', widgets: [{ ...place, ...widget }] }), view);

  it('names its queues, teams and agents, and nothing else', () => {
    for (const widget of [
      { kind: 'number', scopes: ['queue:cards'], figure: 'waiting' },
      { kind: 'gauge', scopes: ['team:north'], figure: 'aht' },
      { kind: 'intraday', scopes: ['queue:cards/voice'], figure: 'offered' },
      { kind: 'queues', queues: ['cards'], figures: ['waiting'] },
      { kind: 'waiters', queues: ['cards'] },
      { kind: 'agents', teams: ['north'] },
      { kind: 'agents', teams: ['north'], queues: ['cards'] },
      { kind: 'news', text: 'Hello' },
      { kind: 'clock' },
    ])
      expect(isWithin(widget), JSON.stringify(widget)).to.equal(true);
  });

  it('is not theirs where a widget shows the house, another queue, or nobody knows whom', () => {
    for (const widget of [
      { kind: 'number', figure: 'waiting' },
      { kind: 'number', scopes: ['queue:cards', 'queue:loans'], figure: 'waiting' },
      { kind: 'number', scopes: ['queue:cards'], figure: 'unreachable-phones' },
      { kind: 'intraday', scopes: ['site'], figure: 'offered' },
      { kind: 'queues', figures: ['waiting'] },
      { kind: 'queues', queues: ['cards'], figures: ['unreachable-phones'] },
      { kind: 'queues', queues: [], figures: ['waiting'] },
      { kind: 'waiters' },
      { kind: 'agents' },
      { kind: 'agents', queues: ['cards'] },
      { kind: 'agents', teams: ['north'], queues: ['loans'] },
      { kind: 'agent-states' },
      { kind: 'callbacks' },
      { kind: 'channels' },
      { kind: 'alerts' },
    ])
      expect(isWithin(widget), JSON.stringify(widget)).to.equal(false);
    expect(isFigureWithin('unreachable-phones', 'site', wholeSite)).to.equal(true);
  });
});

describe('a new widget of somebody who sees a part of the site', () => {
  const named = namedView({ teams: ['north'], queues: ['cards'] }, site);
  const cells = { x: 0, y: 0, w: 8, h: 8 };

  it('is offered where it can be theirs, and begins as theirs', () => {
    for (const kind of kinds) {
      const widget = ownWidget(newWidget(kind, 'w', cells, 'News'), named);
      const board = boardSchema.parse({ name: 'B', widgets: [widget] });
      expect(isBoardWithin(board, view), kind).to.equal(isOwnKind(kind, named));
      expect(isOwnKind(kind, undefined)).to.equal(true);
      expect(ownWidget(newWidget(kind, 'w', cells, 'News'), undefined)).to.deep.equal(
        newWidget(kind, 'w', cells, 'News'),
      );
    }
    expect([homeScope(named), homeScope({ ...named, queues: [] }), homeScope(undefined)]).to.deep.equal([
      'queue:cards',
      'team:north',
      'site',
    ]);
  });

  it('may begin from the board of a queue, all of which is theirs', () => {
    expect(isBoardWithin(fromTemplate('queue', 'Cards', 'cards'), view)).to.equal(true);
    expect(isBoardWithin(fromTemplate('queue', 'Loans', 'loans'), view)).to.equal(false);
    expect(isBoardWithin(fromTemplate('floor', 'Floor'), view)).to.equal(false);
  });
});
