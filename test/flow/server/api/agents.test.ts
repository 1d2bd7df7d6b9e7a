/** An agent's state set over HTTP: who may, what it answers, that it shows in the live figures, and that it is in the audit trail. */
import { expect } from 'chai';
import { createAcd } from '../../../../server/acd/engine.ts';
import { AcdShell } from '../../../../server/app/acd-shell.ts';
import { LiveFigures, toStatsSite } from '../../../../server/app/live-figures.ts';
import { routingSwitches } from '../../../../server/app/routing-switches.ts';
import { toAcdSite } from '../../../../server/config/acd-site.ts';
import type { EventDraft } from '../../../../server/contract/events.ts';
import { siteSchema } from '../../../../server/contract/site.ts';
import { createLogger } from '../../../../server/lib/log.ts';
import { send, startHarness } from './harness.ts';
import type { Browser, Harness } from './harness.ts';

const site = siteSchema.parse({
  site: { name: 'First' },
  queues: [{ id: 'main', name: 'Main' }],
  phones: [{ id: '1001', password: 'secret-1001' }],
  agents: [
    { id: '101', name: 'Ann', queues: ['main'], phone: '1001' },
    { id: '102', name: 'Bob', queues: ['main'], pin: '1234' },
  ],
});

/** Routing with an agent who sits there, and the figures that screens see. */
function floor() {
  let seq = 0;
  const append = (drafts: EventDraft[]) =>
    drafts.map((draft) => ({ ...draft, id: `e-${++seq}`, seq, v: 1 as const }));
  const clock = { now: () => Date.now(), monotonicMs: () => performance.now() };
  const shell = new AcdShell({
    acd: createAcd(),
    log: { append, lastSeq: () => seq },
    clock,
    logger: createLogger('test', 'silent'),
  });
  const figures = new LiveFigures(toStatsSite(site), [], clock.now());
  shell.onEvent((event) => figures.apply(event));
  shell.run({ type: 'site.apply', site: toAcdSite(site, 1) });
  shell.run({ type: 'phone.registered', phoneId: '1001', transport: 'udp' });
  shell.stop();
  return { shell, figures };
}

describe('an agent’s state over HTTP', function () {
  this.timeout(60_000);
  let house: Harness;
  let supervisor: Browser;
  let figures: LiveFigures;
  let shell: AcdShell;
  before(async () => {
    house = await startHarness();
    ({ shell, figures } = floor());
    house.deps.routing = routingSwitches(shell);
    await house.admin();
    supervisor = await house.user('supervisor', 'sue');
  });
  after(() => house?.stop());

  const put = (by: Browser, agentId: string, body: unknown) =>
    by.call('PUT', `/api/agents/${agentId}/state`, body);

  it('is a supervisor’s to set, shows as a reason of the system, and is in the audit trail once', async () => {
    const answer = await put(supervisor, '101', { to: 'not-ready', reason: ' fire drill ' });
    expect([answer.status, answer.json]).to.deep.equal([
      200,
      { agentId: '101', to: 'not-ready', when: 'now' },
    ]);
    const live = figures.floor(Date.now());
    expect(live.agents['101']).to.include({
      state: 'not-ready',
      reason: 'supervisor',
      isSystemReason: true,
    });
    expect(live.board.notReadyByReason).to.deep.equal({ supervisor: 1 });

    const again = await put(supervisor, '101', { to: 'not-ready' });
    expect(again.status).to.equal(409);
    expect(again.json).to.have.nested.property('error.code', 'conflict');
    expect(again.json).to.have.nested.property('error.details.reason', 'already-so');
    expect(again.json).to.have.nested.property(
      'error.message',
      'this is so already, or was asked for already',
    );
    const out = await put(supervisor, '101', { to: 'logged-out' });
    expect(out.json).to.deep.equal({ agentId: '101', to: 'logged-out', when: 'now' });
    expect(shell.acd.agent('101')?.state).to.equal('logged-out');
    const kept = (await house.deps.audit.list(20)).filter(({ action }) => action === 'agent.switched');
    expect(kept.reverse().map(({ actor, target, details }) => ({ actor, target, ...details }))).to.deep.equal(
      [
        { actor: 'user:sue', target: 'agent:101', to: 'not-ready', when: 'now', reason: 'fire drill' },
        { actor: 'user:sue', target: 'agent:101', to: 'logged-out', when: 'now' },
      ],
    );
  });

  it('says in words why not', async () => {
    for (const [to, reason] of [
      ['ready', 'logged-out'],
      ['end-wrap-up', 'logged-out'],
      ['logged-out', 'already-so'],
    ] as const) {
      const { status, json } = await put(supervisor, '102', { to });
      expect(status, to).to.equal(409);
      expect(json, to).to.have.nested.property('error.details.reason', reason);
    }
    for (const nobody of ['999', '%27%3B--', '..%2F101'])
      expect((await put(supervisor, nobody, { to: 'ready' })).status, nobody).to.equal(404);
  });

  it('is nobody else’s, and refuses what it does not understand', async () => {
    const viewer = await house.user('viewer', 'vera');
    expect((await put(viewer, '101', { to: 'logged-out' })).status).to.equal(403);
    expect((await put(house.browser(), '101', { to: 'logged-out' })).status).to.equal(401);
    for (const body of [
      {},
      { to: 'talking' },
      { to: 'ready', reason: '' },
      { to: 'ready', reason: 'x'.repeat(201) },
      { to: 'ready', by: 'somebody else' },
      { to: ['ready'] },
    ])
      expect((await put(supervisor, '101', body)).status, JSON.stringify(body)).to.equal(400);
    const cookie = [...supervisor.cookies].map(([name, value]) => `${name}=${value}`).join('; ');
    const headers = { cookie, origin: house.origin, 'content-type': 'application/json' };
    const body = JSON.stringify({ to: 'ready' });
    const forged = await send(house.port, 'PUT', '/api/agents/101/state', headers, body);
    expect(forged.json).to.have.nested.property('error.code', 'bad-origin');
    expect(shell.acd.agent('101')?.state).to.equal('logged-out');
    const kept = (await house.deps.audit.list(50)).filter(({ action }) => action === 'agent.switched');
    expect(kept, 'what was refused changed nothing').to.have.length(2);
  });
});
