/**
 * A supervisor who is limited to a team and a queue, on every route there is: each route says what it is for such a user, and
 * each that says "narrowed" has its probe here, so that a new one cannot be forgotten. Beside it stands a supervisor who is not
 * limited, whose answers hold what the other must not see.
 */
import { expect } from 'chai';
import { isAllowed, permissions, permissionsOf } from '../../../../server/auth/policy.ts';
import { LiveFigures, toStatsSite } from '../../../../server/app/live-figures.ts';
import { createRecordingStore } from '../../../../server/compose/recording-files.ts';
import { toAcdSite } from '../../../../server/config/acd-site.ts';
import type { DrillPage, IntervalReport } from '../../../../server/contract/rest-reports.ts';
import type { ContactPage, RecordingPage } from '../../../../server/contract/rest.ts';
import type { FairnessAnswer } from '../../../../server/contract/rest-fairness.ts';
import type { ContactStory, DecisionPage } from '../../../../server/contract/rest-decisions.ts';
import { siteSchema } from '../../../../server/contract/site.ts';
import { applyBatch } from '../../../../server/db/projection-batch.ts';
import { createRecordingRepo } from '../../../../server/db/repos/recording-repo.ts';
import { createLogger } from '../../../../server/lib/log.ts';
import { FloorDays } from '../../../support/floor-days.ts';
import type { DriftReport } from '../../../../server/contract/rest-drift.ts';
import type { FcrPage, FcrReport } from '../../../../server/contract/rest-fcr.ts';
import { until } from '../../../support/until.ts';
import type { Answer, Browser, Harness } from './harness.ts';
import { startHarness } from './harness.ts';
import { openScreen } from './screen.ts';

const logger = createLogger('test', 'silent');
const startAt = Date.parse('2026-03-02T08:00:00Z');
const endAt = startAt + 3 * 3_600_000;
const limits = { teams: ['north'], queues: ['main'] };
const theirAgents = new Set(['101', '102']);

const site = siteSchema.parse({
  site: { name: 'Bank', timeZone: 'Europe/Rome' },
  queues: [
    { id: 'main', name: 'Main' },
    { id: 'loans', name: 'Loans' },
    { id: 'cards', name: 'Cards' },
  ],
  teams: [
    { id: 'north', name: 'North' },
    { id: 'south', name: 'South' },
  ],
  agents: ['101', '102', '103', '104', '105'].map((id, i) => ({
    id,
    name: `Agent ${id}`,
    queues: i < 3 ? ['main', 'loans'] : ['loans', 'cards'],
    team: i < 2 ? 'north' : 'south',
  })),
  phones: ['p1', 'p2', 'p3', 'p4', 'p5'].map((id) => ({ id, password: 'not-of-any-use' })),
});

/** Routes that tell nothing of contacts, agents or figures, or only what is the caller's own. */
const sameForAll = [
  '/api/session',
  '/api/sessions',
  '/api/sessions/:id',
  '/api/me/password',
  '/api/hours',
  '/api/hours/calendars/:id',
  '/api/hours/simulation',
];
/** What no part of can be told apart: refused. */
const refused = [
  'GET /api/displays',
  'PUT /api/displays/:id/settings',
  'GET /api/reports/statements',
  'GET /api/channels',
  'GET /api/channels/egress',
  'GET /api/quarantine',
  'GET /api/quarantine/count',
  'GET /api/quarantine/:id',
  'GET /api/quarantine/:id/raw',
  'POST /api/quarantine/:id/release',
  'DELETE /api/quarantine/:id',
  'GET /api/blocks',
  'POST /api/blocks',
  'DELETE /api/blocks/:id',
];

describe('a supervisor limited to a team and a queue', function () {
  this.timeout(120_000);
  let house: Harness;
  let admin: Browser;
  let all: Browser;
  let part: Browser;
  let days: FloorDays;
  /** By the log itself. */
  const theirs = new Set<string>();
  const others = new Set<string>();

  before(async () => {
    house = await startHarness();
    house.active.replace({ site, version: 1, yaml: '' });
    admin = await house.admin();
    all = await house.user('supervisor', 'sara');
    part = await house.user('supervisor', 'nora', limits);
    days = new FloorDays({ seed: 21, startAt, endAt, site: toAcdSite(site, 1), contacts: 260 });
    days.runTo(endAt);
    await followLog();
    for (const event of days.log) {
      const { contactId } = event;
      if (contactId === undefined) continue;
      const isTheirs =
        event.queueId === 'main' ||
        (event.type === 'contact.answered' && theirAgents.has(event.agentId ?? ''));
      if (isTheirs) theirs.add(contactId);
      else others.add(contactId);
    }
    for (const contactId of theirs) others.delete(contactId);
    expect(theirs.size).to.be.greaterThan(50);
    expect(others.size).to.be.greaterThan(50);
    await record();
  });
  after(() => house?.stop());

  async function followLog(): Promise<void> {
    const { sequelize, floor } = house;
    const entries = days.log.map((event) => ({ seq: event.seq, text: JSON.stringify(event) }));
    await applyBatch({ sequelize, logger, onUnreadable: () => expect.fail('unreadable') }, 0, entries);
    house.followFigures();
    await until('the figures have followed', async () => {
      const [rows] = await sequelize.query("select seq from projector_checkpoint where name = 'figures'");
      return Number((rows[0] as { seq: string }).seq) === days.log.length;
    });
    const live = new LiveFigures(toStatsSite(site), [], startAt);
    for (const event of days.log) live.apply(event);
    floor.tree = live.floor(endAt);
    floor.eventAt = live.eventAt();
    floor.part = (of) => live.boardPart(of, endAt);
  }

  /** A recording of each contact that was answered. */
  async function record(): Promise<void> {
    await house.sequelize.query(
      `insert into recordings (recording_id, first_seq, contact_id, agent_id, queue_id, state, file, started_at, bytes, duration_ms)
       select 'rec_' || contact_id, first_seq, contact_id, agent_id, queue_id, 'completed', contact_id || '.wav', answered_at, 1, 1
       from contacts where answered_at is not null`,
    );
    house.shelf.recordings = createRecordingStore(createRecordingRepo(house.sequelize), house.tempDir);
  }

  const codeOf = ({ status, json }: Answer) =>
    `${status} ${String((json['error'] as { code?: string } | undefined)?.code ?? '')}`.trim();
  const outside = '403 outside-view';
  const missing = '404 not-found';
  const iso = (at: number) => new Date(at).toISOString();
  const day = `from=${iso(startAt)}&to=${iso(endAt)}`;
  async function read<T>(browser: Browser, path: string): Promise<T> {
    const answer = await browser.call('GET', path);
    expect(answer.status, `${path} ${answer.text}`).to.equal(200);
    return answer.json as unknown as T;
  }
  async function pages<T>(browser: Browser, path: string): Promise<T[]> {
    const items: T[] = [];
    let cursor = '';
    do {
      const page = await read<{ items: T[]; nextCursor?: string }>(
        browser,
        `${path}${path.includes('?') ? '&' : '?'}limit=40${cursor}`,
      );
      items.push(...page.items);
      cursor = page.nextCursor === undefined ? '' : `&cursor=${page.nextCursor}`;
    } while (cursor !== '');
    return items;
  }
  const isTheirRow = ({ queueId, agentId }: { queueId?: string | undefined; agentId?: string | undefined }) =>
    queueId === 'main' || theirAgents.has(agentId ?? '');
  const rule = (scope: string, figure = 'waiting') => ({
    name: `On ${scope}`,
    figure,
    scope,
    condition: { kind: 'above', value: 1 },
    forSec: 0,
    clearSec: 0,
  });
  const board = (scope: string) => ({
    name: `Of ${scope}`,
    widgets: [{ widgetId: 'a', kind: 'number', scopes: [scope], figure: 'waiting', x: 0, y: 0, w: 4, h: 4 }],
  });
  const made: Record<string, string> = {};
  /** One of theirs and one of others, made by whoever sees all. */
  async function makeBoth(path: string, bodyOf: (scope: string) => object, idOf: string) {
    for (const [who, scope] of [
      ['mine', 'queue:main'],
      ['not', 'queue:loans'],
      ['site', 'site'],
    ] as const) {
      const answer = await all.call('POST', path, bodyOf(scope));
      expect(answer.status, answer.text).to.equal(201);
      made[`${path} ${who}`] = String(answer.json[idOf]);
    }
  }

  const probes: Record<string, () => Promise<void>> = {
    'POST /api/live-ticket': async () => {
      for (const scope of ['floor', 'board']) {
        const { json } = await part.call('POST', '/api/live-ticket', { scope });
        const screen = await openScreen(`${house.origin.replace('http', 'ws')}${String(json['url'])}`, {
          origin: house.origin,
        });
        await until('a snapshot', () => screen.has('snapshot'));
        const text = JSON.stringify(screen.tree);
        const named = text.match(/"c\d+"/g) ?? [];
        for (const id of named) expect(theirs.has(id.slice(1, -1)), id).to.equal(true);
        expect(text).to.include('"isPart":true').and.include('"main"');
        expect(text).not.to.include('"loans":').and.not.to.include('Agent 103');
        screen.socket.close();
      }
    },
    'GET /api/contacts': async () => {
      const seen = await pages<ContactPage['items'][number]>(part, '/api/contacts');
      expect(seen.map(({ contactId }) => contactId)).to.have.members([...theirs]);
      const whole = await pages<ContactPage['items'][number]>(all, '/api/contacts');
      expect(whole).to.have.length(theirs.size + others.size);
    },
    'POST /api/contacts/:id/return': async () => {
      const contacts = Object.values(house.floor.tree.contacts);
      const foreign = contacts.find((contact) => !isTheirRow(contact));
      expect(foreign, 'somebody else’s contact in hand').not.to.equal(undefined);
      const path = `/api/contacts/${foreign!.contactId}/return`;
      expect(codeOf(await part.call('POST', path, { agentId: '101' }))).to.equal(missing);
    },
    'GET /api/contacts/:id/story': async () => {
      for (const contactId of [...theirs].slice(0, 20)) {
        const story = await read<ContactStory>(part, `/api/contacts/${contactId}/story`);
        for (const step of story.steps)
          if (step.kind === 'offered')
            for (const { agentId, isChosen } of step.offer.decision?.candidates ?? [])
              expect(isChosen || theirAgents.has(agentId)).to.equal(true);
      }
      for (const contactId of [...others].slice(0, 20))
        expect(codeOf(await part.call('GET', `/api/contacts/${contactId}/story`))).to.equal(missing);
    },
    'GET /api/decisions': async () => {
      type Offer = DecisionPage['items'][number];
      const seen = await pages<Offer>(part, '/api/decisions');
      const whole = await pages<Offer>(all, '/api/decisions');
      expect(seen.map(({ seq }) => seq)).to.deep.equal(whole.filter(isTheirRow).map(({ seq }) => seq));
      expect(seen.length).to.be.lessThan(whole.length);
      for (const { decision } of seen) {
        for (const { agentId, isChosen } of decision?.candidates ?? [])
          expect(isChosen || theirAgents.has(agentId)).to.equal(true);
        for (const { agentIds } of decision?.ruledOut ?? [])
          expect(agentIds.every((id) => theirAgents.has(id))).to.equal(true);
        const fact = decision?.counterfactual?.fact;
        if (fact)
          expect('agentId' in fact ? theirAgents.has(fact.agentId) : fact.queueId === 'main').to.equal(true);
      }
      const foreign = await read<DecisionPage>(part, '/api/decisions?queueId=cards&agentId=104');
      expect(foreign.items).to.deep.equal([]);
    },
    'GET /api/fairness': async () => {
      const seen = await read<FairnessAnswer>(part, `/api/fairness?${day}`);
      expect(seen.agents.map(({ agentId }) => agentId)).to.have.members([...theirAgents]);
      expect(seen.team.count).to.equal(2);
      expect(seen.queues.map(({ queueId }) => queueId)).to.deep.equal(['main']);
      const path = `/api/fairness?${day}&queue=`;
      expect((await part.call('GET', `${path}main`)).status).to.equal(200);
      expect(codeOf(await part.call('GET', `${path}loans`))).to.equal(outside);
    },
    'GET /api/reports/intervals': async () => {
      const ask = (browser: Browser, query: string) =>
        read<IntervalReport>(browser, `/api/reports/intervals?${day}&interval=all&${query}`);
      for (const [by, scopes] of [
        ['queue', ['queue:main']],
        ['team', ['team:north']],
        ['agent', ['agent:101', 'agent:102']],
      ] as const) {
        const { rows } = await ask(part, `by=${by}`);
        expect(rows.map(({ scope }) => scope)).to.deep.equal(scopes);
        const whole = (await ask(all, `by=${by}`)).rows.filter(({ scope }) =>
          scopes.includes(scope as never),
        );
        expect(rows, by).to.deep.equal(whole);
      }
      const ofQueue = (await ask(part, 'by=queue')).rows[0]!.counts;
      const [ofSite] = (await ask(part, 'by=site')).rows;
      for (const name of ['offered', 'answered', 'abandoned', 'handled', 'talkMs'] as const)
        expect(ofSite!.counts[name], name).to.equal(ofQueue[name]);
      // Nothing that is of no queue: callers before a queue, agents' time.
      for (const name of ['arrived', 'contained', 'notReadyMs', 'talkingMs', 'readyMs'] as const)
        expect(ofSite!.counts[name], name).to.equal(0);
      for (const by of ['channel', 'number', 'trunk']) {
        const { rows } = await ask(part, `by=${by}`);
        const known = await ask(all, `by=${by}&queues=main`);
        expect(rows.map(({ counts }) => counts.offered)).to.deep.equal(
          known.rows
            .filter(({ scope }) => rows.some((row) => row.scope === scope))
            .map(({ counts }) => counts.offered),
        );
        const sum = rows.reduce((total, { counts }) => total + counts.arrived + counts.contained, 0);
        expect(sum).to.equal(0);
      }
      // As it is running: a window that is not over, and ends at no whole quarter.
      house.clock.offsetMs = endAt + 3_600_000 - Date.now();
      const odd = `from=${iso(startAt + 900_000)}&to=${iso(house.deps.clock.now() + 61_001)}&interval=all`;
      const { rows } = await read<IntervalReport>(part, `/api/reports/intervals?${odd}&by=queue`);
      house.clock.offsetMs = 0;
      expect(rows.map(({ scope }) => scope)).to.deep.equal(['queue:main']);
      for (const query of ['by=branch', 'by=site&queues=loans', 'by=queue&queues=main,cards'])
        expect(codeOf(await part.call('GET', `/api/reports/intervals?${day}&${query}`)), query).to.equal(
          outside,
        );
      const file = await part.call('GET', `/api/reports/intervals?${day}&by=agent&interval=all&format=csv`);
      expect(file.text).to.include('101').and.not.to.include('Agent 103');
    },
    'GET /api/figures/contacts': async () => {
      const drill = (browser: Browser, query: string) =>
        read<DrillPage>(browser, `/api/figures/contacts?${day}&${query}`);
      for (const scope of ['queue:main', 'team:north', 'agent:101', 'site', 'number:700']) {
        const { items, total } = await drill(part, `scope=${scope}&count=answered&limit=200`);
        expect(total, scope).to.be.greaterThan(0);
        for (const row of items) expect(theirs.has(row.contact.contactId), scope).to.equal(true);
        const behind = await drill(all, `scope=${scope}&count=answered&limit=200&queues=main`);
        if (scope === 'site') expect(total).to.equal(behind.total);
      }
      for (const query of [
        'scope=queue:loans',
        'scope=team:south',
        'scope=agent:103',
        'scope=site&queues=cards',
      ])
        expect(
          codeOf(await part.call('GET', `/api/figures/contacts?${day}&count=answered&${query}`)),
        ).to.equal(outside);
    },
    'GET /api/reports/fcr': async () => {
      const ask = (browser: Browser, query: string) =>
        read<FcrReport>(browser, `/api/reports/fcr?${day}&${query}`);
      const { rows } = await ask(part, 'by=queue');
      expect(rows.map(({ scope }) => scope)).to.deep.equal(['queue:main']);
      expect((await ask(part, 'by=site')).total).to.deep.equal((await ask(all, 'by=site&queues=main')).total);
      for (const query of ['by=agent', 'by=queue&topic=any', 'by=queue&queues=main,loans'])
        expect(codeOf(await part.call('GET', `/api/reports/fcr?${day}&${query}`)), query).to.equal(outside);
    },
    'GET /api/reports/fcr/contacts': async () => {
      const ask = (query: string) => `/api/reports/fcr/contacts?${day}&limit=200&${query}`;
      for (const scope of ['site', 'queue:main', 'channel:voice']) {
        const { items, total } = await read<FcrPage>(part, ask(`scope=${scope}`));
        expect(total, scope).to.be.greaterThan(0);
        for (const { contact, repeat } of items)
          for (const { contactId } of [contact, ...(repeat ? [repeat.contact] : [])])
            expect(theirs.has(contactId), scope).to.equal(true);
      }
      for (const query of ['scope=queue:loans', 'scope=agent:101', 'scope=site&topic=any', 'queues=loans'])
        expect(codeOf(await part.call('GET', ask(query))), query).to.equal(outside);
    },
    'GET /api/reports/drift': async () => {
      const half = (startAt + endAt) / 2;
      const ask = (scope: string) =>
        `/api/reports/drift?figure=aht&baseFrom=${iso(startAt)}&baseTo=${iso(half)}&from=${iso(half)}&to=${iso(endAt)}&scope=${scope}`;
      for (const scope of ['queue:main', 'team:north', 'agent:101']) {
        const report = await read<DriftReport>(part, ask(scope));
        expect(report, scope).to.deep.equal(await read<DriftReport>(all, ask(scope)));
      }
      for (const scope of ['site', 'queue:loans', 'team:south', 'agent:103', 'channel:voice'])
        expect(codeOf(await part.call('GET', ask(scope))), scope).to.equal(outside);
    },
    'GET /api/recordings': async () => {
      type Row = RecordingPage['items'][number];
      const seen = await pages<Row>(part, '/api/recordings');
      const whole = await pages<Row>(all, '/api/recordings');
      const ids = (rows: Row[]) => rows.map(({ recordingId }) => recordingId);
      expect(ids(seen)).to.deep.equal(ids(whole.filter(isTheirRow)));
      expect(seen.length).to.be.greaterThan(10).and.lessThan(whole.length);
      made['foreign recording'] = whole.find((row) => !isTheirRow(row))!.recordingId;
      made['own recording'] = seen[0]!.recordingId;
    },
    'POST /api/recordings/:id/listen': async () => {
      const listen = (id: string) =>
        part.call('POST', `/api/recordings/${id}/listen`, { reason: 'a complaint' });
      expect(codeOf(await listen(made['foreign recording']!))).to.equal(missing);
      const { status, json } = await listen(made['own recording']!);
      expect(status).to.equal(200);
      made['grant'] = String(json['grant']);
    },
    'GET /api/recordings/:id/audio': async () => {
      const hear = (id: string) => part.call('GET', `/api/recordings/${id}/audio?grant=${made['grant']!}`);
      // The grant is good; there is no file behind it here.
      expect(codeOf(await hear(made['own recording']!))).to.equal(missing);
      expect(codeOf(await hear(made['foreign recording']!))).to.equal('403 forbidden');
    },
    'GET /api/site/names': async () => {
      const names = await read<Record<string, Record<string, string>>>(part, '/api/site/names');
      expect(Object.keys(names['queues']!)).to.deep.equal(['main']);
      expect(Object.keys(names['teams']!)).to.deep.equal(['north']);
      expect(Object.keys(names['agents']!)).to.have.members([...theirAgents]);
    },
    'GET /api/emergency': async () => {
      const routing = house.deps.routing;
      const emergencies = routing.emergencies.bind(routing);
      try {
        routing.emergencies = () => ['main', 'loans'];
        expect((await part.call('GET', '/api/emergency')).json).to.deep.equal({
          isSiteOn: false,
          queueIds: ['main'],
        });
      } finally {
        routing.emergencies = emergencies;
      }
    },
    'PUT /api/emergency': async () => {
      const put = (body: object) => part.call('PUT', '/api/emergency', body);
      expect(codeOf(await put({ isOn: true }))).to.equal(outside);
      expect(codeOf(await put({ isOn: true, queueId: 'loans' }))).to.equal(outside);
      expect(codeOf(await put({ isOn: true, queueId: 'main' }))).to.equal('200');
      expect(codeOf(await put({ isOn: false, queueId: 'main' }))).to.equal('200');
    },
    'PUT /api/agents/:id/state': async () => {
      const put = (id: string) => part.call('PUT', `/api/agents/${id}/state`, { to: 'logged-out' });
      expect(codeOf(await put('103'))).to.equal(outside);
      // Routing here has no agents: theirs got as far as that.
      expect(codeOf(await put('101'))).to.equal(missing);
    },
    'GET /api/alert-rules/scopes': async () => {
      const { items } = await read<{ items: { scope: string }[] }>(part, '/api/alert-rules/scopes');
      expect(items.map(({ scope }) => scope)).to.deep.equal(['queue:main', 'team:north']);
    },
    'POST /api/alert-rules': async () => {
      await makeBoth('/api/alert-rules', (scope) => ({ rule: rule(scope) }), 'ruleId');
      const post = (scope: string, figure?: string) =>
        part.call('POST', '/api/alert-rules', { rule: rule(scope, figure) });
      for (const scope of ['site', 'queue:loans', 'team:south', 'agent:103', 'channel:voice', 'number:700'])
        expect(codeOf(await post(scope)), scope).to.equal(outside);
      expect(codeOf(await post('queue:main', 'unreachable-phones'))).to.equal(outside);
      expect(codeOf(await post('queue:main/voice'))).to.equal('201');
    },
    'GET /api/alert-rules': async () => {
      const { items } = await read<{ items: { rule: { scope: string } }[] }>(part, '/api/alert-rules');
      expect(items.map((row) => row.rule.scope)).to.deep.equal(['queue:main', 'queue:main/voice']);
    },
    'PUT /api/alert-rules/:id': async () => {
      const put = (who: string, scope: string) =>
        part.call('PUT', `/api/alert-rules/${made[`/api/alert-rules ${who}`]!}`, {
          rule: rule(scope),
          ifVersion: 1,
        });
      expect(codeOf(await put('not', 'queue:main'))).to.equal(missing);
      expect(codeOf(await put('mine', 'queue:loans'))).to.equal(outside);
      expect(codeOf(await put('mine', 'queue:main'))).to.equal('200');
    },
    'GET /api/alerts': async () => {
      for (const figureScope of ['queue:main', 'queue:main/voice', 'queue:loans', 'site'])
        house.figures.set('waiting', 3, figureScope);
      house.alerting.alerts.look();
      await house.alerting.alerts.settled();
      type Row = { alertId: string; scope: string };
      for (const show of ['standing', 'all']) {
        const seen = await pages<Row>(part, `/api/alerts?show=${show}`);
        expect(
          seen.map(({ scope }) => scope),
          show,
        ).to.have.members(['queue:main', 'queue:main/voice']);
        const whole = await pages<Row>(all, `/api/alerts?show=${show}`);
        expect(whole).to.have.length(4);
        made['foreign alert'] = whole.find(({ scope }) => scope === 'site')!.alertId;
        made['own alert'] = seen[0]!.alertId;
      }
    },
    'GET /api/alerts/count': async () => {
      expect((await part.call('GET', '/api/alerts/count')).json).to.include({ standing: 2 });
      expect((await all.call('GET', '/api/alerts/count')).json).to.include({ standing: 4 });
    },
    'GET /api/alerts/:id/drift': async () => {
      // Neither is a trend: what matters is that the other is not even looked for.
      for (const id of [made['foreign alert']!, made['own alert']!])
        expect(codeOf(await part.call('GET', `/api/alerts/${id}/drift`))).to.equal(missing);
      const { alerts } = house.alerting;
      const own = alerts.explain(made['own alert']!, undefined, { has: () => false, scopes: [] });
      expect(await own).to.equal(undefined);
    },
    'POST /api/alerts/:id/acknowledge': async () => {
      const post = (id: string) => part.call('POST', `/api/alerts/${id}/acknowledge`, {});
      expect(codeOf(await post(made['foreign alert']!))).to.equal(missing);
      expect(codeOf(await post(made['own alert']!))).to.equal('200');
    },
    'DELETE /api/alert-rules/:id': async () => {
      const remove = (who: string) =>
        part.call('DELETE', `/api/alert-rules/${made[`/api/alert-rules ${who}`]!}`);
      expect(codeOf(await remove('not'))).to.equal(missing);
      expect(codeOf(await remove('site'))).to.equal(missing);
      expect(codeOf(await remove('mine'))).to.equal('204');
    },
    'POST /api/boards': async () => {
      await makeBoth('/api/boards', (scope) => ({ board: board(scope) }), 'boardId');
      expect(codeOf(await part.call('POST', '/api/boards', { board: board('site') }))).to.equal(outside);
      expect(codeOf(await part.call('POST', '/api/boards', { board: board('team:north') }))).to.equal('201');
    },
    'GET /api/boards': async () => {
      const { items } = await read<{ items: { board: { name: string } }[] }>(part, '/api/boards');
      expect(items.map((row) => row.board.name)).to.have.members(['Of queue:main', 'Of team:north']);
    },
    'GET /api/boards/:id': async () => {
      for (const [who, code] of [
        ['mine', '200'],
        ['not', missing],
        ['site', missing],
      ] as const)
        expect(codeOf(await part.call('GET', `/api/boards/${made[`/api/boards ${who}`]!}`)), who).to.equal(
          code,
        );
    },
    'PUT /api/boards/:id': async () => {
      const put = (who: string, scope: string) =>
        part.call('PUT', `/api/boards/${made[`/api/boards ${who}`]!}`, { board: board(scope), ifVersion: 1 });
      expect(codeOf(await put('not', 'queue:main'))).to.equal(missing);
      expect(codeOf(await put('mine', 'site'))).to.equal(outside);
      expect(codeOf(await put('mine', 'queue:main'))).to.equal('200');
    },
    'POST /api/boards/preview': async () => {
      const alerts = house.boardSources.alerts.bind(house.boardSources);
      const tile = { name: 'x', severity: 'warning', since: 0, isAcknowledged: false } as const;
      house.boardSources.alerts = () => ({
        a1: { ...tile, scope: 'queue:main' },
        a2: { ...tile, scope: 'queue:loans' },
        a3: tile,
      });
      try {
        const preview = (widget: object) =>
          part.call('POST', '/api/boards/preview', {
            board: { name: 'x', widgets: [{ widgetId: 'a', x: 0, y: 0, w: 8, h: 8, ...widget }] },
          });
        const shown = await preview({ kind: 'agents', teams: ['north'], hasLoggedOut: true });
        expect(shown.status, shown.text).to.equal(200);
        expect(Object.keys(shown.json['alerts']!)).to.deep.equal(['a1']);
        expect(shown.text).to.include('"101"').and.not.to.include('"103"');
        for (const widget of [{ kind: 'agents' }, { kind: 'waiters' }, { kind: 'alerts' }])
          expect(codeOf(await preview(widget))).to.equal(outside);
      } finally {
        house.boardSources.alerts = alerts;
      }
    },
    'DELETE /api/boards/:id': async () => {
      const remove = (who: string) => part.call('DELETE', `/api/boards/${made[`/api/boards ${who}`]!}`);
      expect(codeOf(await remove('not'))).to.equal(missing);
      expect(codeOf(await remove('mine'))).to.equal('204');
    },
  };

  const name = (route: { method: string; path: string }) => `${route.method.toUpperCase()} ${route.path}`;
  const open = () =>
    house.http.routes.filter(
      ({ access }) =>
        access !== 'open' &&
        (access === 'session' || isAllowed('supervisor', access) || isAllowed('viewer', access)),
    );

  it('finds that every route says what it is for such a user, or is refused', async () => {
    const of = (kind: string | undefined) => open().filter(({ forLimited }) => forLimited === kind);
    expect(of('narrowed').map(name)).to.have.members(Object.keys(probes));
    const same = of('same').filter(({ access }) => access !== 'desk.use');
    expect([...new Set(same.map(({ path }) => path))]).to.have.members(sameForAll);
    expect(of(undefined).map(name)).to.have.members(refused);
    for (const route of of(undefined)) {
      const body = ['get', 'delete'].includes(route.method) ? undefined : {};
      const path = route.path.replace(':id', 'some_id');
      expect(codeOf(await part.call(route.method.toUpperCase(), path, body)), name(route)).to.equal(outside);
    }
    // Nothing is said for those who may not call at all.
    const closed = house.http.routes.filter((route) => route.access !== 'open' && !open().includes(route));
    expect(closed.filter(({ forLimited }) => forLimited !== undefined).map(name)).to.deep.equal([]);
  });

  it('is told the same by the list of what may be done', async () => {
    const { may } = await read<{ may: string[] }>(part, '/api/session');
    expect(may).to.deep.equal([...permissionsOf('supervisor', true)]);
    const said = new Set(open().flatMap(({ access, forLimited }) => (forLimited ? [access as string] : [])));
    const ofNoRoute = ['health.read'];
    for (const permission of permissions)
      if (isAllowed('supervisor', permission) && !ofNoRoute.includes(permission))
        expect(may.includes(permission), permission).to.equal(said.has(permission));
  });

  for (const [route, probe] of Object.entries(probes))
    it(`is given by ${route} what is theirs and no more`, probe);

  it('finds what is theirs behind many contacts of others, a bounded number of rows at a time', async () => {
    await house.sequelize.query(
      `insert into contacts (contact_id, first_seq, queue_id, arrived_at)
       select 'later' || n, 1000000 + n, 'loans', now() from generate_series(1, 21000) n`,
    );
    try {
      const first = await read<ContactPage>(part, '/api/contacts?limit=40');
      expect(first.items).to.deep.equal([]);
      expect(first.nextCursor).to.equal(String(1_000_001 + 1000));
      const seen = await pages<ContactPage['items'][number]>(part, '/api/contacts');
      expect(seen.map(({ contactId }) => contactId)).to.have.members([...theirs]);
    } finally {
      await house.sequelize.query("delete from contacts where contact_id like 'later%'");
    }
  });

  describe('is made so by an administrator', () => {
    const users = async () => (await read<{ items: Record<string, unknown>[] }>(admin, '/api/users')).items;
    const idOf = async (username: string) =>
      String((await users()).find((user) => user['username'] === username)!['userId']);

    it('with ids that the site knows, and for roles that have a view', async () => {
      const post = (body: object) => admin.call('POST', '/api/users', { username: 'nobody', ...body });
      const unknown = await post({ role: 'viewer', view: { teams: ['north', 'west'], queues: ['old'] } });
      expect(codeOf(unknown)).to.equal('400 bad-request');
      const { details } = unknown.json['error'] as unknown as { details: Record<string, unknown> };
      expect(details['reason']).to.equal('unknown-in-site');
      expect((details['faults'] as { path: unknown[] }[]).map(({ path }) => path)).to.deep.equal([
        ['view', 'teams', 1],
        ['view', 'queues', 0],
      ]);
      for (const role of ['admin', 'agent']) {
        const answer = await post({ role, view: limits });
        expect((answer.json['error'] as unknown as { details: object }).details).to.include({
          reason: 'view-of-role',
        });
      }
      expect(codeOf(await post({ role: 'viewer', view: { teams: [], queues: [] } }))).to.equal(
        '400 bad-request',
      );
      const path = `/api/users/${await idOf('ada')}`;
      expect(codeOf(await admin.call('PATCH', path, { view: limits }))).to.equal('400 bad-request');
      expect((await part.call('PATCH', path, { view: null })).status).to.equal(403);
    });

    it('at once: sessions and sockets of before end, and the trail has old and new', async () => {
      const vera = await house.user('viewer', 'vera');
      const { json } = await vera.call('POST', '/api/live-ticket', { scope: 'floor' });
      const screen = await openScreen(`${house.origin.replace('http', 'ws')}${String(json['url'])}`, {
        origin: house.origin,
      });
      const { json: later } = await vera.call('POST', '/api/live-ticket', { scope: 'floor' });
      const path = `/api/users/${await idOf('vera')}`;
      const changed = await admin.call('PATCH', path, { view: { teams: [], queues: ['loans'] } });
      expect(changed.json['view']).to.deep.equal({ teams: [], queues: ['loans'] });
      await until('the socket is closed', () => screen.closeCode === 4001);
      const late = await openScreen(`${house.origin.replace('http', 'ws')}${String(later['url'])}`, {
        origin: house.origin,
      });
      expect(late.refusedWith).to.equal(403);
      expect((await vera.call('GET', '/api/alerts/count')).status).to.equal(401);
      const [first] = await house.deps.audit.list(1);
      expect(first).to.deep.include({ action: 'user.changed', target: 'user:vera' });
      expect(first!.details).to.deep.include({ view: { teams: [], queues: ['loans'] }, viewBefore: null });
      await admin.call('PATCH', path, { view: null });
      const [second] = await house.deps.audit.list(1);
      expect(second!.details).to.deep.include({ view: null, viewBefore: { teams: [], queues: ['loans'] } });
    });

    it('and it goes with the role that had it, in Postgres too', async () => {
      const path = `/api/users/${await idOf('vera')}`;
      await admin.call('PATCH', path, { view: limits });
      const agent = await admin.call('PATCH', path, { role: 'admin' });
      expect(agent.json).not.to.have.property('view');
      await admin.call('PATCH', path, { role: 'viewer' });
      expect((await users()).find((user) => user['username'] === 'vera')).not.to.have.property('view');
      const forced = house.sequelize.query(
        `update users set view = '{"teams":[],"queues":["main"]}' where role = 'admin'`,
      );
      let fault: unknown;
      await forced.catch((err: unknown) => (fault = err));
      expect(String(fault)).to.include('users_view_role');
    });

    it('and says of themselves what they see, by the names of the site', async () => {
      const { me } = await read<{ me: Record<string, unknown> }>(part, '/api/session');
      expect(me['view']).to.deep.equal({
        teams: [{ id: 'north', name: 'North' }],
        queues: [{ id: 'main', name: 'Main' }],
      });
    });

    it('and counts by the site of the moment: what left it matches nothing', async () => {
      const { queues, teams, ...rest } = site;
      const without = { ...rest, teams, queues: queues.filter(({ id }) => id !== 'main') };
      house.active.replace({ site: without, version: 2, yaml: '' });
      try {
        const names = await read<Record<string, object>>(part, '/api/site/names');
        expect(names['queues']).to.deep.equal({});
        const { rows } = await read<IntervalReport>(
          part,
          `/api/reports/intervals?${day}&by=queue&interval=all`,
        );
        expect(rows).to.deep.equal([]);
      } finally {
        house.active.replace({ site, version: 1, yaml: '' });
      }
    });
  });
});
