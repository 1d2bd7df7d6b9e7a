/**
 * The two cookies: a person's session and a display's identity. Where the connection is TLS they are `__Host-`:
 * no other host of the domain can set or overwrite them (RFC 6265bis §4.1.3.2).
 */
import type { IncomingHttpHeaders } from 'node:http';

export type CookieKind = 'session' | 'display';
/** Browsers keep no cookie longer; a display's is renewed with every ticket. */
const displayMaxAgeSec = 400 * 24 * 3600;
const tokenPattern = /^[A-Za-z0-9_-]{20,100}$/;

export const cookieName = (kind: CookieKind, isSecure: boolean): string =>
  `${isSecure ? '__Host-' : ''}hl_${kind}`;

/** Undefined when absent, or when it cannot be one of ours. */
export function readCookie(
  headers: IncomingHttpHeaders,
  kind: CookieKind,
  isSecure: boolean,
): string | undefined {
  const name = `${cookieName(kind, isSecure)}=`;
  for (const part of (headers.cookie ?? '').split(';', 100)) {
    const pair = part.trim();
    if (!pair.startsWith(name)) continue;
    const value = pair.slice(name.length);
    return tokenPattern.test(value) ? value : undefined;
  }
  return undefined;
}

const attributes = (isSecure: boolean) => `Path=/; HttpOnly; SameSite=Strict${isSecure ? '; Secure' : ''}`;

export function setCookie(kind: CookieKind, token: string, isSecure: boolean): string {
  // A session cookie ends with the browser; the server ends it earlier.
  const age = kind === 'display' ? `; Max-Age=${displayMaxAgeSec}` : '';
  return `${cookieName(kind, isSecure)}=${token}; ${attributes(isSecure)}${age}`;
}

export const clearCookie = (kind: CookieKind, isSecure: boolean): string =>
  `${cookieName(kind, isSecure)}=; ${attributes(isSecure)}; Max-Age=0`;
