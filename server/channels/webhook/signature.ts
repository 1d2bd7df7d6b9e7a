/**
 * Signs what goes over a webhook, both ways: HMAC-SHA256 over the time and the very bytes of the body, so that nothing can
 * be changed, made up, or kept to be said again later. Header `x-hearthline-signature: t=<seconds>,v1=<hex>`.
 */
import { createHmac, timingSafeEqual } from 'node:crypto';

export const signatureHeader = 'x-hearthline-signature';
/** Clocks may differ by so much. */
export const toleranceSec = 300;

const digest = (secret: string, sec: number, body: Uint8Array | string): Buffer =>
  createHmac('sha256', secret).update(`${sec}.`).update(body).digest();

export const sign = (secret: string, nowMs: number, body: Uint8Array | string): string => {
  const sec = Math.floor(nowMs / 1000);
  return `t=${sec},v1=${digest(secret, sec, body).toString('hex')}`;
};

export function isSigned(
  header: string | undefined,
  secret: string,
  nowMs: number,
  body: Uint8Array,
): boolean {
  const [, time, hex = ''] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header ?? '') ?? [];
  const sec = Number(time);
  if (time === undefined || Math.abs(nowMs / 1000 - sec) > toleranceSec) return false;
  return timingSafeEqual(Buffer.from(hex, 'hex'), digest(secret, sec, body));
}
