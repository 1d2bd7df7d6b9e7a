/**
 * Headers of every answer: nothing is loaded from, sent to or framed by anybody else. Our own pages may frame the wallboard
 * alone: whoever lays out a board sees it as a television shows it.
 */
import type { RequestHandler } from 'express';

const contentPolicy = (ancestors: "'none'" | "'self'") =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "media-src 'self' blob:",
    "connect-src 'self'",
    // A mail's own HTML, in a sandbox of its own.
    "frame-src 'self'",
    "font-src 'self'",
    "manifest-src 'self'",
    `frame-ancestors ${ancestors}`,
    "base-uri 'none'",
    "form-action 'self'",
  ].join('; ');

const fixed: Record<string, string> = {
  'Content-Security-Policy': contentPolicy("'none'"),
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

const framed: Record<string, string> = {
  'Content-Security-Policy': contentPolicy("'self'"),
  'X-Frame-Options': 'SAMEORIGIN',
};
const isWallboard = (path: string) => path === '/wallboard' || path.startsWith('/wallboard/');

export function securityHeaders(isSecure: (req: Parameters<RequestHandler>[0]) => boolean): RequestHandler {
  return (req, res, next) => {
    for (const [name, value] of Object.entries(fixed)) res.setHeader(name, value);
    if (isWallboard(req.path)) for (const [name, value] of Object.entries(framed)) res.setHeader(name, value);
    if (isSecure(req)) res.setHeader('Strict-Transport-Security', 'max-age=31536000');
    next();
  };
}
