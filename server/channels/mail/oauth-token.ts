/**
 * Access tokens for mail servers that take no passwords (RFC 6749 §4.4 client credentials, §6 refresh tokens; XOAUTH2 is what
 * they are used with). A token is kept until shortly before it expires, and asked for once however many connections want it.
 *
 * It may not write a token, a secret or an answer of the token server anywhere: what it says of a failure is the status and
 * the error code of RFC 6749 §5.2, which is a word. A redirect is not followed, since it would carry the secret away.
 *
 * A refresh token that is replaced by the server (§6, rotation) is used from then on, but only in memory: the file is IT's.
 */
import type { SecretFiles } from '../../lib/secret-files.ts';

export interface OauthSettings {
  readonly tokenUrl: string;
  readonly clientId: string;
  /** Names of secrets. */
  readonly clientSecret?: string | undefined;
  readonly refreshToken?: string | undefined;
  readonly scope?: string | undefined;
}

/** `isRefused`: the token server says no; asking again the same way will not help. */
export class OauthFault extends Error {
  readonly isRefused: boolean;
  constructor(message: string, isRefused: boolean) {
    super(message);
    this.isRefused = isRefused;
  }
}

export interface OauthTokens {
  /** Throws OauthFault or SecretFault. */
  token(settings: OauthSettings): Promise<string>;
  /** The mail server did not take it: the next one is asked for anew. */
  forget(settings: OauthSettings): void;
}

export interface OauthParts {
  readonly secrets: SecretFiles;
  /** ms, monotonic. */
  readonly monotonicMs: () => number;
  readonly timeoutMs?: number;
}

interface Grant {
  token: string;
  goodUntilMs: number;
}

const marginMs = 120_000;
const shortestMs = 10_000;
const maxAnswerChars = 64 * 1024;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

async function ask(settings: OauthSettings, form: URLSearchParams, timeoutMs: number) {
  let answer: Response;
  try {
    answer = await fetch(settings.tokenUrl, {
      method: 'POST',
      body: form,
      headers: { accept: 'application/json' },
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error;
    const code =
      isRecord(cause) && typeof cause['code'] === 'string'
        ? cause['code']
        : 'no answer in time or no connection';
    throw new OauthFault(`the token server cannot be reached (${code})`, false);
  }
  const text = await answer.text().catch(() => '');
  let body: unknown;
  try {
    body = JSON.parse(text.slice(0, maxAnswerChars));
  } catch {
    body = undefined;
  }
  if (answer.ok && isRecord(body) && typeof body['access_token'] === 'string') return body;
  const said = isRecord(body) && typeof body['error'] === 'string' ? body['error'] : '';
  const word = /^[a-z_]{1,40}$/.test(said) ? `: ${said}` : '';
  const isRefused = answer.status >= 400 && answer.status < 500 && answer.status !== 429;
  throw new OauthFault(`the token server gives no token (${answer.status}${word})`, isRefused);
}

export function createOauthTokens({ secrets, monotonicMs, timeoutMs = 15_000 }: OauthParts): OauthTokens {
  const grants = new Map<string, Grant>();
  const rotated = new Map<string, string>();
  const flights = new Map<string, Promise<string>>();
  const keyOf = (settings: OauthSettings): string =>
    JSON.stringify([settings.tokenUrl, settings.clientId, settings.refreshToken, settings.scope]);

  async function renew(settings: OauthSettings, key: string): Promise<string> {
    const form = new URLSearchParams({ client_id: settings.clientId });
    if (settings.clientSecret !== undefined)
      form.set('client_secret', await secrets.text(settings.clientSecret));
    if (settings.scope !== undefined) form.set('scope', settings.scope);
    if (settings.refreshToken === undefined) form.set('grant_type', 'client_credentials');
    else {
      form.set('grant_type', 'refresh_token');
      form.set('refresh_token', rotated.get(key) ?? (await secrets.text(settings.refreshToken)));
    }
    let body: Record<string, unknown>;
    try {
      body = await ask(settings, form, timeoutMs);
    } catch (error) {
      // IT may have put a new one into the file.
      rotated.delete(key);
      throw error;
    }
    if (settings.refreshToken !== undefined && typeof body['refresh_token'] === 'string')
      rotated.set(key, body['refresh_token']);
    const token = String(body['access_token']);
    const lifeMs = (Number(body['expires_in']) || 3600) * 1000;
    grants.set(key, { token, goodUntilMs: monotonicMs() + Math.max(lifeMs - marginMs, shortestMs) });
    return token;
  }

  return {
    token(settings) {
      const key = keyOf(settings);
      const grant = grants.get(key);
      if (grant && monotonicMs() < grant.goodUntilMs) return Promise.resolve(grant.token);
      const flight = flights.get(key) ?? renew(settings, key).finally(() => flights.delete(key));
      flights.set(key, flight);
      return flight;
    },
    forget: (settings) => void grants.delete(keyOf(settings)),
  };
}
