import { expect } from 'chai';
import fc from 'fast-check';
import { nextInviteClient } from '../../../../../sip/engine/transaction/invite-client-state.ts';
import type {
  InviteClientEvent,
  InviteClientState,
} from '../../../../../sip/engine/transaction/invite-client-state.ts';
import { nextInviteServer } from '../../../../../sip/engine/transaction/invite-server-state.ts';
import type {
  InviteServerEvent,
  InviteServerState,
} from '../../../../../sip/engine/transaction/invite-server-state.ts';
import { nextNonInviteClient } from '../../../../../sip/engine/transaction/non-invite-client-state.ts';
import type {
  NonInviteClientEvent,
  NonInviteClientState,
} from '../../../../../sip/engine/transaction/non-invite-client-state.ts';
import { nextNonInviteServer } from '../../../../../sip/engine/transaction/non-invite-server-state.ts';
import type {
  NonInviteServerEvent,
  NonInviteServerState,
} from '../../../../../sip/engine/transaction/non-invite-server-state.ts';

/** Runs events through a machine and gives all effects in order. */
function run<S, E>(
  next: (state: S, event: E) => { state: S; effects: readonly string[] } | undefined,
  start: S,
  events: readonly E[],
): { state: S; effects: string[] } {
  let state = start;
  const effects: string[] = [];
  for (const event of events) {
    const step = next(state, event);
    if (step === undefined) continue;
    state = step.state;
    effects.push(...step.effects);
  }
  return { state, effects };
}

describe('sip engine: transaction machines', () => {
  it('INVITE client: passes a fork or repeated 2xx up until timer M, never a repeated failure', () => {
    const ok = run<InviteClientState, InviteClientEvent>(nextInviteClient, 'calling', [
      'provisional',
      'success',
      'success',
      'failure',
      'timer-m',
      'success',
    ]);
    expect(ok.state).to.equal('terminated');
    expect(ok.effects.filter((effect) => effect === 'pass-up')).to.have.length(3);
    const failed = run<InviteClientState, InviteClientEvent>(nextInviteClient, 'calling', [
      'failure',
      'failure',
      'timer-d',
    ]);
    expect(failed.effects.filter((effect) => effect === 'pass-up')).to.have.length(1);
    expect(failed.effects.filter((effect) => effect === 'send-ack')).to.have.length(2);
  });

  it('INVITE server: an ACK ends the repetition of a failure; a 2xx is left to the core', () => {
    const failed = run<InviteServerState, InviteServerEvent>(nextInviteServer, 'proceeding', [
      'send-failure',
      'timer-g',
      'ack',
      'timer-g',
      'repeat',
    ]);
    expect(failed.state).to.equal('confirmed');
    expect(failed.effects.filter((effect) => effect === 'resend')).to.have.length(1);
    const ok = run<InviteServerState, InviteServerEvent>(nextInviteServer, 'proceeding', [
      'send-success',
      'repeat',
      'send-failure',
    ]);
    expect(ok.state).to.equal('accepted');
    expect(ok.effects).to.deep.equal(['send', 'start-l']);
  });

  it('non-INVITE machines: time out, slow down to T2 after a provisional, answer repeats from memory', () => {
    const client = run<NonInviteClientState, NonInviteClientEvent>(nextNonInviteClient, 'trying', [
      'timer-e',
      'provisional',
      'timer-e',
      'timer-f',
    ]);
    expect(client.effects).to.include.members(['restart-e', 'restart-e-at-t2', 'report-timeout']);
    const server = run<NonInviteServerState, NonInviteServerEvent>(nextNonInviteServer, 'trying', [
      'repeat',
      'send-final',
      'repeat',
      'send-final',
    ]);
    expect(server.effects).to.deep.equal(['send', 'start-j', 'resend']);
  });

  it('any order of events: at most one final report, and nothing happens after the release', () => {
    const clientEvents = fc.constantFrom<InviteClientEvent>(
      'provisional',
      'success',
      'failure',
      'timer-a',
      'timer-b',
      'timer-d',
      'timer-m',
      'transport-error',
    );
    fc.assert(
      fc.property(fc.array(clientEvents, { maxLength: 30 }), (events) => {
        const { state, effects } = run(nextInviteClient, 'calling' as InviteClientState, events);
        const released = effects.indexOf('release');
        if (released >= 0) {
          expect(released).to.equal(effects.length - 1);
          expect(state).to.equal('terminated');
        }
        const reports = effects.filter((effect) => effect.startsWith('report'));
        expect(reports.length).to.be.at.most(1);
      }),
    );
    const serverEvents = fc.constantFrom<InviteServerEvent>(
      'repeat',
      'send-provisional',
      'send-success',
      'send-failure',
      'ack',
      'timer-g',
      'timer-h',
      'timer-i',
      'timer-l',
    );
    fc.assert(
      fc.property(fc.array(serverEvents, { maxLength: 30 }), (events) => {
        const { effects } = run(nextInviteServer, 'proceeding' as InviteServerState, events);
        expect(effects.filter((effect) => effect === 'start-h' || effect === 'start-l').length).to.be.at.most(
          1,
        );
        const released = effects.indexOf('release');
        if (released >= 0) expect(released).to.equal(effects.length - 1);
      }),
    );
  });
});
