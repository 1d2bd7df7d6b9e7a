/**
 * Server side of SIP digest access authentication: RFC 3261 §22, RFC 7616, RFC 8760 (SHA-256), with nonce
 * counts. No maintained library does this side with SHA-256, so it stands on node:crypto alone.
 * A nonce proves itself (HMAC over its time), so a flood of challenges costs no memory; only nonces that were
 * used successfully are remembered, for their counts, which stops a replay of an overheard request.
 */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

export type Algorithm = 'MD5' | 'SHA-256';
export interface Secrets {
  md5: string;
  sha256: string;
}
export interface Authorization {
  username: string;
  realm: string;
  nonce: string;
  uri: string;
  response: string;
  algorithm: Algorithm;
  qop?: string;
  nc?: string;
  cnonce?: string;
}
export type Verdict = 'ok' | 'stale' | 'wrong';

const nonceLifeMs = 5 * 60_000;
const maxUsedNonces = 50_000;
const maxHeaderLength = 2048;

export class DigestVerifier {
  private readonly key = randomBytes(32);
  /** nonce -> highest nonce count seen; insertion order is age. */
  private readonly used = new Map<string, { highest: number; until: number }>();
  private readonly now: () => number;

  constructor(now: () => number = Date.now) {
    this.now = now;
  }

  /**
   * One challenge for each algorithm, best first (RFC 8760 §2.4). They travel as one value with a line break
   * inside, because the client library joins repeated headers with a comma, which many phones cannot read.
   */
  challenge(realm: string, isStale: boolean, algorithms: readonly Algorithm[] = ['MD5']): string {
    const nonce = this.makeNonce();
    const stale = isStale ? ', stale=true' : '';
    return algorithms
      .map((a) => `Digest realm="${realm}", nonce="${nonce}", algorithm=${a}, qop="auth"${stale}`)
      .join('\r\nWWW-Authenticate: ');
  }

  verify(auth: Authorization, method: string, secrets: Secrets): Verdict {
    if (!this.isOurNonce(auth.nonce)) return 'stale';
    const ha1 = auth.algorithm === 'MD5' ? secrets.md5 : secrets.sha256;
    const ha2 = hash(auth.algorithm, `${method}:${auth.uri}`);
    const expected =
      auth.qop === 'auth'
        ? hash(auth.algorithm, `${ha1}:${auth.nonce}:${auth.nc ?? ''}:${auth.cnonce ?? ''}:auth:${ha2}`)
        : hash(auth.algorithm, `${ha1}:${auth.nonce}:${ha2}`);
    if (!isEqual(expected, auth.response.toLowerCase())) return 'wrong';
    return this.countNonce(auth) ? 'ok' : 'stale';
  }

  /** A nonce count must grow (RFC 7616 §3.4); without qop a nonce serves once. */
  private countNonce(auth: Authorization): boolean {
    const count = auth.qop === 'auth' ? Number.parseInt(auth.nc ?? '', 16) : 1;
    if (!(count >= 1)) return false;
    const seen = this.used.get(auth.nonce);
    if (seen && count <= seen.highest) return false;
    if (!seen) this.forgetOld();
    this.used.set(auth.nonce, { highest: count, until: this.now() + nonceLifeMs });
    return true;
  }

  private forgetOld(): void {
    const now = this.now();
    for (const [nonce, entry] of this.used) {
      if (entry.until > now && this.used.size < maxUsedNonces) break;
      this.used.delete(nonce);
    }
  }

  private makeNonce(): string {
    const body = `${this.now().toString(36)}.${randomBytes(9).toString('base64url')}`;
    return `${body}.${this.sign(body)}`;
  }

  private isOurNonce(nonce: string): boolean {
    const cut = nonce.lastIndexOf('.');
    if (cut < 0) return false;
    const body = nonce.slice(0, cut);
    if (!isEqual(this.sign(body), nonce.slice(cut + 1))) return false;
    const made = Number.parseInt(body.slice(0, body.indexOf('.')), 36);
    return this.now() - made < nonceLifeMs;
  }

  private sign(body: string): string {
    return createHmac('sha256', this.key).update(body).digest('base64url').slice(0, 24);
  }
}

function hash(algorithm: Algorithm, text: string): string {
  return createHash(algorithm === 'MD5' ? 'md5' : 'sha256')
    .update(text)
    .digest('hex');
}

function isEqual(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}

const field = /([A-Za-z][A-Za-z0-9_-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gy;

/** Undefined where the header is not a digest answer with all it needs. */
export function parseAuthorization(header: string | undefined): Authorization | undefined {
  if (!header || header.length > maxHeaderLength || !/^Digest\s/i.test(header)) return undefined;
  const fields = new Map<string, string>();
  field.lastIndex = header.search(/\s/);
  while (field.lastIndex < header.length) {
    const rest = header.slice(field.lastIndex);
    field.lastIndex += rest.length - rest.replace(/^[\s,]+/, '').length;
    if (field.lastIndex >= header.length) break;
    const match = field.exec(header);
    if (!match) return undefined;
    fields.set(match[1]!.toLowerCase(), match[2]?.replace(/\\(.)/g, '$1') ?? match[3] ?? '');
  }
  const algorithm = (fields.get('algorithm') ?? 'MD5').toUpperCase();
  const [username, realm, nonce, uri, response] = ['username', 'realm', 'nonce', 'uri', 'response'].map(
    (name) => fields.get(name),
  );
  if (!username || !realm || !nonce || !uri || !response) return undefined;
  if (algorithm !== 'MD5' && algorithm !== 'SHA-256') return undefined;
  const optional = (name: string) => (fields.has(name) ? { [name]: fields.get(name)! } : {});
  return {
    username,
    realm,
    nonce,
    uri,
    response,
    algorithm,
    ...optional('qop'),
    ...optional('nc'),
    ...optional('cnonce'),
  };
}
