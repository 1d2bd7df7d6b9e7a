import { expect } from 'chai';
import {
  answerText,
  bytesText,
  placeText,
  sentText,
} from '../../../../installer/ops/residency/answer-text.ts';
import type { ResidencyAnswer, ResidencyRow } from '../../../../server/contract/rest-residency.ts';

const at = Date.parse('2026-03-02T10:00:00Z');
const row = (more: Partial<ResidencyRow>): ResidencyRow => ({
  process: 'server',
  protocol: 'tcp',
  address: '10.0.0.7',
  port: 8443,
  hosts: [],
  owner: 'connector',
  usedBy: ['crm'],
  isAnswer: false,
  seenBy: 'process',
  state: 'open',
  opened: 2,
  open: 1,
  failed: 0,
  bytesOut: 1234,
  bytesIn: 999,
  firstAt: at,
  lastAt: at + 61_000,
  ...more,
});
const answer = (more: Partial<ResidencyAnswer>): ResidencyAnswer => ({
  house: 'f'.repeat(64),
  day: '2026-03-02',
  now: at,
  watched: [],
  watchedSince: at - 3_600_000,
  items: [],
  answers: [],
  unknown: 0,
  silent: [],
  ...more,
});

describe('the proof of residency on a terminal', () => {
  it('says since when nothing has left', () => {
    expect(answerText(answer({}))).to.include('Nothing has left the building since 2026-03-02 09:00:00 UTC.');
    const before = answer({ lastLeftAt: at - 1000 });
    expect(answerText(before)).to.include('Nothing has left the building since 2026-03-02 09:59:59 UTC.');
  });

  it('shows rows with their owner, and what is nobody’s in capitals', () => {
    const rows = [
      row({ hosts: ['crm.bank.example'] }),
      row({
        process: 'postgres',
        seenBy: 'kernel',
        owner: 'unknown',
        usedBy: [],
        bytesOut: undefined,
        bytesIn: undefined,
        unknownAt: at,
      }),
    ];
    const text = answerText(answer({ items: rows, unknown: 1, silent: ['sip'] }));
    expect(text).to.match(
      /server +connector crm +10\.0\.0\.7:8443 \(crm\.bank\.example\) +tcp +open +1\.2 KB +999 B +10:00:00 +10:01:01/,
    );
    expect(text).to.match(/postgres \(kernel\) +NOBODY/);
    expect(text).to.include('1 of these are, or were today, nobody');
    expect(text).to.include('The process "sip" did not answer');
  });

  it('tells places and amounts', () => {
    expect(placeText(row({ address: '2001:db8::1' }))).to.equal('[2001:db8::1]:8443');
    expect(placeText(row({ port: 0, ports: [4000, 4010] }))).to.equal('10.0.0.7:4000-4010');
    expect(placeText(row({ address: '*' }))).to.equal('more peers than are listed');
    expect([0, 999, 1000, 1_500_000, 2e15].map(bytesText)).to.deep.equal([
      '0 B',
      '999 B',
      '1.0 KB',
      '1.5 MB',
      '2000.0 TB',
    ]);
    expect(bytesText(undefined)).to.equal('?');
    expect(sentText([]).join('\n')).to.include('nothing');
  });
});
