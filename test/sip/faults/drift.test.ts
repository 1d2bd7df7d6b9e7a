/**
 * What falls apart behind the server's back is whole again within 3 s: audio and dialogs taken away at the engines
 * themselves, and what nobody owns put there. And ordinary calls are never taken for such drift.
 */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { driftKinds, type DriftKind } from '../../../server/app/drift.ts';
import { MediaClient } from '../../../sip/media/client.ts';
import { House } from '../../support/house.ts';
import type { SippRun } from '../../support/sipp.ts';
import { readStatus } from '../../support/sip-engine.ts';
import { until } from '../../support/until.ts';
import { RawApp, SDP, SipPeer } from '../engine/peer.ts';
import { Crowd } from './crowd.ts';

const mendedMs = 3000;
/** Longer than the two looks that a repair may take. */
const ringMs = 3500;
/** Longer than a repair, and not for ever. */
const talkMs = 6000;
/** What only the SIP engine has may be a message in the server's backlog: it is given five looks. */
const strayDialogMs = 7000;

describe('drift between routing, legs and engines', function () {
  this.timeout(60_000);
  let house: House;
  let crowd: Crowd;
  /** The desk of agent 101, which stays: its phone rings for a while. */
  let desk: SippRun;
  let media: MediaClient;
  let environment: Map<string, string>;
  const apps: { close(): void }[] = [];

  before(async () => {
    house = await House.open({ tied: 4, free: 0, wrapUpSec: 0 });
    crowd = new Crowd(house);
    environment = environmentOf(house.stack.pids().server!);
    media = new MediaClient();
    await media.connect(environment.get('HEARTHLINE_MEDIA_CONTROL')!);
    desk = await new Crowd(house).seat(1001, 1, { set: { ANSWER: ringMs, TALK: talkMs } });
    await until('the reconciler looks', async () => (await looks()) > 0, 20_000);
  });
  afterEach(async () => {
    await crowd?.leave();
    await house?.untilIdle();
  });
  after(async () => {
    media?.disconnect();
    await desk?.stop();
    for (const app of apps) app.close();
    await house?.close();
  });

  const looks = async () => (await house.metrics()).get('hearthline_reconciler_looks_total') ?? 0;
  const drifts = async (kind: DriftKind) =>
    (await house.metrics()).get(`hearthline_drift_total{kind="${kind}"}`) ?? NaN;
  const dialogs = async (): Promise<string[]> => {
    const path = '/dialogs?tag=hearthline';
    const answer = JSON.parse(await readStatus(environment.get('HEARTHLINE_SIP_STATUS')!, path)) as {
      dialogs: string[];
    };
    return answer.dialogs;
  };
  /** Another program at the SIP engine's control port. */
  const intruder = async (tag: string): Promise<RawApp> => {
    const port = Number(environment.get('HEARTHLINE_SIP_CONTROL')!.split(':').at(-1));
    const secret = readFileSync(environment.get('HEARTHLINE_SIP_SECRET_FILE')!, 'utf8').trim();
    const app = await RawApp.connect(port, secret, tag);
    apps.push(app);
    return app;
  };
  /** An offer is named after its contact. */
  const isCaller = (legId: string) => /^l-[0-9a-f-]{36}$/.test(legId);
  /** Runs `damage` and waits until everybody is free, and says how long that took. */
  const mended = async (kind: DriftKind, damage: () => Promise<unknown>, isWhole: () => Promise<boolean>) => {
    const before = await drifts(kind);
    const damagedAt = performance.now();
    await damage();
    await until(`${kind} is mended`, isWhole, 2 * mendedMs);
    const elapsedMs = performance.now() - damagedAt;
    console.log(`      ${kind}: whole again after ${Math.round(elapsedMs)} ms`);
    expect(elapsedMs).to.be.lessThan(mendedMs);
    expect(await drifts(kind)).to.be.greaterThan(before);
  };
  const talk = async () => {
    await house.untilAgents('ready', 1);
    const before = desk.logged('up').length;
    await crowd.call(1);
    await house.untilContacts('connected', 1);
    // Its phone has had the ACK too, so that its log is complete.
    await until('the agent talks', () => desk.logged('up').length === before + 1);
  };
  const isAllOver = async () =>
    crowd.callers[0]!.logged('bye').length === 1 &&
    (await house.inHand()) === 0 &&
    (await house.agentsIn('ready')) === 1;

  it('frees agent and caller when the audio of the agent is gone', async () => {
    await talk();
    const agentLeg = (await media.list()).find((id) => !isCaller(id))!;
    await mended('leg-without-media', () => media.close(agentLeg), isAllOver);
    await until('its phone was hung up on', () => desk.logged('bye').length === 1);
    expect(await house.lastContact()).to.include({
      outcome: 'answered',
      endedBy: 'system',
      reason: 'audio lost',
    });
    expect(await media.list()).to.deep.equal([]);
  });

  it('gives a ringing offer back when its audio is gone, and the caller keeps waiting', async () => {
    await house.untilAgents('ready', 1);
    const before = desk.logged('ring').length;
    const caller = await crowd.call(1);
    await house.untilAgents('ringing', 1);
    const agentLeg = (await media.list()).find((id) => !isCaller(id))!;
    const isRungAnew = async () => desk.logged('ring').length === before + 2;
    await mended('leg-without-media', () => media.close(agentLeg), isRungAnew);
    expect(desk.logged('cancelled')).to.have.length(1);
    expect(await house.inHand()).to.equal(1);
    await crowd.hangUp(caller, caller.callId(1));
    await caller.done;
  });

  it('frees agent and caller when the dialog of the agent is gone', async () => {
    await talk();
    const callId = desk.logged('up').at(-1);
    const dialogId = (await dialogs()).find((id) => id.startsWith(callId!))!;
    const app = await intruder('intruder');
    await mended('leg-without-dialog', () => app.inDialog('BYE', dialogId), isAllOver);
    expect(await house.lastContact()).to.include({
      outcome: 'answered',
      endedBy: 'system',
      reason: 'dialog lost',
    });
    expect(await dialogs()).to.deep.equal([]);
  });

  it('ends a waiting contact whose caller is gone', async () => {
    await crowd.call(1, { service: '702' });
    await house.untilContacts('waiting', 1);
    const app = await intruder('intruder');
    // A contact waits from its INVITE on, its dialog is there from its 200 on.
    await until('the dialog of the caller', async () => (await dialogs()).length === 1);
    const [dialogId] = await dialogs();
    const isEmpty = async () => (await house.inHand()) === 0;
    await mended('leg-without-dialog', () => app.inDialog('BYE', dialogId!), isEmpty);
    expect(await media.list()).to.deep.equal([]);
  });

  it('closes audio and hangs up a dialog that belong to nobody', async () => {
    const isClosed = async () => !(await media.list()).includes('nobody');
    await mended('media-without-leg', () => media.open({ sessionId: 'nobody' }), isClosed);

    const app = await intruder('hearthline');
    const peer = await SipPeer.udp('peer', house.sipPort);
    apps.push(peer);
    await app.request('INVITE', `sip:peer@127.0.0.1:${peer.port}`, {
      headers: ['From: <sip:a@127.0.0.1>', 'Contact: <sip:a@127.0.0.1>', 'Content-Type: application/sdp'],
      body: SDP,
    });
    const invite = await peer.next(/^INVITE/);
    peer.answer(invite, '200 OK', { body: SDP });
    const ok = await app.sip(/^SIP\/2\.0 200/);
    await app.inDialog('ACK', ok.tokens[9]!);
    await peer.next(/^ACK/);
    expect(await dialogs()).to.have.length(1);
    const bye = await peer.next(/^BYE/, strayDialogMs);
    peer.answer(bye, '200 OK');
    expect(await drifts('dialog-without-leg')).to.equal(1);
    await until('the dialog is gone', async () => (await dialogs()).length === 0);
  });

  it('leaves 60 ordinary calls alone', async () => {
    await crowd.seat(1002, 3, { set: { TALK: 300 } });
    await house.untilAgents('ready', 4);
    const before = await looks();
    const counted = await Promise.all(driftKinds.map(drifts));
    const callers = await crowd.call(60, { ratePerSec: 8 });
    const { code, errors } = await callers.done;
    expect(code, errors).to.equal(0);
    await house.untilIdle();
    // Two more, which would confirm what the last call left behind.
    const last = await looks();
    await until('two more looks', async () => (await looks()) > last + 2);
    expect(last).to.be.greaterThan(before + 3);
    expect(await Promise.all(driftKinds.map(drifts))).to.deep.equal(counted);
  });
});

/** The settings that a process was started with. */
function environmentOf(pid: number): Map<string, string> {
  const pairs = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  return new Map(pairs.map((pair) => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]));
}
