/**
 * Posts alerts to a program of somebody else's, signed as everything that goes over a webhook (signature.ts). Nothing is kept
 * or repeated here. A redirect is not followed: it would carry the alert to where no rule sends it. What is answered beside
 * the status is not read.
 */
import type { Sent } from '../../app/alerts/ports.ts';
import type { AlertWebhook } from '../../contract/alerts.ts';
import { SecretFault } from '../../lib/secret-files.ts';
import { sign, signatureHeader } from './signature.ts';

export interface AlertPosterParts {
  /** Rejects where there is none that may be used. */
  secret: (name: string) => Promise<string>;
  now: () => number;
}

export const postBoundMs = 10_000;
/** Said of this very post, which would be the same again. */
const refusals = new Set([400, 413, 422]);

export type AlertPoster = (
  to: { url: string; secret: string },
  body: AlertWebhook,
  signal: AbortSignal,
) => Promise<Sent>;

export function createAlertPoster({ secret, now }: AlertPosterParts): AlertPoster {
  return async (to, alert, signal) => {
    try {
      const body = JSON.stringify(alert);
      const header = sign(await secret(to.secret), now(), body);
      const response = await fetch(to.url, {
        method: 'POST',
        body,
        headers: { 'content-type': 'application/json', [signatureHeader]: header },
        redirect: 'manual',
        signal: AbortSignal.any([signal, AbortSignal.timeout(postBoundMs)]),
      });
      // Not read, but let go, or its connection would stay.
      await response.body?.cancel().catch(() => undefined);
      if (response.ok) return { outcome: 'sent' };
      const detail = `HTTP ${response.status}`;
      return { outcome: refusals.has(response.status) ? 'failed' : 'later', fault: 'refused', detail };
    } catch (error) {
      return { outcome: 'later', ...faultOf(error) };
    }
  };
}

function faultOf(error: unknown): { fault: 'no-secret' | 'unreachable'; detail?: string } {
  if (error instanceof SecretFault) return { fault: 'no-secret', detail: error.message };
  if (!(error instanceof Error)) return { fault: 'unreachable' };
  if (error.name === 'TimeoutError' || error.name === 'AbortError')
    return { fault: 'unreachable', detail: 'no answer in time' };
  const { code } = (error.cause ?? {}) as { code?: unknown };
  return { fault: 'unreachable', ...(typeof code === 'string' && { detail: code }) };
}
