/** Callbacks between form and phone: real routing, shell and site; telephony and store played by hand. */
import { expect } from 'chai';
import { createAcd } from '../../../../../server/acd/engine.ts';
import { AcdShell } from '../../../../../server/app/acd-shell.ts';
import { ActiveSite } from '../../../../../server/app/active-site.ts';
import { Callbacks } from '../../../../../server/app/callback/callbacks.ts';
import type { NextTry } from '../../../../../server/app/callback/next-try.ts';
import type { OpenText } from '../../../../../server/app/text/ports.ts';
import { toAcdSite } from '../../../../../server/config/acd-site.ts';
import type { EventDraft, HearthlineEvent } from '../../../../../server/contract/events.ts';
import { siteSchema } from '../../../../../server/contract/site.ts';
import type { DialOptions } from '../../../../../sip/port.ts';
import { until } from '../../../../support/until.ts';

const logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const outbound = { host: '10.0.0.5', numbers: 'digits', prefix: '0' };
const rules = { trunk: 'out', callerId: '+390200', country: 'IT', allow: ['+39'], tries: 2, hours: 'day' };
const noon = Date.parse('2026-03-04T12:00:00Z');

class Desk {
  at = noon;
  readonly log: EventDraft[] = [];
  readonly site = new ActiveSite();
  readonly texts = new Map<string, OpenText>();
  readonly commands: string[] = [];
  readonly notes: string[] = [];
  readonly closed: string[] = [];
  readonly dialled: DialOptions[] = [];
  readonly connected: string[] = [];
  readonly legs = new Set<string>();
  readonly acd = createAcd();
  readonly shell: AcdShell;
  readonly callbacks: Callbacks;
  #made = 0;

  constructor() {
    const append = (drafts: EventDraft[]) => {
      this.log.push(...drafts);
      return drafts.map((d, i) => ({ ...d, id: `e${i}`, seq: this.log.length, v: 1 }) as HearthlineEvent);
    };
    const clock = { now: () => this.at };
    this.shell = new AcdShell({ acd: this.acd, log: { append, lastSeq: () => 0 }, clock, logger });
    this.shell.stop();
    this.callbacks = new Callbacks({
      shell: this.shell,
      calls: {
        dial: (legId, options) => void (this.commands.push(`dial ${legId}`), this.dialled.push(options)),
        hangup: (legId, reason) => void this.commands.push(`hangup ${legId} ${reason}`),
        play: (legId, playId) => void this.commands.push(`play ${legId} ${playId}`),
        hasLeg: (legId) => this.legs.has(legId),
      },
      site: this.site,
      prompts: { file: (id) => id },
      store: {
        tries: async () => new Map(),
        again: async (contactId, at, next) => this.again(contactId, at, next),
        close: async (contactId) => void this.closed.push(contactId),
        wasReached: async (contactId) => contactId === 'was-reached',
        requests: async () => 4,
      },
      clock,
      logger,
      timings: { lookEveryMs: 20, busyMs: 50 },
    });
    this.apply({});
    for (const phoneId of ['1001', '1002'])
      this.shell.run({ type: 'phone.registered', phoneId, transport: 'udp' });
    this.shell.run({ type: 'agent.login', agentId: '101', phoneId: '1001', how: 'web' });
    this.shell.run({ type: 'agent.ready', agentId: '101' });
  }

  apply(changes: object): void {
    const site = siteSchema.parse({
      site: { name: 'Bank' },
      queues: [{ id: 'main', name: 'Main' }],
      agents: [
        { id: '101', name: 'Anna', queues: ['main'], wrapUp: { mode: 'none' } },
        { id: '102', name: 'Boris', queues: ['main'], wrapUp: { mode: 'none' } },
      ],
      phones: [
        { id: '1001', password: 'secret-1001' },
        { id: '1002', password: 'secret-1002' },
      ],
      trunks: [{ id: 'out', addresses: ['10.0.0.5'], outbound }],
      hours: [{ id: 'day', name: 'Day', open: [{ days: ['wed'], from: '09:00', to: '18:00' }] }],
      callbacks: rules,
      ...changes,
    });
    this.site.replace({ site, version: 1, yaml: '' });
    this.shell.run({ type: 'site.apply', site: toAcdSite(site, 1) });
  }

  async begin(): Promise<void> {
    await this.callbacks.load();
    this.callbacks.begin({
      text: (contactId) => this.texts.get(contactId),
      show: (text) => this.ask(text.contactId),
      note: (contactId, { data }) => void this.notes.push(`${contactId} ${data.cause}`),
    });
  }

  private again(contactId: string, _at: number, next: NextTry): OpenText {
    this.closed.push(contactId);
    this.commands.push(`again ${next.attempt} ${next.faults} ${next.notBefore - this.at}`);
    return { ...this.texts.get(contactId)!, contactId: `next${++this.#made}` };
  }

  /** A request is in, and routing knows it. */
  ask(contactId: string, address = '+390212345678'): void {
    this.texts.set(contactId, { contactId, work: 'callback', customer: { address } } as OpenText);
    this.shell.run({
      type: 'contact.arrive',
      contactId,
      channel: 'callback',
      queueId: 'main',
      numberId: 'form:call',
      language: 'en',
    });
  }

  /** Its agent has picked up. */
  async pickUp(contactId: string): Promise<void> {
    await until('it is offered', () => this.acd.contact(contactId)?.state === 'offered');
    const { offerId } = this.acd.contact(contactId)!;
    this.shell.run({ type: 'offer.accepted', offerId: offerId! });
    await this.callbacks.call(contactId, offerId!);
  }

  hear(event: Parameters<Callbacks['onCallEvent']>[0]): boolean {
    return this.callbacks.onCallEvent(
      event,
      (contactId, offerId) => void this.connected.push(`${contactId} ${offerId}`),
    );
  }

  fail(legId: string, cause: 'busy' | 'unreachable' | 'cancelled' | 'rejected', status: number): void {
    this.hear({ type: 'dial.failed', legId, cause, status, reason: '' });
  }
}

describe('callbacks', function () {
  this.timeout(20_000);
  let desk: Desk;
  beforeEach(() => {
    desk = new Desk();
  });
  afterEach(() => desk.callbacks.stop());

  const reached = () => desk.log.filter(({ type }) => type === 'contact.reached').length;
  const notReached = () =>
    desk.log.filter(({ type }) => type === 'contact.not-reached').map(({ data }) => data);
  const enters = (contactId: string) =>
    until('it is in its queue', () => desk.acd.contact(contactId)?.state !== 'greeting');

  it('enter their queue within the hours alone', async () => {
    desk.at = Date.parse('2026-03-05T12:00:00Z');
    await desk.begin();
    desk.ask('c');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(desk.acd.contact('c')?.state).to.equal('greeting');
    desk.at = noon + 7 * 86_400_000;
    await enters('c');
  });

  it('call the number as the trunk wants it, and connect who picks up', async () => {
    await desk.begin();
    desk.ask('c');
    await desk.pickUp('c');
    expect(desk.dialled).to.deep.equal([
      { trunkId: 'out', number: '0390212345678', near: 'c.1', pii: { from: '+390200' }, displayName: 'Bank' },
    ]);
    expect(desk.callbacks.isCalling('c')).to.equal(true);
    expect(desk.hear({ type: 'dial.alerted', legId: 'c' })).to.equal(true);
    expect(desk.hear({ type: 'dial.answered', legId: 'c' })).to.equal(true);
    expect(desk.connected).to.deep.equal(['c c.1']);
    expect([reached(), desk.callbacks.isCalling('c')]).to.deep.equal([1, false]);
    // It ends like any call, and there is no other try.
    desk.shell.run({ type: 'contact.leave', contactId: 'c', reason: 'hung up' });
    await until('it is closed', () => desk.closed.includes('c'));
    expect(desk.commands.join()).to.not.include('again');
  });

  it('are tried again when busy, as often as the site says', async () => {
    await desk.begin();
    desk.ask('c');
    await desk.pickUp('c');
    desk.fail('c', 'busy', 486);
    await until('the next is made', () => desk.acd.contact('next1') !== undefined);
    expect(desk.commands).to.include('play c.1 busy').and.include('again 2 0 900000');
    expect(notReached()).to.deep.equal([{ cause: 'busy', attempt: 1, retryAt: desk.at + 900_000 }]);
    expect(desk.notes).to.deep.equal(['c busy']);
    expect(desk.acd.agent('101')?.state).to.equal('ready');
    desk.at += 900_000;
    await desk.pickUp('next1');
    desk.fail('next1', 'cancelled', 487);
    await until('it is closed for good', () => desk.closed.includes('next1'));
    expect(notReached().at(-1)).to.deep.equal({ cause: 'no-answer', attempt: 2 });
    expect(desk.acd.contact('next2')).to.equal(undefined);
  });

  it('know whose fault it was', async () => {
    await desk.begin();
    desk.ask('line');
    await desk.pickUp('line');
    desk.fail('line', 'unreachable', 503);
    await until('the next is made', () => desk.commands.some((one) => one.startsWith('again')));
    expect(desk.commands).to.include('again 1 1 30000');
    desk.ask('wrong');
    await desk.pickUp('wrong');
    desk.fail('wrong', 'unreachable', 404);
    await until('it is closed', () => desk.closed.includes('wrong'));
    expect(notReached().at(-1)).to.deep.equal({ cause: 'wrong-number', attempt: 1 });
  });

  it('are given up with their agent: the customer’s phone stops, and rings another time', async () => {
    await desk.begin();
    desk.ask('c');
    await desk.pickUp('c');
    desk.callbacks.agentHungUp('c');
    await until('the next is made', () => desk.acd.contact('next1') !== undefined);
    expect(notReached()).to.deep.equal([{ cause: 'agent-hung-up', attempt: 1, retryAt: desk.at + 900_000 }]);
    // Picked up in that very moment: nobody is there to talk to.
    expect(desk.hear({ type: 'dial.answered', legId: 'c' })).to.equal(false);
    expect(desk.connected).to.deep.equal([]);
  });

  it('are called anew by the next agent when the call before has been given up', async () => {
    await desk.begin();
    desk.ask('c');
    await desk.pickUp('c');
    desk.shell.run({ type: 'agent.login', agentId: '102', phoneId: '1002', how: 'web' });
    // Passed on while the customer's phone rings: that call is being given up, and has the leg that the next one needs.
    desk.legs.add('c');
    desk.shell.run({ type: 'contact.transfer', contactId: 'c', to: { agentId: '102', waitMs: 60_000 } });
    expect(desk.commands).to.include('hangup c passed on');
    desk.shell.run({ type: 'agent.ready', agentId: '102' });
    await desk.pickUp('c');
    expect(desk.dialled).to.have.length(1);
    desk.legs.delete('c');
    desk.fail('c', 'cancelled', 487);
    expect(desk.dialled).to.have.length(2);
    expect(notReached()).to.deep.equal([]);
    desk.hear({ type: 'dial.answered', legId: 'c' });
    expect(desk.connected).to.deep.equal(['c c.2']);
  });

  it('end for good when their agent closes them at the desk', async () => {
    await desk.begin();
    desk.ask('c');
    await desk.pickUp('c');
    desk.shell.run({ type: 'contact.agent-hung-up', contactId: 'c', reason: 'closed' });
    await until('it is closed', () => desk.closed.includes('c'));
    expect(desk.acd.contact('next1')).to.equal(undefined);
    expect(desk.callbacks.isCalling('c')).to.equal(false);
  });

  it('call nobody whom the site has ceased to allow, nor without a line', async () => {
    await desk.begin();
    desk.ask('c');
    desk.apply({ callbacks: { ...rules, refuse: ['+3902'] } });
    await desk.pickUp('c');
    await until('it is closed', () => desk.closed.includes('c'));
    desk.ask('d');
    await until('it is offered', () => desk.acd.contact('d')?.state === 'offered');
    desk.apply({ callbacks: undefined });
    await desk.pickUp('d');
    await until('it waits for another time', () => desk.acd.contact('next1') !== undefined);
    expect(desk.dialled).to.deep.equal([]);
    expect(notReached().map((data) => (data as { cause: string }).cause)).to.deep.equal([
      'wrong-number',
      'no-line',
    ]);
  });

  it('make good for what a crash cut off, and for nothing that was done', async () => {
    const text = (contactId: string) =>
      ({ contactId, work: 'callback', customer: { address: '+390212345678' } }) as OpenText;
    desk.texts.set('cut', text('cut'));
    expect((await desk.callbacks.settle(text('cut'), desk.at))?.contactId).to.equal('next1');
    expect(desk.commands).to.include('again 1 1 30000');
    expect(await desk.callbacks.settle(text('was-reached'), desk.at)).to.equal(undefined);
    expect(desk.closed).to.deep.equal(['cut', 'was-reached']);
  });

  it('count what was asked for a number within a day', async () => {
    expect(await desk.callbacks.isTooMany('+390212345678', 'x')).to.equal(false);
    desk.apply({ callbacks: { ...rules, perNumberPerDay: 4 } });
    expect(await desk.callbacks.isTooMany('+390212345678', 'x')).to.equal(true);
  });
});
