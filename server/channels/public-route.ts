/**
 * The door to strangers: routes for customers' browsers on other web sites. No cookie is read or set; which web site may
 * ask is said by the site file (CORS), and what an address may do in a minute is bounded. Errors have the API's shape.
 */
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { z } from 'zod';
import { addressKey } from '../lib/network.ts';
import { errorCatalogue, type ErrorCode } from '../contract/errors.ts';
import { languages, type Language } from '../contract/site.ts';
import { AppError } from '../lib/app-error.ts';
import type { AddressRate } from './address-rate.ts';

export const refuse = (code: ErrorCode, message: string, details?: Record<string, unknown>): AppError =>
  new AppError(code, errorCatalogue[code].status, message, details);

export const addressOf = (req: Request): string => addressKey(req.ip ?? 'unknown');

export function within(rate: AddressRate, req: Request): void {
  const retryInSec = rate.take(addressOf(req));
  if (retryInSec > 0) throw refuse('too-many-tries', 'too many from this address', { retryInSec });
}

/** One value of the query; a list or an object is none. */
export function queryText(req: Request, key: string): string {
  const value = req.query[key];
  return typeof value === 'string' ? value : '';
}

/** The language that a page asks for in `?language=`, where we speak it. */
export function askedLanguage(req: Request, otherwise: Language): Language {
  const asked = queryText(req, 'language');
  return languages.find((one) => one === asked) ?? otherwise;
}

export function readAs<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.slice(0, 20).map(({ path, message }) => ({
    path: path.map(String),
    message: message.slice(0, 200),
  }));
  throw refuse('bad-request', 'a field is missing or out of its limits', { faults });
}

/** Answers a browser's question whether its page may ask, and marks the answers for it. */
export function crossOrigin(origins: (req: Request) => readonly string[] | undefined): RequestHandler {
  return (req: Request, res: Response, next: NextFunction) => {
    const { origin } = req.headers;
    res.setHeader('Vary', 'Origin');
    if (origin !== undefined) {
      const isOwn = origin === `${req.protocol}://${req.headers.host}`;
      if (!isOwn && !(origins(req) ?? []).includes(origin))
        throw refuse('bad-origin', 'this web site is not in the list');
      res.setHeader('Access-Control-Allow-Origin', origin);
      res.setHeader('Access-Control-Allow-Headers', 'content-type, authorization');
      res.setHeader('Access-Control-Allow-Methods', 'GET, POST');
      res.setHeader('Access-Control-Max-Age', '600');
    }
    if (req.method === 'OPTIONS') res.status(204).end();
    else next();
  };
}
