/**
 * What a connector posted, from its bytes: the signature first, over the very bytes, and only then is anything parsed. Pure:
 * it runs on the event loop for small bodies and in a thread for large ones (webhook-reader.ts).
 */
import {
  webhookDeliverySchema,
  webhookMessageSchema,
  type WebhookDelivery,
  type WebhookMessage,
} from '../../contract/webhook.ts';
import { isAppError } from '../../lib/app-error.ts';
import { cleanBlock } from '../../lib/clean-text.ts';
import { readAs, refuse } from '../public-route.ts';
import { isSigned } from './signature.ts';

export interface SignedBody {
  content: Uint8Array;
  header: string;
  secret: string;
  nowMs: number;
}

export interface PostedFile {
  name: string;
  mime: string;
  content: Uint8Array;
}

export type PostedMessage = Omit<WebhookMessage, 'files'> & { files: PostedFile[] };

export interface BodyRefusal {
  code: 'bad-request' | 'sign-in-required';
  message: string;
  details?: unknown;
}

export type Posted<T> = { body: T } | { refusal: BodyRefusal };

export const unsigned: BodyRefusal = {
  code: 'sign-in-required',
  message: 'the signature is missing, wrong or too old',
};

export function postedMessage(signed: SignedBody): Posted<PostedMessage> {
  return posted(signed, (value) => {
    const { files, ...message } = readAs(webhookMessageSchema, value);
    // As it will be kept: of a text that only looks like one nothing would be left to show.
    if (files.length === 0 && cleanBlock(message.text).trim() === '')
      throw refuse('bad-request', 'a message has a text or a file', {
        faults: [{ path: ['text'], message: 'nothing is in it, and no file comes along' }],
      });
    return {
      ...message,
      files: files.map(({ name, mime, base64 }) => ({
        name,
        mime,
        // Copied out of the pool that small buffers share: it may be handed over to another thread.
        content: new Uint8Array(Buffer.from(base64, 'base64')),
      })),
    };
  });
}

export const postedDelivery = (signed: SignedBody): Posted<WebhookDelivery> =>
  posted(signed, (value) => readAs(webhookDeliverySchema, value));

function posted<T>({ content, header, secret, nowMs }: SignedBody, read: (value: unknown) => T): Posted<T> {
  if (!isSigned(header, secret, nowMs, content)) return { refusal: unsigned };
  try {
    return { body: read(parsed(content)) };
  } catch (error) {
    if (!isAppError(error, 'bad-request')) throw error;
    const { message, details } = error;
    return { refusal: { code: 'bad-request', message, details } };
  }
}

function parsed(content: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(content));
  } catch {
    throw refuse('bad-request', 'the body is no JSON');
  }
}
