/**
 * A refusal with a code from the catalogue (server/contract/errors.ts). It is for outcomes a caller has to
 * tell apart; nothing ever matches on the message. `details` go to the client: no secrets, no personal data.
 */
import type { ErrorCode } from '../contract/errors.ts';

export class AppError extends Error {
  readonly code: ErrorCode;
  readonly status: number;
  readonly details: unknown;

  constructor(code: ErrorCode, status: number, message: string, details?: unknown) {
    super(message);
    this.name = 'AppError';
    this.code = code;
    this.status = status;
    this.details = details;
  }
}

export function isAppError(error: unknown, code?: ErrorCode): error is AppError {
  return error instanceof AppError && (code === undefined || error.code === code);
}
