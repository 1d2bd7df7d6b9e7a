/**
 * SIP and SIPS URIs, as far as the engine needs them: where to send, and is it well formed. Pure.
 * RFC 3261 19.1, 25.1; RFC 5118 for IPv6 references.
 */
import { isDigits } from './chars.ts';
import { MAX_PARAM_COUNT, MAX_URI_BYTES } from './limits.ts';

export interface SipUri {
  scheme: 'sip' | 'sips';
  user: string | undefined;
  /** Without brackets for an IPv6 reference. */
  host: string;
  port: number | undefined;
  params: Map<string, string> | undefined;
  hasHeaders: boolean;
}

/** The scheme in lower case, or undefined if the text does not begin with one. */
export function uriScheme(text: string): string | undefined {
  const colon = text.indexOf(':');
  if (colon <= 0) return undefined;
  for (let i = 0; i < colon; i++) {
    const c = text.charCodeAt(i) | 32;
    const isAlpha = c >= 97 && c <= 122;
    if (!isAlpha && (i === 0 || !/[0-9+.-]/.test(text.charAt(i)))) return undefined;
  }
  return text.slice(0, colon).toLowerCase();
}

export function parseSipUri(text: string): SipUri | undefined {
  if (text.length > MAX_URI_BYTES) return undefined;
  const scheme = uriScheme(text);
  if (scheme !== 'sip' && scheme !== 'sips') return undefined;
  let rest = scheme.length + 1;
  // The user part may hold ";" and "?" itself, so the "@" is looked for first (RFC 4475 3.1.1.9).
  const at = text.lastIndexOf('@');
  let user: string | undefined;
  if (at >= 0) {
    user = text.slice(rest, at);
    if (user === '' || !isUserInfo(user)) return undefined;
    rest = at + 1;
  }
  const question = text.indexOf('?', rest);
  const hostEnd = question < 0 ? text.length : question;
  const semi = text.indexOf(';', rest);
  const hostPortEnd = semi < 0 || semi > hostEnd ? hostEnd : semi;
  const hostPort = parseHostPort(text.slice(rest, hostPortEnd));
  if (hostPort === undefined) return undefined;
  const params = hostPortEnd < hostEnd ? parseUriParams(text.slice(hostPortEnd + 1, hostEnd)) : undefined;
  if (params === null) return undefined;
  return { scheme, user, host: hostPort.host, port: hostPort.port, params, hasHeaders: question >= 0 };
}

function isUserInfo(user: string): boolean {
  for (let i = 0; i < user.length; i++) {
    const c = user.charCodeAt(i);
    if (c <= 32 || c === 60 || c === 62 || c === 34 || c === 64) return false;
    if (c === 37 && !/^[0-9a-fA-F]{2}$/.test(user.slice(i + 1, i + 3))) return false;
  }
  return true;
}

function parseUriParams(text: string): Map<string, string> | null {
  const params = new Map<string, string>();
  for (const part of text.split(';')) {
    if (part === '' || params.size >= MAX_PARAM_COUNT) return null;
    const equals = part.indexOf('=');
    const name = (equals < 0 ? part : part.slice(0, equals)).toLowerCase();
    if (name === '' || /[\s<>"]/.test(part)) return null;
    if (!params.has(name)) params.set(name, equals < 0 ? '' : part.slice(equals + 1));
  }
  return params;
}

export function parseHostPort(text: string): { host: string; port: number | undefined } | undefined {
  let host: string;
  let portText: string | undefined;
  if (text.startsWith('[')) {
    const close = text.indexOf(']');
    if (close < 0) return undefined;
    host = text.slice(1, close);
    if (!/^[0-9a-fA-F:.]+$/.test(host)) return undefined;
    if (close + 1 < text.length) {
      if (text.charAt(close + 1) !== ':') return undefined;
      portText = text.slice(close + 2);
    }
  } else {
    const colon = text.indexOf(':');
    host = colon < 0 ? text : text.slice(0, colon);
    if (colon >= 0) portText = text.slice(colon + 1);
    if (!isHostName(host)) return undefined;
  }
  if (portText === undefined) return { host, port: undefined };
  if (!isDigits(portText) || portText.length > 5) return undefined;
  const port = Number(portText);
  return port > 65_535 ? undefined : { host, port };
}

function isHostName(host: string): boolean {
  if (host === '' || host.length > 255) return false;
  for (let i = 0; i < host.length; i++) {
    const c = host.charCodeAt(i);
    const isAlnum = (c >= 48 && c <= 57) || (c >= 65 && c <= 90) || (c >= 97 && c <= 122);
    if (!isAlnum && c !== 45 && c !== 46 && c !== 95) return false;
  }
  return true;
}

/** Is it a literal IP address (IPv4 or IPv6 without brackets)? Cheap and good enough to skip DNS. */
export function isIpLiteral(host: string): boolean {
  return host.includes(':') || /^\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

/** Writes a host into a URI or Via. */
export function hostText(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}
