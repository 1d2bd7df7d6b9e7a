/** Messages for the SIEM, by the grammar of RFC 5424, and what is in them and what is not. */
import { expect } from 'chai';
import fc from 'fast-check';
import { facilities, severities, siemEvents } from '../../../../server/audit/siem-events.ts';
import { octetCounted, syslogMessage, type SiemEntry } from '../../../../server/audit/syslog-format.ts';
import { readSyslog } from '../../../support/rfc5424.ts';

const origin = {
  hostname: 'hearthline.bank.example',
  version: '0.1.0',
  processId: 4711,
  enterpriseId: 32_473,
};
const read = (entry: SiemEntry) => readSyslog(Buffer.from(syslogMessage(entry, origin)));
const at = Date.UTC(2026, 6, 28, 10, 15, 0, 123);

describe('a message for the SIEM', () => {
  it('is what RFC 5424 says, to the byte', () => {
    const entry = {
      seq: 42,
      at,
      actor: 'stranger',
      action: 'sign-in.refused',
      target: 'user:ada',
      details: { address: '10.0.0.7', reason: 'wrong-credentials', password: 'never' },
    };
    expect(syslogMessage(entry, origin)).to.equal(
      '<84>1 2026-07-28T10:15:00.123Z hearthline.bank.example hearthline 4711 sign-in.refused ' +
        '[hearthline@32473 entry="42" actor="stranger" target="user:ada" address="10.0.0.7" reason="wrong-credentials"]' +
        '[meta sequenceId="42"][origin software="Hearthline" swVersion="0.1.0"] A sign-in was refused',
    );
  });

  it('carries no detail that is not named for its event', () => {
    const details = { reason: 'Mrs Rossi, 0039 055 123', address: '10.0.0.7' };
    const played = read({
      seq: 1,
      at,
      actor: 'user:ada',
      action: 'recording.played',
      target: 'rec_1',
      details,
    });
    expect(played.data['hearthline@32473']).to.deep.equal({ entry: '1', actor: 'user:ada', target: 'rec_1' });
    const blocked = { kind: 'mail', sender: 'customer@example.com', reason: 'rude' };
    expect(
      JSON.stringify(read({ seq: 2, at, actor: 'user:ada', action: 'block.added', details: blocked })),
    ).to.not.contain('customer@');
    const unknown = read({ seq: 3, at, actor: 'user:ada', action: 'not.in-the-list', details });
    expect(Object.keys(unknown.data['hearthline@32473']!)).to.deep.equal(['entry', 'actor']);
  });

  it('can be read whatever stands in it', () => {
    const text = fc.string({ unit: 'binary', maxLength: 700 });
    fc.assert(
      fc.property(
        fc.record({
          seq: fc.integer({ min: 1, max: 2 ** 40 }),
          at: fc.integer({ min: 0, max: 4e12 }),
          actor: text,
          action: fc.oneof(fc.constantFrom(...Object.keys(siemEvents)), text),
          target: text,
          address: text,
        }),
        ({ seq, at: when, actor, action, target, address }) => {
          const details = { address, reason: address, nested: { a: 1 } };
          const message = read({ seq, at: when, actor, action, target, details });
          expect(message.at).to.equal(when);
          expect(Number(message.data['meta']?.['sequenceId'])).to.be.within(1, 2_147_483_647);
          const expected = Buffer.from(actor.slice(0, 500).replace(/\p{Cc}/gu, ' ')).toString();
          expect(message.data['hearthline@32473']?.['actor']).to.equal(expected);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('has a message id within 32 signs and ASCII words for every event', () => {
    for (const [action, { says, facility, severity }] of Object.entries(siemEvents)) {
      const message = read({ seq: 1, at, actor: 'system', action, details: {} });
      expect(message.messageId, 'cut').to.equal(action);
      expect(message.text)
        .to.equal(says)
        .and.match(/^[ -~]+$/);
      expect(message).to.include({ facility: facilities[facility], severity: severities[severity] });
    }
  });

  it('is framed by the count of its bytes, not of its letters', () => {
    expect(octetCounted('è').toString()).to.equal('2 è');
  });
});
