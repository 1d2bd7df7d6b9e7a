/**
 * Requests to our own server, typed by the contract. Expected outcomes are returned, never thrown:
 * a refusal with its code, or `unreachable`. Every request is bounded in time. Nobody matches on message text.
 */
import type { ErrorBody } from '../../server/contract/rest.ts';

export interface Refusal {
  isOk: false;
  status: number;
  /** The server's code; `unreachable` when no answer came. */
  code: string;
  message: string;
  details: Record<string, unknown>;
}
export type Answer<T> = { isOk: true; status: number; body: T } | Refusal;

export interface CallOptions {
  method?: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  body?: unknown;
  headers?: Record<string, string>;
  timeoutMs?: number;
}

function refusal(status: number, parsed: unknown): Refusal {
  const error = (parsed as Partial<ErrorBody> | undefined)?.error;
  return {
    isOk: false,
    status,
    code: error?.code ?? `http-${status}`,
    message: error?.message ?? '',
    details: error?.details ?? {},
  };
}

export async function call<T>(path: string, options: CallOptions = {}): Promise<Answer<T>> {
  // A television of 2019 has none: there a request ends when the browser ends it.
  const abort = typeof AbortController === 'function' ? new AbortController() : undefined;
  const timer = setTimeout(() => abort?.abort(), options.timeoutMs ?? 15_000);
  try {
    const response = await fetch(path, {
      method: options.method ?? 'GET',
      credentials: 'same-origin',
      cache: 'no-store',
      ...(abort ? { signal: abort.signal } : {}),
      headers: {
        accept: 'application/json',
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
        ...options.headers,
      },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
    const text = await response.text();
    let parsed: unknown;
    try {
      parsed = text === '' ? undefined : JSON.parse(text);
    } catch {
      return refusal(response.ok ? 502 : response.status, undefined);
    }
    return response.ok
      ? { isOk: true, status: response.status, body: parsed as T }
      : refusal(response.status, parsed);
  } catch {
    return { isOk: false, status: 0, code: 'unreachable', message: '', details: {} };
  } finally {
    clearTimeout(timer);
  }
}
