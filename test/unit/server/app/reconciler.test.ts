/** What the reconciler does about each drift: real routing and shell, telephony played by hand, looks made by hand. */
import { expect } from 'chai';
import { createAcd } from '../../../../server/acd/engine.ts';
import { AcdShell } from '../../../../server/app/acd-shell.ts';
import { keptAwayMs, overdueMarginMs, type DriftKind } from '../../../../server/app/drift.ts';
import { Reconciler } from '../../../../server/app/reconciler.ts';
import type { EventDraft, HearthlineEvent } from '../../../../server/contract/events.ts';
import type { CallControl, CallEvent, LegView } from '../../../../sip/port.ts';
import { until } from '../../../support/until.ts';
import { agent, queue, site } from '../acd/site.ts';

const agentIds = ['a', 'b'];
const phoneIds = ['p-a', 'p-b'];

class World {
  at = 1_000_000;
  readonly log: EventDraft[] = [];
  readonly acd = createAcd();
  readonly shell: AcdShell;
  readonly legs = new Map<string, LegView>();
  readonly registered = new Set(phoneIds);
  readonly drifts: DriftKind[] = [];
  readonly done: string[] = [];
  readonly complaints: object[] = [];
  looks = 0;
  isSettled = true;
  sessions: string[] | undefined;
  dialogs: string[] | undefined;
  readonly reconciler: Reconciler;
  private tell: (event: CallEvent) => void = () => undefined;

  constructor() {
    const complain = (fields: object) => void this.complaints.push(fields);
    const logger = { debug: () => undefined, info: () => undefined, warn: complain, error: complain };
    const clock = { now: () => this.at };
    const append = (drafts: EventDraft[]) => {
      this.log.push(...drafts);
      return drafts.map((d, i) => ({ ...d, id: `e${i}`, seq: this.log.length, v: 1 }) as HearthlineEvent);
    };
    const log = { append, lastSeq: () => this.log.length };
    this.shell = new AcdShell({ acd: this.acd, log, clock, logger });
    // No timer of the shell ever fires: time is passed by hand.
    this.shell.stop();
    this.shell.onEvent((event) => this.follow(event));
    this.reconciler = new Reconciler({
      shell: this.shell,
      calls: this.telephony(),
      clock,
      logger,
      agentIds: () => agentIds,
      phoneIds: () => phoneIds,
      isOtherCall: (legId) => legId === 'feature-code',
      dialogs: () => Promise.resolve(this.dialogs),
      onDrift: (kind) => this.drifts.push(kind),
      onLook: () => this.looks++,
    });
    const agents = agentIds.map((id) => agent(id, ['q'], { phoneId: `p-${id}` }));
    this.shell.run({ type: 'site.apply', site: site([queue('q')], agents, phoneIds) });
  }

  /** Legs come and go with what routing says, as voice-calls sees to. */
  private follow(event: HearthlineEvent): void {
    if (event.type === 'contact.offered') this.leg(event.data.offerId, 'out', 'alerting');
    if (event.type === 'offer.withdrawn') this.legs.delete(event.data.offerId);
    if (event.type === 'contact.answered') this.leg(event.data.offerId, 'out', 'up');
    if (event.type !== 'contact.ended') return;
    for (const id of this.legs.keys()) if (id.startsWith(event.contactId!)) this.legs.delete(id);
  }

  private telephony(): CallControl {
    const did = (what: string) => (id: string) =>
      void (this.legs.delete(id), this.done.push(`${what} ${id}`));
    return {
      isSettled: () => this.isSettled,
      legs: () => [...this.legs.values()],
      hasLeg: (id: string) => this.legs.has(id),
      isExpected: (id: string) => id === 'expected',
      isRegistered: (phoneId: string) => this.registered.has(phoneId),
      hangup: did('hangup'),
      mediaSessions: () => Promise.resolve(this.sessions),
      closeStrayMedia: did('close'),
      endStrayDialog: did('bye'),
      onEvent: (listener: (event: CallEvent) => void) => (this.tell = listener),
    } as unknown as CallControl;
  }

  leg(legId: string, role: LegView['role'], state: LegView['state'] = 'up'): void {
    this.legs.set(legId, { legId, role, state, hasMedia: true, dialogId: `d-${legId}` });
  }

  dialFailed(legId: string): void {
    this.legs.delete(legId);
    this.tell({ type: 'dial.failed', legId, cause: 'fault', status: 503, reason: 'no media' });
  }

  ready(agentId: string): void {
    this.shell.run({ type: 'phone.registered', phoneId: `p-${agentId}`, transport: 'udp' });
    this.shell.run({ type: 'agent.ready', agentId });
  }

  arrive(contactId: string): void {
    this.leg(contactId, 'in');
    const call = { contactId, channel: 'voice', queueId: 'q', numberId: '1', language: 'en' } as const;
    this.shell.run({ type: 'contact.arrive', ...call });
    this.shell.run({ type: 'contact.enqueue', contactId });
  }

  talk(contactId: string): string {
    this.arrive(contactId);
    const { offerId } = this.acd.contact(contactId)!;
    this.shell.run({ type: 'offer.accepted', offerId: offerId! });
    return offerId!;
  }

  async look(times = 2): Promise<void> {
    for (let i = 0; i < times; i++) {
      this.at += 1000;
      await this.reconciler.look();
    }
  }
}

describe('the reconciler', () => {
  let world: World;
  beforeEach(() => {
    world = new World();
    world.ready('a');
    world.ready('b');
  });
  afterEach(() => {
    world.reconciler.stop();
    world.acd.assertInvariants();
    // Each repair is in the log: a replay of it stands where routing does, and needs no repair of its own.
    const replayed = createAcd();
    for (const event of world.log) replayed.apply(event);
    expect(replayed.toSnapshot()).to.deep.equal(world.acd.toSnapshot());
  });

  it('changes nothing where nothing is wrong', async () => {
    world.talk('c1');
    world.arrive('c2');
    world.arrive('c3');
    world.leg('feature-code', 'in');
    world.sessions = [...world.legs.keys()];
    world.dialogs = world.sessions.map((id) => `d-${id}`);
    const before = world.log.length;
    await world.look(5);
    expect(world.log.length).to.equal(before);
    expect([world.looks, world.drifts, world.done]).to.deep.equal([5, [], []]);
  });

  it('frees the agent of a caller whose leg is gone, at the second look', async () => {
    world.talk('c1');
    world.legs.delete('c1');
    await world.look(1);
    expect(world.acd.contact('c1')?.state).to.equal('connected');
    await world.look(1);
    expect(world.acd.contact('c1')).to.equal(undefined);
    expect(world.acd.agent('a')?.state).to.equal('wrap-up');
    expect(world.drifts).to.deep.equal(['contact-without-leg']);
    expect(world.complaints).to.deep.equal([{ kind: 'contact-without-leg', attempt: 1, contactId: 'c1' }]);
  });

  it('ends a talk whose agent leg is gone', async () => {
    world.legs.delete(world.talk('c1'));
    await world.look();
    expect(world.acd.contact('c1')).to.equal(undefined);
    expect(world.legs.size).to.equal(0);
    expect(world.log.findLast((e) => e.type === 'contact.ended')?.data).to.include({ endedBy: 'system' });
  });

  it('gives back an offer that rings nowhere; the contact is offered anew', async () => {
    world.arrive('c1');
    const { offerId } = world.acd.contact('c1')!;
    world.legs.delete(offerId!);
    await world.look();
    const again = world.acd.contact('c1')!;
    expect(again.state).to.equal('offered');
    expect(again.offerId).not.to.equal(offerId);
    expect(world.drifts).to.deep.equal(['offer-without-leg']);
  });

  it('leaves an offer to call control that failed by our own fault a moment ago', async () => {
    world.arrive('c1');
    world.dialFailed(world.acd.contact('c1')!.offerId!);
    await world.look();
    expect(world.drifts).to.deep.equal([]);
  });

  it('hangs up legs that nobody owns, and closes what only the engines have', async () => {
    world.leg('x', 'in');
    world.leg('y', 'out');
    world.sessions = ['x', 'y', 'stray'];
    world.dialogs = ['d-x', 'd-y', 'd-stray'];
    await world.look();
    expect(world.done).to.deep.equal(['hangup x', 'hangup y', 'close stray']);
    world.sessions = [];
    world.dialogs = ['d-stray'];
    await world.look(3);
    expect(world.done.at(-1)).to.equal('bye d-stray');
    expect(JSON.stringify(world.complaints.at(-1))).to.contain('"pii":{"dialogId":"d-stray"}');
  });

  it('ends a talk that lost its audio, and gives a ringing offer back that did', async () => {
    const first = world.talk('c1');
    world.arrive('c2');
    const second = world.acd.contact('c2')!.offerId!;
    world.sessions = ['c1', 'c2'];
    await world.look();
    expect(world.drifts).to.deep.equal(['leg-without-media', 'leg-without-media']);
    expect(world.acd.contact('c1')).to.equal(undefined);
    expect(world.acd.contact('c2')).to.include({ state: 'offered' });
    expect(world.done).to.deep.equal([`hangup ${first}`, `hangup ${second}`]);
  });

  it('carries out what the timer of the shell did not', async () => {
    const offerId = world.talk('c1');
    world.shell.run({ type: 'contact.leave', contactId: 'c1', reason: 'hung up' });
    expect(world.legs.has(offerId)).to.equal(false);
    const { state, until: end } = world.acd.agent('a')!;
    expect(state).to.equal('wrap-up');
    world.at = end! + overdueMarginMs;
    await world.look();
    expect(world.acd.agent('a')?.state).to.equal('ready');
    expect(new Set(world.drifts)).to.deep.equal(new Set(['agent-overdue', 'deadline-overdue']));
  });

  it('makes routing and registrar agree on phones', async () => {
    world.registered.delete('p-a');
    await world.look();
    expect(world.acd.agent('a')?.state).to.equal('unreachable');
    world.registered.add('p-a');
    await world.look();
    expect(world.acd.agent('a')?.state).to.equal('ready');
    expect(world.drifts).to.deep.equal(['phone-disagreed', 'phone-disagreed']);
  });

  it('tries an agent again whose phone failed a minute ago and is there', async () => {
    world.arrive('c1');
    const { offerId } = world.acd.contact('c1')!;
    world.shell.run({ type: 'offer.failed', offerId: offerId!, reason: 'phone-unreachable' });
    expect(world.acd.agent('a')?.state).to.equal('unreachable');
    world.shell.run({ type: 'offer.accepted', offerId: world.acd.contact('c1')!.offerId! });
    await world.look(10);
    expect(world.acd.agent('a')?.state).to.equal('unreachable');
    world.at += keptAwayMs;
    await world.look();
    expect(world.acd.agent('a')?.state).to.equal('ready');
    expect(world.drifts).to.deep.equal(['agent-kept-away']);
  });

  it('looks away while an engine is not reached, and counts nothing that it saw before', async () => {
    world.legs.delete(world.talk('c1'));
    await world.look(1);
    world.isSettled = false;
    await world.look(3);
    world.isSettled = true;
    await world.look(1);
    expect([world.drifts, world.looks]).to.deep.equal([[], 2]);
  });

  it('survives a fault of its own, says so and looks again', async function () {
    this.timeout(10_000);
    let isBroken = true;
    Object.defineProperty(world, 'isSettled', {
      get: () => {
        if (isBroken) throw new Error('broken');
        return true;
      },
    });
    world.reconciler.start();
    await until('it complains', () => world.complaints.length > 0);
    isBroken = false;
    await until('it looks', () => world.looks > 0);
  });
});
