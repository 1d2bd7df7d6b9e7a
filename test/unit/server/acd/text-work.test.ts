/** Several contacts at once (S31, S42): capacity by channel, what keeps what away, calls that interrupt, one order for all. */
import { expect } from 'chai';
import { otherwiseText } from '../../../../server/acd/decision-words.ts';
import type { AcdAgent, AcdQueue, AcdSite } from '../../../../server/acd/types.ts';
import { decisionSchema } from '../../../../server/contract/decision.ts';
import type { Channel, EventDraft } from '../../../../server/contract/events.ts';
import { agent, Bench, lines, queue, site } from './site.ts';

class Desk extends Bench {
  constructor(agents: AcdAgent[], rules: Partial<AcdQueue> = {}, changes: Partial<AcdSite> = {}) {
    const phones = agents.map((_, i) => `p${1 + i}`);
    super({ ...site([queue('q', rules)], agents, phones), ...changes });
    agents.forEach(({ id }, i) => {
      this.seat(id, `p${1 + i}`);
      this.pass(1_000);
    });
  }

  contact(contactId: string, channel: Channel, wishes: object = {}): EventDraft[] {
    const at = { queueId: 'q', numberId: '5000', language: 'en' };
    this.do({ type: 'contact.arrive', contactId, channel, ...at });
    return this.do({ type: 'contact.enqueue', contactId, ...wishes }).events;
  }

  take(contactId: string, channel: Channel): void {
    this.contact(contactId, channel);
    this.accept(contactId);
  }

  accept(contactId: string): EventDraft[] {
    return this.do({ type: 'offer.accepted', offerId: this.offerOf(contactId) }).events;
  }

  close(contactId: string): EventDraft[] {
    return this.do({ type: 'contact.agent-hung-up', contactId, reason: 'closed' }).events;
  }

  state(contactId: string): string {
    const contact = this.acd.contact(contactId);
    return [contact?.state ?? 'gone', contact?.agentId].filter(Boolean).join(' ');
  }

  get inHand(): string[] {
    return (this.acd.agent('101')?.inHand ?? []).map((one) => `${one.contactId}${one.isOffer ? '?' : ''}`);
  }

  lastDecision() {
    const offered = this.log.findLast((event) => event.type === 'contact.offered');
    return decisionSchema.parse(offered?.data.decision);
  }
}
const one = (changes: Partial<AcdAgent> = {}) => [
  agent('101', ['q'], { wrapUp: { mode: 'none' }, ...changes }),
];

describe('several contacts at once', () => {
  it('gives an agent three chats and five mails, one offer at a time, and no more', () => {
    const desk = new Desk(one(), { maxWaitMs: 0 });
    for (let i = 1; i <= 4; i++) desk.contact(`chat${i}`, 'chat');
    for (let i = 1; i <= 6; i++) desk.contact(`mail${i}`, 'mail');
    expect(desk.inHand).to.deep.equal(['chat1?']);
    for (const id of ['chat1', 'chat2', 'chat3', 'mail1', 'mail2', 'mail3', 'mail4']) desk.accept(id);
    expect(desk.inHand).to.deep.equal([
      'chat1',
      'chat2',
      'chat3',
      'mail1',
      'mail2',
      'mail3',
      'mail4',
      'mail5?',
    ]);
    desk.accept('mail5');
    expect([desk.state('chat4'), desk.state('mail6')]).to.deep.equal(['waiting', 'waiting']);
    // The state is the agent's own and says nothing of text.
    expect(desk.agentState('101')).to.equal('ready');
    desk.close('mail2');
    expect([desk.state('chat4'), desk.state('mail6')]).to.deep.equal(['waiting', 'offered 101']);
    desk.close('chat2');
    desk.accept('mail6');
    expect(desk.state('chat4')).to.equal('offered 101');
    expect(desk.lastDecision().trigger).to.equal('agent');
  });

  it('counts by the capacity of the agent, and asks nobody whose capacity is 0', () => {
    const desk = new Desk([
      ...one({ capacity: { chat: 1, mail: 0 } }),
      agent('102', ['q'], { capacity: { chat: 0, mail: 1 } }),
    ]);
    desk.take('c1', 'chat');
    expect(desk.state('c1')).to.equal('connected 101');
    expect(desk.lastDecision().ruledOut).to.deep.equal({ channel: 1 });
    desk.take('m1', 'mail');
    expect(desk.state('m1')).to.equal('connected 102');
    desk.contact('c2', 'chat');
    desk.contact('m2', 'mail');
    expect([desk.state('c2'), desk.state('m2')]).to.deep.equal(['waiting', 'waiting']);
    desk.close('m1');
    expect(desk.lastDecision().ruledOutAgents).to.deep.equal({ channel: ['101'] });
  });

  it('a call takes the whole agent: no text meanwhile, nor a call while a chat is in hand', () => {
    const desk = new Desk([...one(), agent('102', ['q'], { wrapUp: { mode: 'none' } })], {
      strategy: 'linear',
    });
    desk.take('call1', 'voice');
    desk.take('chat1', 'chat');
    expect([desk.state('call1'), desk.state('chat1')]).to.deep.equal(['connected 101', 'connected 102']);
    desk.contact('mail1', 'mail');
    expect(desk.lastDecision()).to.deep.include({ chosen: '102', ruledOut: { talking: 1 } });
    desk.contact('call2', 'voice');
    expect(desk.state('call2')).to.equal('waiting');
    desk.close('call1');
    expect(desk.state('call2')).to.equal('offered 101');
    expect(desk.lastDecision().ruledOut).to.deep.equal({ 'other-work': 1 });
    expect(desk.lastDecision().ruledOutAgents).to.deep.equal({ 'other-work': ['102'] });
  });

  it('a call interrupts mails until it and its wrap-up are over', () => {
    const desk = new Desk(one({ wrapUp: { mode: 'timed', ms: 10_000 } }));
    desk.take('mail1', 'mail');
    desk.contact('mail2', 'mail');
    desk.contact('call', 'voice');
    expect(desk.state('call')).to.equal('offered 101');
    desk.pass(2_000);
    expect(lines(desk.accept('call'))).to.deep.equal([
      'contact.answered call',
      '101 reserved>talking',
      'contact.held mail1',
    ]);
    expect(desk.acd.contact('mail1')?.isHeld).to.equal(true);
    desk.pass(20_000);
    // The mail that was only offered has gone by meanwhile: Not Ready comes after the call.
    expect(desk.state('mail2')).to.equal('waiting');
    expect(desk.acd.agent('101')?.pending).to.deep.equal({ to: 'not-ready', reason: 'rona' });
    desk.close('call');
    expect(desk.acd.contact('mail1')?.isHeld).to.equal(true);
    desk.pass(10_000);
    expect(desk.agentState('101')).to.equal('not-ready:rona');
    expect(desk.acd.contact('mail1')?.isHeld).to.equal(false);
    const ended = desk.close('mail1').find((event) => event.type === 'contact.ended');
    expect(ended?.data).to.include({ talkMs: 2_000, holdMs: 30_000 });
  });

  it('lets text in beside a call where the site says so', () => {
    const desk = new Desk(one(), {}, { blocks: { voice: ['chat'], chat: ['voice'], mail: [] } });
    desk.take('call', 'voice');
    desk.contact('chat', 'chat');
    desk.contact('mail', 'mail');
    expect([desk.state('chat'), desk.state('mail')]).to.deep.equal(['waiting', 'offered 101']);
    desk.accept('mail');
    expect(desk.acd.contact('mail')?.isHeld).to.equal(false);
    expect(desk.agentState('101')).to.equal('talking');
  });

  it('keeps one order for all channels: priority, then the time waited, whatever it is', () => {
    const desk = new Desk(one(), { maxWaitMs: 0 });
    desk.do({ type: 'agent.not-ready', agentId: '101', reason: 'break' });
    for (const [id, channel, priority] of [
      ['mail', 'mail', 0],
      ['chat', 'chat', 0],
      ['urgent', 'mail', 2],
      ['call', 'voice', 1],
    ] as const) {
      desk.contact(id, channel, { priority });
      desk.pass(1_000);
    }
    desk.do({ type: 'agent.ready', agentId: '101' });
    // A mail keeps no call away, so both are offered; a chat would have to wait for the end of the call.
    expect([desk.state('urgent'), desk.state('call')]).to.deep.equal(['offered 101', 'offered 101']);
    desk.accept('urgent');
    desk.accept('call');
    expect([desk.state('mail'), desk.state('chat')]).to.deep.equal(['waiting', 'waiting']);
    desk.close('call');
    expect([desk.state('mail'), desk.state('chat')]).to.deep.equal(['offered 101', 'waiting']);
    expect(otherwiseText(desk.lastDecision())).to.match(
      /^Contact chat of queue q would have been offered instead/,
    );
  });

  it('asks who has the fewest in hand first, where the strategy is to spread the work', () => {
    const desk = new Desk([...one(), agent('102', ['q'])]);
    desk.take('m1', 'mail');
    desk.take('m2', 'mail');
    expect([desk.state('m1'), desk.state('m2')]).to.deep.equal(['connected 101', 'connected 102']);
    desk.close('m1');
    desk.take('m3', 'mail');
    expect(desk.state('m3')).to.equal('connected 101');
    expect(otherwiseText(desk.lastDecision())).to.equal(
      'Agent 102 would have been chosen with 1 contact fewer in hand',
    );
    const full = new Desk([...one(), agent('102', ['q'])], { strategy: 'linear' });
    for (let i = 1; i <= 4; i++) full.take(`c${i}`, 'chat');
    expect(['c1', 'c2', 'c3', 'c4'].map((id) => full.state(id).slice(-3))).to.deep.equal([
      '101',
      '101',
      '101',
      '102',
    ]);
  });
});

describe('agents with text in hand', () => {
  it('Not Ready gives back what is offered and keeps what is begun', () => {
    const desk = new Desk([...one(), agent('102', ['q'])], { strategy: 'linear' });
    desk.take('c1', 'chat');
    desk.contact('c2', 'chat');
    expect(lines(desk.do({ type: 'agent.not-ready', agentId: '101', reason: 'lunch' }).events)).to.deep.equal(
      ['101 ready>not-ready lunch', 'offer.withdrawn c2 agent-left', 'contact.offered c2 to 102'],
    );
    expect(desk.inHand).to.deep.equal(['c1']);
  });

  it('are logged out when the last of it is closed, unless they stay after all', () => {
    const desk = new Desk(one(), { maxWaitMs: 0 });
    desk.take('c1', 'chat');
    desk.take('m1', 'mail');
    desk.do({ type: 'agent.logout', agentId: '101', reason: 'asked' });
    expect(desk.agentState('101')).to.equal('not-ready:logging-out');
    expect(desk.do({ type: 'agent.logout', agentId: '101', reason: 'asked' }).ignored).to.equal('already-so');
    desk.contact('c2', 'chat');
    expect(desk.state('c2')).to.equal('waiting');
    desk.close('c1');
    expect(desk.agentState('101')).to.equal('not-ready:logging-out');
    expect(lines(desk.close('m1'))).to.deep.equal([
      'contact.ended m1 answered by agent',
      '101 not-ready>logged-out asked',
      'agent.logged-out 101',
    ]);
    desk.do({ type: 'agent.login', agentId: '101', phoneId: 'p1', how: 'web' });
    desk.do({ type: 'agent.ready', agentId: '101' });
    desk.accept('c2');
    desk.do({ type: 'agent.logout', agentId: '101', reason: 'asked' });
    desk.do({ type: 'agent.ready', agentId: '101' });
    desk.close('c2');
    expect(desk.agentState('101')).to.equal('ready');
  });

  it('move to another phone with it, and nobody takes their seat', () => {
    const two = [...one(), agent('102', ['q'])];
    const desk = new Desk(two, { strategy: 'linear' });
    desk.take('c1', 'chat');
    desk.do({ type: 'agent.logout', agentId: '102', reason: 'asked' });
    const sitDown = (agentId: string, phoneId: string) =>
      desk.do({ type: 'agent.login', agentId, phoneId, how: 'feature-code' });
    expect(sitDown('102', 'p1').ignored).to.equal('phone-in-use');
    sitDown('101', 'p2');
    expect(desk.inHand).to.deep.equal(['c1']);
    expect(desk.acd.agent('101')?.phoneId).to.equal('p2');
    expect(sitDown('102', 'p1').ignored).to.equal(undefined);
  });

  it('finish it when the site no longer has them, and when their phone is gone', () => {
    const desk = new Desk(one());
    desk.take('c1', 'chat');
    desk.do({ type: 'phone.unregistered', phoneId: 'p1', reason: 'expired' });
    expect([desk.agentState('101'), desk.state('c1')]).to.deep.equal([
      'unreachable:phone-unreachable',
      'connected 101',
    ]);
    desk.do({ type: 'phone.registered', phoneId: 'p1', transport: 'udp' });
    expect(desk.agentState('101')).to.equal('ready');
    desk.do({ type: 'site.apply', site: { ...site([queue('q')], [], ['p1'], 2) } });
    expect([desk.agentState('101'), desk.state('c1')]).to.deep.equal([
      'not-ready:logging-out',
      'connected 101',
    ]);
    const agentId = '101';
    expect(desk.do({ type: 'agent.ready', agentId }).ignored).to.equal('already-so');
    expect(desk.do({ type: 'agent.not-ready', agentId, reason: 'lunch' }).ignored).to.equal('already-so');
    desk.close('c1');
    expect(desk.agentState('101')).to.equal('unknown');
  });

  it('that let an offer go by follow the rule of its queue', () => {
    const rona = { after: 2, becomes: 'not-ready' } as const;
    const desk = new Desk(one(), { ringMs: 20_000, rona });
    desk.take('c1', 'chat');
    desk.contact('c2', 'chat');
    desk.pass(20_000);
    expect([desk.agentState('101'), desk.state('c2')]).to.deep.equal(['ready', 'offered 101']);
    desk.pass(20_000);
    expect([desk.agentState('101'), desk.state('c2')]).to.deep.equal(['not-ready:rona', 'waiting']);
    expect(desk.inHand).to.deep.equal(['c1']);
    desk.do({ type: 'agent.ready', agentId: '101' });
    desk.do({ type: 'offer.failed', offerId: desk.offerOf('c2'), reason: 'rejected' });
    expect(desk.agentState('101')).to.equal('not-ready:offer-rejected');
  });

  it('need no phone for it, and without one are asked for no call', () => {
    const desk = new Desk([agent('101', ['q'])]);
    desk.do({ type: 'agent.logout', agentId: '101', reason: 'asked' });
    expect(desk.do({ type: 'agent.login', agentId: '101', how: 'web' }).ignored).to.equal(undefined);
    expect(desk.do({ type: 'agent.login', agentId: '101', how: 'web' }).ignored).to.equal('already-so');
    desk.do({ type: 'agent.ready', agentId: '101' });
    desk.contact('call', 'voice');
    desk.contact('chat', 'chat');
    expect([desk.state('call'), desk.state('chat')]).to.deep.equal(['waiting', 'offered 101']);
    desk.accept('chat');
    expect(desk.acd.agent('101')?.phoneId).to.equal(undefined);
    // A phone that comes or goes is nothing to this agent.
    desk.do({ type: 'phone.unregistered', phoneId: 'p1', reason: 'dead' });
    expect(desk.agentState('101')).to.equal('ready');
    desk.do({ type: 'phone.registered', phoneId: 'p1', transport: 'udp' });
    // Sitting down at a phone keeps the chat, and lets calls come.
    desk.do({ type: 'agent.login', agentId: '101', phoneId: 'p1', how: 'feature-code' });
    desk.close('chat');
    desk.do({ type: 'agent.ready', agentId: '101' });
    expect(desk.state('call')).to.equal('offered 101');
  });

  it('are waited for by channel', () => {
    const preferred = { agentId: '101', waitMs: 60_000 };
    const desk = new Desk([...one(), agent('102', ['q'])]);
    desk.take('c0', 'chat');
    desk.contact('call', 'voice', { preferred });
    desk.contact('chat', 'chat', { preferred });
    expect([desk.state('call'), desk.state('chat')]).to.deep.equal(['waiting', 'offered 101']);
    desk.accept('chat');
    desk.close('chat');
    desk.close('c0');
    expect(desk.state('call')).to.equal('offered 101');
  });
});
