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

const partsOf = (header: string | undefined): { sec: number; hex: string } | undefined => {
  const [, time, hex] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header ?? '') ?? [];
  return time === undefined || hex === undefined ? undefined : { sec: Number(time), hex };
};

/** It has the form of a signature made just now: what has not need not be read. */
export function isRecent(header: string | undefined, nowMs: number): boolean {
  const parts = partsOf(header);
  return parts !== undefined && Math.abs(nowMs / 1000 - parts.sec) <= toleranceSec;
}

export function isSigned(
  header: string | undefined,
  secret: string,
  nowMs: number,
  body: Uint8Array,
): boolean {
  const parts = partsOf(header);
  if (!parts || !isRecent(header, nowMs)) return false;
  return timingSafeEqual(Buffer.from(parts.hex, 'hex'), digest(secret, parts.sec, body));
}
