/**
 * Turns whatever was thrown into an answer: `{error: {code, message, details?}}` for programs, a small page for
 * people. A stranger never sees a stack or the text of an error that is not ours.
 */
import type { ErrorRequestHandler, Response } from 'express';
import type { ErrorCode } from '../contract/errors.ts';
import type { ErrorBody } from '../contract/rest.ts';
import { isAppError } from '../lib/app-error.ts';
import type { AppError } from '../lib/app-error.ts';
import type { ApiLogger } from './ports.ts';
import { refusal } from './refusal.ts';

const programPaths = /^\/(?:api|display|healthz|metrics|ws)(?:[/?]|$)/;
export const isProgramPath = (path: string): boolean => programPaths.test(path);

const unreachable = new Set(['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT']);
/** A Redis that is away, by class, since its errors carry no code. */
const redisAway = new Set([
  'ClientClosedError',
  'ClientOfflineError',
  'ConnectionTimeoutError',
  'DisconnectsClientError',
  'SocketClosedUnexpectedlyError',
  'SocketTimeoutError',
]);
/** The first word of an error reply of Redis is its code. */
const redisNotReady = /^(?:LOADING|MASTERDOWN|MISCONF|OOM|READONLY|TRYAGAIN) /;
/** SQLSTATE: connection exceptions, too many connections, shutting down or starting up. */
const postgresAway = /^(?:08|53300|57P0[1-3])/;

const fieldOf = (error: unknown, key: string): unknown =>
  typeof error === 'object' && error !== null && key in error
    ? (error as Record<string, unknown>)[key]
    : undefined;

function isPostgresAway(error: Error): boolean {
  if (/^Sequelize(?:Connection|Host)/.test(error.name)) return true;
  if (error.name !== 'SequelizeDatabaseError') return false;
  const state = fieldOf(fieldOf(error, 'parent'), 'code');
  // Whatever Postgres itself says has a code; without one the connection broke in the middle.
  return typeof state !== 'string' || postgresAway.test(state);
}

function isAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = fieldOf(error, 'code');
  return (
    (typeof code === 'string' && unreachable.has(code)) ||
    redisAway.has(error.constructor.name) ||
    redisNotReady.test(error.message) ||
    isPostgresAway(error)
  );
}

/** Errors of express and its body parser carry a 4xx status and a type; their text is not passed on. */
function clientFault(error: unknown): AppError | undefined {
  const status = fieldOf(error, 'status');
  if (typeof status !== 'number' || status < 400 || status > 499) return undefined;
  if (status === 413) return refusal('payload-too-large', 'the body is too large');
  if (status === 404) return refusal('not-found', 'there is nothing here');
  return refusal('bad-request', 'the request could not be read');
}

export function toAppError(error: unknown, logger: ApiLogger, newId: (noun: string) => string): AppError {
  if (isAppError(error)) return error;
  const fault = clientFault(error);
  if (fault) return fault;
  const requestId = newId('request');
  if (isAway(error)) {
    logger.warn({ err: error, requestId }, 'request met a part that is away');
    return refusal('not-ready', 'a part that is needed is not up; try again soon', { requestId });
  }
  logger.error({ err: error, requestId }, 'request failed');
  return refusal('internal', 'this is a fault of ours; the log has it', { requestId });
}

const pageTitles: Partial<Record<ErrorCode, string>> = { 'not-found': 'Not found' };
const page = (title: string) =>
  `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title></head>` +
  `<body><h1>${title}</h1><p><a href="/">Hearthline</a></p></body></html>`;

export function sendError(res: Response, error: AppError, isForProgram: boolean): void {
  if (res.headersSent) {
    res.destroy();
    return;
  }
  const details = error.details as Record<string, unknown> | undefined;
  const retryInSec = details?.['retryInSec'];
  if (typeof retryInSec === 'number') res.setHeader('Retry-After', String(retryInSec));
  res.status(error.status).setHeader('Cache-Control', 'no-store');
  if (!isForProgram) {
    res.type('html').send(page(pageTitles[error.code] ?? 'This did not work'));
    return;
  }
  const body: ErrorBody = {
    error: { code: error.code, message: error.message, ...(details === undefined ? {} : { details }) },
  };
  res.json(body);
}

export function errorAnswer(
  logger: ApiLogger,
  newId: (noun: string) => string,
  isAlwaysForProgram = false,
): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (error: unknown, req, res, _next) =>
    sendError(res, toAppError(error, logger, newId), isAlwaysForProgram || isProgramPath(req.originalUrl));
}
