/** The event catalogue: its schema refuses what is not an event, and names personal data as such. */
import { expect } from 'chai';
import {
  agentStates,
  envelopeSchema,
  eventBodies,
  eventBodySchema,
  systemReasons,
} from '../../../../server/contract/events.ts';

const offered = {
  type: 'contact.offered',
  data: {
    offerId: 'c1.1',
    phoneId: 'p1',
    ringUntil: 1,
    attempt: 1,
    decision: {
      strategy: 'longest-idle',
      chosen: '101',
      trigger: 'contact',
      candidates: [{ agentId: '101', idleSince: 0, score: 1 }],
      candidateCount: 1,
      ruledOut: { talking: 2 },
      contactPosition: 1,
      waitingCount: 1,
    },
  },
};

describe('the event catalogue', () => {
  const names = eventBodies.map((body) => body.shape.type.value);

  it('has each event once, named noun.past-tense-verb', () => {
    expect(new Set(names).size).to.equal(names.length);
    for (const name of names) expect(name).to.match(/^[a-z]+\.[a-z]+(-[a-z]+)*$/);
  });

  it('keeps personal data under `pii` only', () => {
    const suspects = /^(from|to|callerId|name|fromName|uri|number|email|address)$/;
    for (const body of eventBodies) {
      for (const field of Object.keys(body.shape.data.shape)) {
        if (field === 'pii') continue;
        const isState = body.shape.type.value === 'agent.state-changed';
        expect(!isState && suspects.test(field), `${body.shape.type.value}: ${field}`).to.equal(false);
      }
    }
  });

  it('takes a whole event and gives it back unchanged', () => {
    expect(eventBodySchema.parse(offered)).to.deep.equal(offered);
    const arrived = {
      type: 'contact.arrived',
      data: { channel: 'voice', numberId: '5000', language: 'en', pii: { from: '+39000' } },
    };
    expect(eventBodySchema.parse(arrived)).to.deep.equal(arrived);
  });

  const broken: [string, unknown][] = [
    ['an unknown type', { type: 'contact.vanished', data: {} }],
    ['no data', { type: 'contact.held' }],
    ['a missing field', { type: 'offer.alerted', data: {} }],
    ['a wrong channel', { type: 'contact.queued', data: { channel: 'fax', priority: 0, position: 1 } }],
    ['a number as text', { type: 'contact.queued', data: { channel: 'voice', priority: '0', position: 1 } }],
    [
      'an unknown agent state',
      { type: 'agent.state-changed', data: { from: 'ready', to: 'asleep', forMs: 1 } },
    ],
    [
      'a candidate too many',
      {
        ...offered,
        data: {
          ...offered.data,
          decision: {
            ...offered.data.decision,
            candidates: Array.from({ length: 6 }, () => ({ agentId: 'a', idleSince: 0, score: 0 })),
          },
        },
      },
    ],
  ];
  for (const [what, event] of broken) {
    it(`refuses ${what}`, () => {
      expect(eventBodySchema.safeParse(event).success).to.equal(false);
    });
  }

  it('numbers events from 1 in whole steps', () => {
    const envelope = { id: 'e1', seq: 1, v: 1, at: 5 };
    expect(envelopeSchema.safeParse(envelope).success).to.equal(true);
    for (const change of [{ seq: 0 }, { seq: 1.5 }, { v: 2 }, { at: 'now' }, { id: undefined }])
      expect(envelopeSchema.safeParse({ ...envelope, ...change }).success, JSON.stringify(change)).to.equal(
        false,
      );
  });

  it('knows the states and system reasons by the words of the field', () => {
    expect(agentStates).to.have.length(9);
    expect(systemReasons).to.include.members(['rona', 'phone-unreachable', 'supervisor', 'connection-lost']);
  });
});
