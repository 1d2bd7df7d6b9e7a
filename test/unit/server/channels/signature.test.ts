import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import { isSigned, sign, toleranceSec } from '../../../../server/channels/webhook/signature.ts';

describe('signatures of webhooks', () => {
  const secret = 'a-secret-of-both-sides';
  const now = 1_700_000_000_500;
  const body = Buffer.from('{"id":"1","text":"Grüße"}');
  const header = sign(secret, now, body);
  /** The one character at that place is another one. */
  const altered = (text: string, at: number) =>
    text.slice(0, at) + (text[at] === '0' ? '1' : '0') + text.slice(at + 1);

  it('are those of the example in docs/channels.md', () => {
    const page = readFileSync(new URL('../../../../docs/channels.md', import.meta.url), 'utf8');
    // openssl dgst -sha256 -hmac, over "1700000000." and the body.
    const header = sign('example-secret', 1_700_000_000_000, '{"id":"1"}');
    expect(page).to.include(`x-hearthline-signature: ${header}`);
    expect(header).to.equal(
      't=1700000000,v1=5f57fbf4d827ad5e7c54436bbfc6e5f6aaa3d5f209f6e147c4d199ec3a9bdf3e',
    );
  });

  it('hold for the same bytes, text or not, within the tolerance of clocks', () => {
    expect(sign(secret, now, body.toString('utf8'))).to.equal(header);
    for (const sec of [0, toleranceSec - 1, 1 - toleranceSec])
      expect(isSigned(header, secret, now + sec * 1000, body), `${sec}`).to.equal(true);
    for (const sec of [toleranceSec + 2, -toleranceSec - 2])
      expect(isSigned(header, secret, now + sec * 1000, body), `${sec}`).to.equal(false);
  });

  it('do not hold for another body, secret or time', () => {
    expect(isSigned(header, secret, now, Buffer.concat([body, Buffer.from(' ')]))).to.equal(false);
    expect(isSigned(header, `${secret}.`, now, body)).to.equal(false);
    expect(isSigned(header.replace('t=1700000000', 't=1700000001'), secret, now, body)).to.equal(false);
    for (let at = header.indexOf('v1=') + 3; at < header.length; at++)
      expect(isSigned(altered(header, at), secret, now, body), `digit ${at}`).to.equal(false);
  });

  it('do not hold, and do not throw, for what is no signature', () => {
    const digits = header.slice(header.indexOf('v1=') + 3);
    for (const bad of [
      undefined,
      '',
      'undefined',
      digits,
      `v1=${digits}`,
      `t=,v1=${digits}`,
      `t=-1700000000,v1=${digits}`,
      `t=1e9,v1=${digits}`,
      `t=1700000000,v1=${digits.toUpperCase()}`,
      `t=1700000000,v1=${digits.slice(1)}`,
      `t=1700000000,v1=${digits}0`,
      ` ${header}`,
      `${header},v1=${digits}`,
      `${header}\n`,
    ])
      expect(isSigned(bad, secret, now, body), String(bad)).to.equal(false);
  });
});
