/** kill -9 of the server amid calls: nobody notices but the screens, and those for seconds only (N9). */
import { expect } from 'chai';
import type { FloorState } from '../../../server/contract/live.ts';
import { watchFloor, type FloorWatch } from '../../support/floor-watch.ts';
import { House } from '../../support/house.ts';
import type { RtpPeer } from '../../support/rtp-peer.ts';
import type { SippRun } from '../../support/sipp.ts';
import { until } from '../../support/until.ts';
import { backBound, withoutQueueing } from './bounds.ts';
import { Crowd } from './crowd.ts';
import { expectIdentity, expectSoundLog, orderOf } from './sound-log.ts';

// N9 asks for 30 talking and 200 waiting: HEARTHLINE_TALKING=30 HEARTHLINE_WAITING=200.
const agentCount = Number(process.env['HEARTHLINE_TALKING'] ?? 10);
const waitingCount = Number(process.env['HEARTHLINE_WAITING'] ?? 20);
/** The bound, from the kill to the same numbers on a screen. */
const boardBackMs = backBound(5000);
const serveBoundMs = 2000 * waitingCount;
const packetMs = 20;
/** A tone at full strength reads about 8000; leaks and noise stay far below. */
const heardLevel = 2000;
const callerHz = 440;
const agentHz = 1000;

/** What must not change while nothing happens on the phones. */
const numbersOf = ({ board, agents, contacts, phones }: FloorState) => ({
  queues: board.queues,
  agentsByState: board.agentsByState,
  accounting: board.accounting,
  // A minute may begin meanwhile; in it nothing has happened.
  lastHour: Object.entries(board.lastHour).filter(([, minute]) => Object.values(minute).some(Boolean)),
  agents,
  contacts,
  phones,
});

describe(`kill -9 of the server with ${agentCount} talking and ${waitingCount} waiting`, function () {
  this.timeout(50_000 + serveBoundMs);
  let house: House;
  let crowd: Crowd;
  let screen: FloorWatch;
  let floorBefore: FloorState;
  let talkers: SippRun;
  let ears: { caller: RtpPeer; agent: RtpPeer; waiting: RtpPeer };

  before(async () => {
    const shape = { tied: agentCount, free: 0, ringSec: 20, maxLength: Math.max(100, waitingCount) };
    house = await House.open(shape, { rtpPortCount: 4 * (2 * agentCount + waitingCount) + 400 });
    crowd = new Crowd(house);
    screen = await watchFloor(house.stack);
    const [caller, agent, waiting] = [
      await crowd.sound(callerHz),
      await crowd.sound(agentHz),
      await crowd.sound(0),
    ];
    ears = { caller, agent, waiting };
    // One pair first, so that these two talk with each other.
    await crowd.seat(1001, 1, { rtpPort: agent.port });
    await house.untilAgents('ready', 1);
    await crowd.call(1, { rtpPort: caller.port, set: { FROM: '66600' } });
    await house.untilContacts('connected', 1);
    await crowd.seat(1002, agentCount - 1);
    await house.untilAgents('ready', agentCount - 1);
    talkers = await crowd.call(agentCount - 1);
    await house.untilContacts('connected', agentCount);
    await crowd.call(1, { rtpPort: waiting.port, set: { FROM: '66601' } });
    await house.untilContacts('waiting', 1);
    await crowd.call(waitingCount - 1, { set: { FROM: '66602' } });
    await house.untilContacts('waiting', waitingCount);
    await until(
      'each side hears the other',
      () => hears(ears.caller, agentHz) && hears(ears.agent, callerHz),
    );
  });
  after(async () => {
    await crowd?.leave();
    await house?.close();
  });

  const hears = (peer: RtpPeer, hz: number) => peer.level(hz) > heardLevel;
  const isAnswering = () =>
    fetch(`${house.stack.httpUrl}/healthz`).then(
      () => true,
      () => false,
    );
  /** A relay that stops or drops shows as a missing packet or as a jump of the sequence. */
  const heardWithoutGap = (peer: RtpPeer, from: number, elapsedMs: number, who: string) => {
    const heard = peer.audio().slice(from);
    expect(heard.length, `packets to the ${who}`).to.be.greaterThan((elapsedMs / packetMs) * 0.9);
    const jumps = heard.slice(1).filter((packet, i) => ((packet.seq - heard[i]!.seq) & 0xffff) !== 1);
    expect(jumps.length, `gaps of sequence to the ${who}`).to.equal(0);
  };

  it('keeps the audio, and has the same numbers on the board within seconds', async () => {
    floorBefore = await screen.floor();
    const from = Object.values(ears).map((peer) => peer.audio().length);
    const killedAt = performance.now();
    await house.stack.killProcess('server');
    const after = await screen.floorWithin(boardBackMs * 2);
    const elapsedMs = performance.now() - killedAt;
    const ownMs = withoutQueueing(elapsedMs, house.stack.pids().server);
    console.log(
      `      the board was back ${Math.round(elapsedMs)} ms after the kill, ` +
        `${Math.round(elapsedMs - ownMs)} ms of which the server waited for a processor`,
    );
    for (const [i, [who, peer]] of Object.entries(ears).entries())
      heardWithoutGap(peer, from[i]!, elapsedMs, who);
    expect(hears(ears.caller, agentHz), 'the caller hears the agent').to.equal(true);
    expect(hears(ears.agent, callerHz), 'the agent hears the caller').to.equal(true);
    const before30 = numbersOf(floorBefore);
    for (const [part, figures] of Object.entries(numbersOf(after)))
      expect(figures, part).to.deep.equal(before30[part as keyof typeof before30]);
    expect(Object.keys(after.contacts)).to.have.length(agentCount + waitingCount);
    expect(ownMs, 'back on the board').to.be.lessThan(boardBackMs);
  });

  it('ends calls whose caller or agent hangs up while the server is away, and lets a waiting caller give up', async () => {
    const waiting = crowd.callers.at(-1)!;
    const [talking] = crowd.talking();
    await house.stack.killProcess('server');
    await crowd.hangUp(talkers, talkers.callId(1));
    await crowd.hangUp(talking!.run, talking!.callId);
    await crowd.hangUp(waiting, waiting.callId(waitingCount - 1));
    expect(house.stack.isRunning('server') && (await isAnswering()), 'the server is away').to.equal(false);
    const over = (runs: SippRun[]) => runs.flatMap((run) => run.logged('bye')).length;
    await until('the agent is hung up on', () => over(crowd.agents) === 1, 15_000);
    await until('the caller is hung up on', () => over(crowd.callers) === 1, 15_000);
    await house.stack.waitReady();
    await house.untilContacts('waiting', waitingCount - 3);
    await house.untilContacts('connected', agentCount);
  });

  it('lets talking calls be hung up from both sides, and serves those who wait in their old order', async () => {
    const [first] = crowd.talking();
    await crowd.hangUp(first!.run, first!.callId);
    await crowd.hangUp(talkers, talkers.callId(agentCount - 1));
    await house.untilContacts('waiting', waitingCount - 5);
    await crowd.serveAll(serveBoundMs);
    for (const run of crowd.callers) expect(await run.done).to.deep.include({ code: 0 });
    await expectSoundLog(house, agentCount + waitingCount);
    const contacts = await house.contacts();
    const gaveUp = contacts
      .filter(({ outcome }) => outcome === 'abandoned')
      .map(({ contactId }) => contactId);
    expect(gaveUp).to.have.length(1);
    const queued = (await orderOf(house, 'contact.queued')).filter((id) => !gaveUp.includes(id));
    expect(await orderOf(house, 'contact.offered')).to.deep.equal(queued);
    const answered = contacts.filter(({ outcome }) => outcome === 'answered');
    expect(answered).to.have.length(agentCount + waitingCount - 1);
    expect(answered.filter(({ endedBy }) => endedBy === 'customer')).to.have.length(2);
    expect(answered.filter(({ endedBy }) => endedBy === 'agent')).to.have.length(
      agentCount + waitingCount - 3,
    );
    await house.untilAgents('ready', agentCount);
    await expectIdentity(house);
  });
});
