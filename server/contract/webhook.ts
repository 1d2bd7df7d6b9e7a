/**
 * What a third party's channel exchanges with the house (docs/channels.md): messages in, answers out, and what became of
 * them; each a JSON body signed with the shared secret. Times are ms UTC.
 */
import { z } from 'zod';
import { languages } from './site.ts';

/** Told back as it came, so nothing in it is cleaned: what would have to be is refused. */
const externalId = z
  .string()
  .min(1)
  .max(200)
  .regex(/^\P{C}*$/u, 'no control characters, no lone surrogates');
const fileSchema = z.strictObject({
  name: z.string().min(1).max(200),
  mime: z.string().regex(/^[\w.+-]{1,60}\/[\w.+-]{1,60}$/),
  base64: z.base64(),
});
export const webhookLimitBytes = 15_000_000;
export const deliveryLimitBytes = 10_000;

/**
 * `POST /hooks/:id/messages` -> 200 WebhookTaken: kept for good. The same `id` again is the same message. 400 `bad-request`
 * where neither a text nor a file is in it.
 */
export const webhookMessageSchema = z.strictObject({
  id: externalId,
  from: z.strictObject({ address: z.string().min(1).max(200), name: z.string().min(1).max(100).optional() }),
  text: z.string().max(20_000),
  at: z.number().int().min(0).optional(),
  language: z.enum(languages).optional(),
  files: z.array(fileSchema).max(10).default([]),
});
export type WebhookMessage = z.infer<typeof webhookMessageSchema>;
export interface WebhookTaken {
  messageId: string;
  threadId: string;
  isDuplicate: boolean;
}

/**
 * `POST /hooks/:id/deliveries` -> 204: what became of an answer, by the id that the connector gave it. 404 `not-found`: no
 * answer is called that, or its id is not written down yet; say it again a little later.
 */
export const webhookDeliverySchema = z.strictObject({
  id: externalId,
  state: z.enum(['delivered', 'failed']),
  fault: z.string().max(200).optional(),
});
export type WebhookDelivery = z.infer<typeof webhookDeliverySchema>;

/**
 * Posted to the connector's `url`. 2xx: taken; `{ "id": "..." }` in the answer names it for deliveries. 400, 413 and 422:
 * this message is refused for good. Any other answer, or none: tried again later. The same `messageId` may come twice after
 * a lost answer.
 */
export interface WebhookAnswer {
  messageId: string;
  threadId: string;
  to: { address: string; name?: string };
  text: string;
  agentName?: string;
  language: string;
  files: { name: string; mime: string; base64: string }[];
}
