/** A supervisor's hand on an agent's state, over the real engine: when it takes effect, and why it does not. */
import { expect } from 'chai';
import { createAcd } from '../../../../server/acd/engine.ts';
import { AcdShell, type Command } from '../../../../server/app/acd-shell.ts';
import { switchAgent } from '../../../../server/app/agent-switch.ts';
import { LiveFigures, toStatsSite } from '../../../../server/app/live-figures.ts';
import { toAcdSite } from '../../../../server/config/acd-site.ts';
import type { AgentTarget } from '../../../../server/contract/agents.ts';
import type { EventDraft } from '../../../../server/contract/events.ts';
import { siteSchema } from '../../../../server/contract/site.ts';

const site = (agentIds: string[]) =>
  siteSchema.parse({
    site: { name: 'First' },
    queues: [{ id: 'main', name: 'Main' }],
    phones: [{ id: '1001', password: 'secret-1001' }],
    agents: agentIds.map((id) => ({
      id,
      name: `Agent ${id}`,
      queues: ['main'],
      ...(id === '101' ? { phone: '1001' } : { pin: '1234' }),
      wrapUp: { mode: 'timed', sec: 30 },
    })),
  });

function floor() {
  let seq = 0;
  let now = 1_790_000_000_000;
  const quiet = () => undefined;
  const shell = new AcdShell({
    acd: createAcd(),
    log: {
      append: (drafts: EventDraft[]) =>
        drafts.map((draft) => ({ ...draft, id: `e-${++seq}`, seq, v: 1 as const })),
      lastSeq: () => seq,
    },
    clock: { now: () => now },
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  });
  const figures = new LiveFigures(toStatsSite(site(['101', '102'])), [], now);
  shell.onEvent((event) => figures.apply(event));
  const run = (command: Command) => {
    now += 1000;
    const { ignored } = shell.run(command);
    if (ignored !== undefined) throw new Error(`${command.type} was ignored: ${ignored}`);
    shell.stop();
  };
  const ring = () => {
    run({
      type: 'contact.arrive',
      contactId: 'c1',
      channel: 'voice',
      queueId: 'main',
      numberId: '701',
      language: 'en',
    });
    run({ type: 'contact.enqueue', contactId: 'c1' });
  };
  run({ type: 'site.apply', site: toAcdSite(site(['101', '102']), 1) });
  run({ type: 'phone.registered', phoneId: '1001', transport: 'udp' });
  return {
    run,
    to: (to: AgentTarget, agentId = '101') => switchAgent(shell, { agentId, to }),
    state: () => shell.acd.agent('101')?.state,
    agent: () => shell.acd.agent('101'),
    live: () => figures.floor(now),
    ring,
    talk: () => {
      ring();
      run({ type: 'offer.accepted', offerId: 'c1.1' });
    },
    hangUp: () => run({ type: 'contact.agent-hung-up', contactId: 'c1', reason: 'bye' }),
  };
}

describe('an agent’s state set by a supervisor', () => {
  it('is Not Ready at once, told apart from what an agent chooses', () => {
    const { to, live, run, state } = floor();
    expect(to('not-ready')).to.deep.equal({ when: 'now' });
    expect(live().agents['101']).to.include({
      state: 'not-ready',
      reason: 'supervisor',
      isSystemReason: true,
    });
    expect(live().board.notReadyByReason).to.deep.equal({ supervisor: 1 });
    expect(to('not-ready')).to.deep.equal({ refused: 'already-so' });
    expect(to('ready')).to.deep.equal({ when: 'now' });
    expect(state()).to.equal('ready');
    run({ type: 'agent.not-ready', agentId: '101', reason: 'lunch' });
    expect(live().agents['101']).to.include({ reason: 'lunch' }).and.not.have.property('isSystemReason');
    expect(to('not-ready'), 'another reason is another state').to.deep.equal({ when: 'now' });
  });

  it('tears nobody out of a talk or a wrap-up', () => {
    const { to, talk, hangUp, state, agent, run } = floor();
    talk();
    expect(to('not-ready')).to.deep.equal({ when: 'after-contact' });
    expect(to('not-ready')).to.deep.equal({ refused: 'already-so' });
    expect(to('end-wrap-up')).to.deep.equal({ refused: 'not-in-wrap-up' });
    expect(state()).to.equal('talking');
    expect(to('ready'), 'the wish is taken back').to.deep.equal({ when: 'after-contact' });
    expect(to('ready')).to.deep.equal({ refused: 'already-so' });
    hangUp();
    expect(state()).to.equal('wrap-up');
    expect(to('ready'), 'that would cut it short').to.deep.equal({ refused: 'in-wrap-up' });
    expect(to('logged-out')).to.deep.equal({ when: 'after-contact' });
    expect(to('logged-out')).to.deep.equal({ refused: 'already-so' });
    expect(to('not-ready'), 'the last wish stands').to.deep.equal({ when: 'after-contact' });
    expect(state()).to.equal('wrap-up');
    expect(to('end-wrap-up')).to.deep.equal({ when: 'now' });
    expect(agent()).to.include({ state: 'not-ready', reason: 'supervisor', isSystemReason: true });
    run({ type: 'agent.ready', agentId: '101' });
    expect(state(), 'the agent may come back').to.equal('ready');
  });

  it('sends what rings on to others', () => {
    const { to, ring, state } = floor();
    ring();
    expect(state()).to.equal('reserved');
    expect(to('ready')).to.deep.equal({ refused: 'already-so' });
    expect(to('not-ready')).to.deep.equal({ when: 'now' });
    expect(state()).to.equal('not-ready');
  });

  it('logs out at once who has no contact, and nobody in', () => {
    const { to, live, state } = floor();
    expect(to('logged-out')).to.deep.equal({ when: 'now' });
    expect(live().agents['101']).to.include({ state: 'logged-out', reason: 'supervisor' });
    expect(to('logged-out')).to.deep.equal({ refused: 'already-so' });
    for (const target of ['ready', 'not-ready', 'end-wrap-up'] as const)
      expect(to(target), target).to.deep.equal({ refused: 'logged-out' });
    expect(state()).to.equal('logged-out');
    expect(to('ready', '999')).to.deep.equal({ refused: 'unknown-agent' });
  });

  it('waits for a phone that is gone', () => {
    const { to, run, state } = floor();
    run({ type: 'phone.unregistered', phoneId: '1001', reason: 'expired' });
    expect(state()).to.equal('unreachable');
    expect(to('ready')).to.deep.equal({ refused: 'phone-not-registered' });
    expect(to('end-wrap-up')).to.deep.equal({ refused: 'not-in-wrap-up' });
    expect(to('not-ready')).to.deep.equal({ when: 'when-reachable' });
    expect(to('not-ready')).to.deep.equal({ refused: 'already-so' });
    run({ type: 'phone.registered', phoneId: '1001', transport: 'udp' });
    expect(state()).to.equal('not-ready');
    run({ type: 'phone.unregistered', phoneId: '1001', reason: 'expired' });
    expect(to('ready')).to.deep.equal({ when: 'when-reachable' });
    expect(to('logged-out'), 'nothing to wait for').to.deep.equal({ when: 'now' });
  });

  it('keeps nobody whom the site has dismissed', () => {
    const { to, talk, hangUp, run, agent } = floor();
    talk();
    run({ type: 'site.apply', site: toAcdSite(site(['102']), 2) });
    expect(to('not-ready')).to.deep.equal({ refused: 'leaving' });
    expect(to('ready')).to.deep.equal({ refused: 'leaving' });
    expect(to('logged-out')).to.deep.equal({ refused: 'already-so' });
    hangUp();
    expect(to('end-wrap-up')).to.deep.equal({ when: 'now' });
    expect(agent()).to.equal(undefined);
  });
});
