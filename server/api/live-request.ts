/** Reads what a screen sends (server/contract/live.ts `LiveRequest`). Pure; anything unexpected is undefined. */
import { z } from 'zod';
import type { LiveRequest } from '../contract/live.ts';

/** Bytes of one inbound frame. */
export const maxInboundBytes = 1024;
/** A frame that took longer than this was painted by a screen that slept, and says nothing about us. */
const maxLatencyMs = 60_000;

const schema = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('resync') }),
  z.strictObject({ type: z.literal('ping'), id: z.number().int().min(0) }),
  z.strictObject({
    type: z.literal('painted'),
    n: z.number().int().min(0),
    latencyMs: z.number().min(-maxLatencyMs).max(3_600_000_000),
  }),
]);

export function readLiveRequest(text: string): LiveRequest | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = schema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

/** Within the bounds that make a latency a figure of ours. */
export const isPlausibleLatency = (latencyMs: number): boolean => latencyMs >= 0 && latencyMs <= maxLatencyMs;
