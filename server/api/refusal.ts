/** Refusals by their code: the status always comes from the catalogue. */
import { errorCatalogue } from '../contract/errors.ts';
import type { ErrorCode } from '../contract/errors.ts';
import { AppError } from '../lib/app-error.ts';

export const refusal = (code: ErrorCode, message: string, details?: Record<string, unknown>): AppError =>
  new AppError(code, errorCatalogue[code].status, message, details);

export const notFound = (what: string): AppError => refusal('not-found', `there is no such ${what}`);

export const tooManyTries = (retryInMs: number): AppError =>
  refusal('too-many-tries', 'too many tries; come back later', {
    retryInSec: Math.max(1, Math.ceil(retryInMs / 1000)),
  });
