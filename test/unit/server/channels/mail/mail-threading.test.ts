/** Tokens that nobody else can make, and who may join which thread. */
import { expect } from 'chai';
import fc from 'fast-check';
import {
  isForward,
  joinVerdict,
  threadKeys,
  type ThreadCandidate,
  type ThreadedMail,
} from '../../../../../server/channels/mail/mail-threading.ts';
import {
  readToken,
  replyAddress,
  signToken,
  subjectMark,
  tokensInAddress,
  tokensInSubject,
} from '../../../../../server/channels/mail/mail-token.ts';
import { createIdSource } from '../../../../../server/lib/ids.ts';

const key = Buffer.alloc(32, 1);
const otherKey = Buffer.alloc(32, 2);
const ids = createIdSource(() => 1_790_000_000_000, Buffer.alloc(10, 7));
const one = ids.newId('t');
const two = ids.newId('t');
const token = signToken(one, key);

const mail = (changes: Partial<ThreadedMail> = {}): ThreadedMail => ({
  kind: 'customer',
  inReplyTo: [],
  references: [],
  from: { address: 'Anna@Customer.example' },
  to: [{ address: 'help@bank.example' }],
  cc: [],
  deliveredTo: [],
  subject: 'Re: Question',
  ...changes,
});
const byId = (changes: Partial<ThreadCandidate> = {}): ThreadCandidate => ({
  key: { by: 'message-id', messageId: 'out-1@bank.example' },
  threadRef: one,
  isOurs: true,
  participants: ['anna@customer.example'],
  ...changes,
});
const byToken = (where: 'address' | 'subject', changes: Partial<ThreadCandidate> = {}): ThreadCandidate =>
  byId({ key: { by: 'token', threadRef: one, where }, isOurs: false, ...changes });
const stranger = { from: { address: 'eve@elsewhere.example' } };
const verdict = (candidates: ThreadCandidate[], changes: Partial<ThreadedMail> = {}): string => {
  const found = joinVerdict({ candidates, mail: mail(changes) });
  if (found.verdict === 'new') return `new ${found.reason}`;
  if (found.verdict === 'report') return `report ${found.threadRef}`;
  return `join ${found.threadRef} by ${found.by}${found.isStranger ? ' stranger' : ''}`;
};

describe('the token of a thread', () => {
  it('comes back in any case, from an address and a subject, with what people mistake', () => {
    expect(readToken(token, [key])).to.equal(one);
    expect(readToken(token.toUpperCase(), [key])).to.equal(one);
    expect(readToken(token.replaceAll('0', 'O').replaceAll('1', 'l'), [key])).to.equal(one);
    const address = replyAddress('help@bank.example', token);
    expect(address).to.equal(`help+hl-${token}@bank.example`);
    expect(tokensInAddress(address ?? '')).to.deep.equal([token]);
    expect(tokensInAddress((address ?? '').toUpperCase())).to.deep.equal([token]);
    expect(tokensInSubject(`Re: ${subjectMark(token)} Question ${subjectMark('x'.repeat(48))}`)[0]).to.equal(
      token,
    );
    const folded = subjectMark(`${token.slice(0, 20)} ${token.slice(20)}`);
    expect(tokensInSubject(folded)).to.deep.equal([token]);
    expect(replyAddress('a-mailbox-with-a-long-name@bank.example', token)).to.equal(undefined);
    expect(address?.split('@')[0]?.length).to.be.at.most(64);
  });

  it('is taken under an earlier key, never under another or when it was changed', () => {
    expect(readToken(token, [otherKey, key])).to.equal(one);
    expect(readToken(token, [otherKey])).to.equal(undefined);
    expect(readToken(token, [])).to.equal(undefined);
    for (let i = 0; i < token.length; i += 1) {
      expect(readToken(token.slice(0, i) + token.slice(i + 1), [key]), `without ${i}`).to.equal(undefined);
      const other = token[i] === '7' ? '8' : '7';
      expect(readToken(token.slice(0, i) + other + token.slice(i + 1), [key]), `changed ${i}`).to.equal(
        undefined,
      );
    }
    expect(readToken(`${token}0`, [key])).to.equal(undefined);
    expect(readToken(`${signToken(two, key).slice(0, 28)}${token.slice(28)}`, [key])).to.equal(undefined);
    expect(() => signToken('not a reference', key)).to.throw();
  });

  it('is not found by chance', () => {
    const letter = fc.constantFrom(...'0123456789abcdefghijklmnopqrstuvwxyz-_ +'.split(''));
    const text = fc.oneof(
      fc.string({ unit: letter, maxLength: 60 }),
      fc.string({ unit: letter, minLength: 42, maxLength: 42 }).map((end) => `t-${end}`),
      fc.string({ unit: letter, minLength: 16, maxLength: 16 }).map((end) => token.slice(0, 28) + end),
    );
    fc.assert(
      fc.property(text, (guess) => {
        fc.pre(guess !== token);
        expect(readToken(guess, [key])).to.equal(undefined);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('the keys of a mail', () => {
  it('come newest first, ids before tokens, addresses before the subject, and each once', () => {
    const second = signToken(two, key);
    const keys = threadKeys(
      mail({
        inReplyTo: ['c@x'],
        references: ['a@x', 'b@x', 'c@x'],
        to: [{ address: `help+hl-${token}@bank.example` }],
        cc: [{ address: 'other@bank.example' }],
        deliveredTo: [`help+hl-${token}@bank.example`, 'help+hl-forged@bank.example'],
        subject: `Re: ${subjectMark(second)} ${subjectMark(signToken(two, otherKey))}`,
      }),
      [key],
    );
    expect(keys).to.deep.equal([
      { by: 'message-id', messageId: 'c@x' },
      { by: 'message-id', messageId: 'b@x' },
      { by: 'message-id', messageId: 'a@x' },
      { by: 'token', threadRef: one, where: 'address' },
      { by: 'token', threadRef: two, where: 'subject' },
    ]);
    expect(threadKeys(mail(), [key])).to.deep.equal([]);
  });

  it('of a report are the mail it is about, not what it answers', () => {
    const report = mail({ kind: 'bounce', inReplyTo: ['x@y'], originalMessageId: 'out-1@bank.example' });
    expect(threadKeys(report, [key])).to.deep.equal([{ by: 'message-id', messageId: 'out-1@bank.example' }]);
  });
});

describe('who joins a thread', () => {
  it('a participant by a message id, whatever the subject says', () => {
    expect(verdict([byId()])).to.equal(`join ${one} by message-id`);
    expect(verdict([byId()], { subject: 'Something else entirely' })).to.equal(`join ${one} by message-id`);
    expect(verdict([byId({ isOurs: false })]), 'a second mail to his first').to.equal(
      `join ${one} by message-id`,
    );
    expect(verdict([byId({ isOurs: false, threadRef: two }), byId()])).to.equal(`join ${one} by message-id`);
    expect(verdict([byId({ threadRef: two }), byId()]), 'the newest of ours').to.equal(
      `join ${two} by message-id`,
    );
  });

  it('never a stranger by an id or a subject', () => {
    expect(verdict([byId()], stranger)).to.equal('new stranger');
    expect(verdict([byId({ participants: [] })])).to.equal('new stranger');
    const { from: _, ...nobody } = mail();
    expect(joinVerdict({ candidates: [byId()], mail: nobody })).to.deep.equal({
      verdict: 'new',
      reason: 'stranger',
    });
    expect(verdict([], { subject: 'Re: Question' })).to.equal('new no-keys');
    expect(verdict([], { references: ['guessed@bank.example'] })).to.equal('new unknown-keys');
  });

  it('whoever has a valid token, known to be a stranger', () => {
    expect(verdict([byToken('subject')])).to.equal(`join ${one} by token`);
    expect(verdict([byToken('subject')], stranger)).to.equal(`join ${one} by token stranger`);
    expect(verdict([byToken('address')], stranger)).to.equal(`join ${one} by token stranger`);
    expect(verdict([byId({ threadRef: two }), byToken('address')])).to.equal(`join ${one} by token`);
    expect(verdict([byId({ threadRef: two }), byToken('subject')])).to.equal(`join ${two} by message-id`);
  });

  it('a forward of a participant, and one of a stranger only to the address with the token', () => {
    const forward = { subject: 'Fwd: Question' };
    expect(verdict([byId()], forward)).to.equal(`join ${one} by message-id`);
    expect(verdict([byToken('subject')], forward)).to.equal(`join ${one} by token`);
    expect(verdict([byId(), byToken('subject')], { ...forward, ...stranger })).to.equal(
      'new forwarded-by-stranger',
    );
    expect(verdict([byToken('address')], { ...forward, ...stranger })).to.equal(
      `join ${one} by token stranger`,
    );
    for (const subject of [
      'Fwd: x',
      'FW: x',
      'WG: x',
      'I: x',
      'Пересл: x',
      '[ext] Fwd: x',
      'fwd[2]: x',
      'TR : x',
    ])
      expect(isForward(subject), subject).to.equal(true);
    for (const subject of ['Re: Fwd: x', 'Forward planning: x', 'x', 'AW: WG: x', 'Information: x', ''])
      expect(isForward(subject), subject).to.equal(false);
  });

  it('a report is filed with a mail of ours, and never as an answer', () => {
    for (const kind of ['bounce', 'receipt', 'complaint'] as const) {
      expect(verdict([byId()], { kind, ...stranger })).to.equal(`report ${one}`);
      expect(verdict([byId({ isOurs: false })], { kind })).to.equal('new unknown-original');
      expect(verdict([byToken('address')], { kind, ...stranger })).to.equal(`report ${one}`);
      expect(verdict([byToken('subject')], { kind })).to.equal('new unknown-original');
    }
    expect(verdict([byId()], { kind: 'auto-reply' })).to.equal(`join ${one} by message-id`);
  });
});
