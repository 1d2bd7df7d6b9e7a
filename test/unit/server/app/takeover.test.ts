/** A start after a kill: which legs stay, which are hung up. Real routing, telephony played by hand. */
import { expect } from 'chai';
import { createAcd } from '../../../../server/acd/engine.ts';
import { AcdShell } from '../../../../server/app/acd-shell.ts';
import { takeOver } from '../../../../server/app/takeover.ts';
import type { VoiceCalls } from '../../../../server/app/voice-calls.ts';
import type { HearthlineEvent } from '../../../../server/contract/events.ts';
import type { CallControl } from '../../../../sip/port.ts';
import { agent, queue, site } from '../acd/site.ts';

const logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

function house() {
  let at = 1_000_000;
  let seq = 0;
  const log = {
    append: (drafts: object[]) =>
      drafts.map((d) => ({ ...d, id: `e${++seq}`, seq, v: 1 }) as HearthlineEvent),
    lastSeq: () => seq,
  };
  const shell = new AcdShell({ acd: createAcd(), log, clock: { now: () => ++at }, logger });
  shell.run({ type: 'site.apply', site: site([queue('q')], [agent('a', ['q'], { phoneId: 'p' })], ['p']) });
  shell.run({ type: 'phone.registered', phoneId: 'p', transport: 'udp' });
  shell.run({ type: 'agent.ready', agentId: 'a' });
  shell.run({
    type: 'contact.arrive',
    contactId: 'c',
    channel: 'voice',
    queueId: 'q',
    numberId: '1',
    language: 'en',
  });
  shell.run({ type: 'contact.enqueue', contactId: 'c' });
  return shell;
}

function telephony(shell: AcdShell, legs: string[]) {
  const living = new Set(legs);
  const hungUp: string[] = [];
  shell.onEvent((event) => {
    if (event.type === 'contact.offered') living.add(event.data.offerId);
  });
  const calls = {
    hasLeg: (id: string) => living.has(id),
    isExpected: () => false,
    legIds: () => [...living],
    incoming: () => undefined,
    hangup: (id: string) => (living.delete(id), void hungUp.push(id)),
  } as unknown as CallControl;
  const voice = { adopt: () => undefined, adoptLeg: () => undefined } as unknown as VoiceCalls;
  takeOver(shell, calls, voice, ['p'], logger);
  shell.stop();
  return { living: [...living], hungUp };
}

describe('taking calls over', () => {
  it('lets the phone ring that the first command after the start rings', () => {
    const shell = house();
    const before = shell.acd.contact('c')!.offerId;
    const { living, hungUp } = telephony(shell, ['c']);
    const { state, offerId } = shell.acd.contact('c')!;
    expect(state).to.equal('offered');
    expect(offerId).not.to.equal(before);
    expect(living).to.deep.equal(['c', offerId]);
    expect(hungUp).to.deep.equal([]);
  });

  it('hangs up an agent whose answer the log does not know', () => {
    const shell = house();
    const offerId = shell.acd.contact('c')!.offerId!;
    expect(telephony(shell, ['c', offerId]).hungUp).to.deep.equal([offerId]);
  });

  it('hangs up an agent whose caller is gone, and keeps one who talks', () => {
    const shell = house();
    const offerId = shell.acd.contact('c')!.offerId!;
    shell.run({ type: 'offer.accepted', offerId });
    expect(telephony(shell, ['c', offerId]).hungUp).to.deep.equal([]);
    expect(telephony(shell, [offerId]).hungUp).to.deep.equal([offerId]);
    expect(shell.acd.contact('c')).to.equal(undefined);
  });
});
