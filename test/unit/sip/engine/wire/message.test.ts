import { expect } from 'chai';
import fc from 'fast-check';
import { H } from '../../../../../sip/engine/wire/header-names.ts';
import { forwardText, parseMessage } from '../../../../../sip/engine/wire/message.ts';
import { judge } from '../../../../../sip/engine/wire/validate.ts';
import { cpuMsOf } from '../../../../support/cpu-time.ts';

const INVITE = [
  'INVITE sip:1001@example.com SIP/2.0',
  'Via: SIP/2.0/UDP 192.0.2.1:5060;rport;branch=z9hG4bKabc',
  'Max-Forwards: 70',
  'From: "A" <sip:a@example.com>;tag=1',
  'To: <sip:1001@example.com>',
  'Call-ID: x@y',
  'CSeq: 1 INVITE',
  'Contact: <sip:a@192.0.2.1>',
  'Content-Length: 4',
  '',
  'body',
].join('\r\n');

function verdictOf(text: string): string {
  const msg = parseMessage(text);
  if (msg === undefined) return 'none';
  const verdict = judge(msg);
  if ('drop' in verdict) return 'drop';
  return 'refusal' in verdict ? String(verdict.refusal.status) : 'ok';
}

const replaced = (from: string | RegExp, to: string): string => INVITE.replace(from, to);

describe('sip engine wire: message', () => {
  it('indexes a message without copying it', () => {
    const msg = parseMessage(INVITE);
    expect(msg?.method).to.equal('INVITE');
    expect(msg?.get(H.from)).to.equal('"A" <sip:a@example.com>;tag=1');
    expect(msg?.body).to.equal('body');
    expect(msg?.isPlain).to.equal(true);
    expect(forwardText(msg as NonNullable<typeof msg>, undefined, 0)).to.equal(INVITE);
  });

  it('replaces nothing but the first Via value when it passes a message on', () => {
    const two = replaced('z9hG4bKabc', 'z9hG4bKabc, SIP/2.0/TCP p.example.com;branch=z9hG4bKq');
    const msg = parseMessage(two) as NonNullable<ReturnType<typeof parseMessage>>;
    const verdict = judge(msg);
    if (!('essentials' in verdict)) throw new Error('refused');
    const out = forwardText(msg, 'NEW', verdict.essentials.via.length);
    expect(out).to.equal(two.replace(/SIP\/2\.0\/UDP [^,]*/, 'NEW'));
  });

  it('writes folded lines and compact names anew', () => {
    const msg = parseMessage(replaced('Call-ID: x@y', 'i:\r\n  x@y')) as NonNullable<
      ReturnType<typeof parseMessage>
    >;
    expect(msg.isPlain).to.equal(false);
    expect(msg.get(H.callId)).to.equal('x@y');
    expect(forwardText(msg, undefined, 0)).to.equal(INVITE);
  });

  it('keeps every byte of a body and every byte above 127', () => {
    const bytes = Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join('');
    const text = INVITE.replace('Content-Length: 4', 'Content-Length: 256').replace(/body$/, () => bytes);
    expect(parseMessage(text)?.body).to.equal(bytes);
  });

  const judged: [string, string, string][] = [
    ['a good message', INVITE, 'ok'],
    ['a body longer than declared', `${INVITE}noise`, 'ok'],
    ['a body shorter than declared', replaced('Length: 4', 'Length: 400'), '400'],
    ['a negative length', replaced('Length: 4', 'Length: -4'), '400'],
    ['two lengths', replaced('Content-Length: 4', 'Content-Length: 4\r\nl: 4'), '400'],
    ['two Call-IDs', replaced('Call-ID: x@y', 'Call-ID: x@y\r\nCall-ID: z'), '400'],
    ['no Call-ID', replaced('Call-ID: x@y\r\n', ''), '400'],
    ['another version', replaced(' SIP/2.0\r\n', ' SIP/7.0\r\n'), '505'],
    ['a CSeq of another method', replaced('1 INVITE', '1 BYE'), '400'],
    ['a CSeq beyond 32 bits', replaced('1 INVITE', '4294967296 INVITE'), '400'],
    ['an unknown scheme', replaced('sip:1001@example.com SIP', 'foo:1001 SIP'), '416'],
    ['headers in the Request-URI', replaced('example.com SIP', 'example.com?Route=x SIP'), '400'],
    ['an unclosed quote', replaced('"A" <', '"A <'), '400'],
    ['a bare line feed in a header', replaced('tag=1', 'tag=1\nX: y'), '400'],
    ['a Via with empty parameters', replaced(';rport;branch', ';;,;branch'), '400'],
    ['no Via', replaced(/Via:.*\r\n/, ''), 'drop'],
    ['spaces in the request line', replaced('INVITE sip', 'INVITE  sip'), '400'],
    ['too many headers', replaced('CSeq', `${'X: y\r\n'.repeat(300)}CSeq`), '400'],
    ['a header line too long', replaced('CSeq', `X: ${'y'.repeat(17_000)}\r\nCSeq`), '400'],
    ['a Contact without brackets and with headers', replaced('<sip:a@192.0.2.1>', 'sip:a@b?Route=x'), '400'],
    ['noise', 'hello\r\n\r\n', 'none'],
    ['a response with a status beyond 699', 'SIP/2.0 4294967301 x\r\nVia: SIP/2.0/UDP a\r\n\r\n', 'drop'],
  ];
  for (const [what, text, expected] of judged) {
    it(`judges ${what}: ${expected}`, () => expect(verdictOf(text)).to.equal(expected));
  }

  it('never throws on mutated messages, and never reads past them', () => {
    const mutation = fc.record({
      at: fc.nat(INVITE.length),
      cut: fc.nat(12),
      insert: fc.oneof(
        fc.string({ maxLength: 8 }),
        fc.constantFrom(
          '\r\n',
          '\r',
          '\n',
          '\0',
          ';',
          ',',
          '<',
          '>',
          '"',
          ':',
          ' ',
          '%',
          '[',
          '\r\n ',
          '\r\n\r\n',
        ),
      ),
    });
    fc.assert(
      fc.property(fc.array(mutation, { minLength: 1, maxLength: 6 }), (mutations) => {
        let text = INVITE;
        for (const { at, cut, insert } of mutations) text = text.slice(0, at) + insert + text.slice(at + cut);
        text = Buffer.from(text, 'utf8').toString('latin1');
        const verdict = verdictOf(text);
        expect(['none', 'drop', 'ok', '400', '505', '416', '414']).to.include(verdict);
        const msg = parseMessage(text);
        if (msg !== undefined) forwardText(msg, undefined, 0);
      }),
      { numRuns: 3_000 },
    );
  });

  it('never throws on random bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
        verdictOf(Buffer.from(bytes).toString('latin1'));
        verdictOf(`INVITE sip:a@b SIP/2.0\r\nVia: ${Buffer.from(bytes).toString('latin1')}\r\n\r\n`);
      }),
      { numRuns: 1_000 },
    );
  });

  it('reads long lists of parameters and folded lines in linear time', async () => {
    const hostile = [
      replaced(';rport', ';a'.repeat(15_000)),
      replaced('Max-Forwards: 70', `Subject: x${'\r\n '.repeat(15_000)}y`),
      replaced('<sip:a@192.0.2.1>', '<sip:a@b>,'.repeat(1_600)),
      replaced('Call-ID: x@y', `Call-ID: x${' '.repeat(16_000)}y\r\n z`),
      replaced('"A"', `"${'\\"'.repeat(8_000)}"`),
    ];
    for (const text of hostile) {
      expect(await cpuMsOf(() => verdictOf(text))).to.be.lessThan(250);
    }
  });
});
