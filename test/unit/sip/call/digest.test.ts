import { createHash } from 'node:crypto';
import { expect } from 'chai';
import { DigestVerifier, parseAuthorization } from '../../../../sip/call/digest.ts';

const hash = (name: string, text: string) => createHash(name).update(text).digest('hex');
const secretsOf = (user: string, realm: string, password: string) => ({
  md5: hash('md5', `${user}:${realm}:${password}`),
  sha256: hash('sha256', `${user}:${realm}:${password}`),
});
const secrets = secretsOf('1001', 'hearthline', 'correct horse');

function answer(
  challenge: string,
  algorithm: 'MD5' | 'SHA-256',
  nc = '00000001',
  password = 'correct horse',
) {
  const nonce = /nonce="([^"]+)"/.exec(challenge)![1]!;
  const name = algorithm === 'MD5' ? 'md5' : 'sha256';
  const ha1 = hash(name, `1001:hearthline:${password}`);
  const ha2 = hash(name, 'REGISTER:sip:hearthline');
  const response = hash(name, `${ha1}:${nonce}:${nc}:abc:auth:${ha2}`);
  return (
    `Digest username="1001", realm="hearthline", nonce="${nonce}", uri="sip:hearthline", ` +
    `response="${response}", algorithm=${algorithm}, qop=auth, nc=${nc}, cnonce="abc"`
  );
}

describe('digest authentication', () => {
  let now = 1_000_000;
  let verifier: DigestVerifier;
  const verify = (header: string) => verifier.verify(parseAuthorization(header)!, 'REGISTER', secrets);
  beforeEach(() => {
    now = 1_000_000;
    verifier = new DigestVerifier(() => now);
  });

  it('offers several algorithms as header lines of their own, and one alone by default', () => {
    const lines = verifier.challenge('hearthline', false, ['SHA-256', 'MD5']).split('\r\n');
    expect(lines).to.have.length(2);
    expect(lines[0]).to.match(/^Digest .*algorithm=SHA-256/);
    expect(lines[1]).to.match(/^WWW-Authenticate: Digest .*algorithm=MD5/);
    expect(verifier.challenge('hearthline', true)).to.match(
      /^Digest [^\r]*algorithm=MD5, qop="auth", stale=true$/,
    );
  });

  for (const algorithm of ['MD5', 'SHA-256'] as const) {
    it(`accepts a right ${algorithm} answer and refuses a wrong one`, () => {
      const challenge = verifier.challenge('hearthline', false);
      expect(verify(answer(challenge, algorithm, '00000001', 'wrong'))).to.equal('wrong');
      expect(verify(answer(challenge, algorithm))).to.equal('ok');
    });
  }

  it('calls a replayed nonce count stale, and takes the next one', () => {
    const challenge = verifier.challenge('hearthline', false);
    expect(verify(answer(challenge, 'MD5'))).to.equal('ok');
    expect(verify(answer(challenge, 'MD5'))).to.equal('stale');
    expect(verify(answer(challenge, 'MD5', '00000002'))).to.equal('ok');
  });

  it('calls an old nonce and one of somebody else stale', () => {
    const challenge = verifier.challenge('hearthline', false);
    const foreign = new DigestVerifier(() => now).challenge('hearthline', false);
    expect(verify(answer(foreign, 'MD5'))).to.equal('stale');
    now += 6 * 60_000;
    expect(verify(answer(challenge, 'MD5'))).to.equal('stale');
  });

  it('reads no answer out of a malformed header', () => {
    for (const header of [
      undefined,
      '',
      'Basic abc',
      'Digest',
      'Digest username="x"',
      'Digest a=b, =',
      `Digest ${'x'.repeat(3000)}`,
    ])
      expect(parseAuthorization(header)).to.equal(undefined);
    expect(parseAuthorization(answer('nonce="n"', 'MD5').replace('MD5', 'SHA-512'))).to.equal(undefined);
  });

  it('reads quoted values with commas and escapes', () => {
    const parsed = parseAuthorization(
      'Digest username="a,\\"b", realm="r", nonce="n", uri="sip:x", response="0"',
    );
    expect(parsed).to.include({ username: 'a,"b', algorithm: 'MD5' });
  });
});
