/**
 * Is a request from our own pages? Browsers tell in Origin and Sec-Fetch-Site, which pages cannot forge; a client
 * that sends neither is no browser, carries no victim's cookie, and is judged by its token alone.
 */
import type { IncomingMessage } from 'node:http';
import type { ApiSettings } from './ports.ts';

const first = (value: string | string[] | undefined): string | undefined =>
  (Array.isArray(value) ? value[0] : value)?.split(',')[0]?.trim();

const isForwarded = (settings: ApiSettings) =>
  settings.trustedProxyHops !== false && settings.trustedProxyHops > 0;

/** TLS here, or at a proxy that the operator declared. */
export const isSecureRequest = (req: IncomingMessage, settings: ApiSettings): boolean =>
  settings.isTls || (isForwarded(settings) && first(req.headers['x-forwarded-proto']) === 'https');

const ownHost = (req: IncomingMessage, settings: ApiSettings): string | undefined =>
  (
    (isForwarded(settings) ? first(req.headers['x-forwarded-host']) : undefined) ?? req.headers.host
  )?.toLowerCase();

export function isSameOrigin(req: IncomingMessage, settings: ApiSettings): boolean {
  const site = first(req.headers['sec-fetch-site']);
  if (site !== undefined && site !== 'same-origin') return false;
  const origin = req.headers.origin;
  if (origin === undefined) return true;
  let url: URL;
  try {
    url = new URL(origin);
  } catch {
    return false;
  }
  if (isSecureRequest(req, settings) && url.protocol !== 'https:') return false;
  // A default port is left out by URL and may stand in Host.
  const host = ownHost(req, settings)?.replace(url.protocol === 'https:' ? /:443$/ : /:80$/, '');
  return host !== undefined && url.host === host;
}

const loopback = /^(?:127\.|::1$|::ffff:127\.)/;

/** From this very machine, and not passed on by a proxy on it. */
export const isLoopback = (req: IncomingMessage): boolean =>
  loopback.test(req.socket.remoteAddress ?? '') &&
  req.headers['x-forwarded-for'] === undefined &&
  req.headers.forwarded === undefined;
