/** The few things call control reads out of a SIP URI (RFC 3261 §19.1). Pure. */

/** The user part, unescaped once; undefined where there is none or it cannot be unescaped. */
export function userOf(uri: string): string | undefined {
  const match = /^sips?:([^@;?>]+)@/i.exec(uri);
  if (!match) return undefined;
  const user = match[1]!.split(';')[0]!.split(':')[0]!;
  try {
    return decodeURIComponent(user);
  } catch {
    return undefined;
  }
}

/** A host for use in a URI: IPv6 in brackets. */
export const hostOf = (ip: string): string => (ip.includes(':') ? `[${ip}]` : ip);

/** A display name as a quoted string (RFC 3261 §25.1), without control characters. */
export function quote(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return `"${text.replace(/[\u0000-\u001f\u007f]/g, '').replace(/["\\]/g, '\\$&')}"`;
}

/**
 * A user part that is safe inside a URI whatever the customer's phone sent. By code point, since half a surrogate
 * pair cannot be encoded and throws; a half that a cut left over goes.
 */
export const escapeUser = (user: string): string =>
  user
    .replace(/\p{Surrogate}/gu, '')
    .replace(/[^A-Za-z0-9\-_.!~*'()&=+$,;?/]/gu, (c) => encodeURIComponent(c));
