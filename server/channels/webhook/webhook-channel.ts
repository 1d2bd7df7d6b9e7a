/**
 * The channel of third parties (S16): a program of somebody else's brings messages and takes answers over signed webhooks,
 * and nothing in the house has to be changed for it. Telegram, SMS and the like are such programs. It is told apart in
 * reports by `webhook:<id>`, routed as chat or as mail, as its entry in the site file says.
 */
import express, { type Request, type Router } from 'express';
import type { SenderCheck } from '../../app/text/block-list.ts';
import type {
  Channel,
  ChannelDesk,
  ChannelHealth,
  OutgoingMessage,
  SendResult,
} from '../../app/text/channel.ts';
import type { Site } from '../../contract/site.ts';
import type { SiteWebhook } from '../../contract/site-text.ts';
import {
  type WebhookAnswer,
  webhookDeliverySchema,
  webhookLimitBytes,
  webhookMessageSchema,
  type WebhookTaken,
} from '../../contract/webhook.ts';
import { AddressRate } from '../address-rate.ts';
import { connectorSender, refuseBlocked } from '../blocked-sender.ts';
import { readAs, refuse, within } from '../public-route.ts';
import type { UploadRoom } from '../upload-room.ts';
import { isRecent, isSigned, sign, signatureHeader } from './signature.ts';

export interface WebhookParts {
  desk: ChannelDesk;
  senders: SenderCheck;
  site(): Site;
  /** Throws where there is none that may be used; the message is for the bank's IT. */
  secret(name: string): Promise<string>;
  room: UploadRoom;
  now(): number;
  logger: { warn(fields: object, message: string): void };
}

export const sendBoundMs = 10_000;
export const webhookRate = { burst: 500, perMinute: 6000 };
const answerAtMost = 2000;
const later = new Set([408, 425, 429]);

export class WebhookChannel implements Channel {
  readonly id = 'webhook';
  readonly capabilities = {
    work: 'chat',
    isLive: false,
    hasHtml: false,
    attachments: { maxBytes: 10_000_000, maxCount: 10 },
  } as const;
  readonly #parts: WebhookParts;
  /** By id: since when the connector does not take answers, and why. */
  readonly #faults = new Map<string, { since: number; detail: string }>();
  #isOn = false;

  constructor(parts: WebhookParts) {
    this.#parts = parts;
  }

  async apply(site: Site): Promise<void> {
    const ids = new Set((site.webhooks ?? []).map(({ id }) => id));
    this.#isOn = ids.size > 0;
    for (const id of this.#faults.keys()) if (!ids.has(id)) this.#faults.delete(id);
  }

  health(): ChannelHealth {
    if (!this.#isOn) return { state: 'off' };
    const [id] = this.#faults.keys();
    const fault = id === undefined ? undefined : this.#faults.get(id);
    return fault
      ? { state: 'degraded', since: fault.since, detail: `${id}: ${fault.detail}` }
      : { state: 'up' };
  }

  async close(): Promise<void> {
    this.#isOn = false;
  }

  async send(message: OutgoingMessage): Promise<SendResult> {
    const webhook = this.#find(message.endpointId);
    if (!webhook) return { outcome: 'later', fault: 'this connector is switched off' };
    try {
      const result = await this.#post(webhook, await this.#answerOf(message));
      if (result.outcome === 'later') this.#noteFault(webhook.id, result.fault);
      else this.#faults.delete(webhook.id);
      return result;
    } catch (error) {
      const fault = error instanceof Error ? error.message : 'unknown';
      this.#noteFault(webhook.id, fault);
      return { outcome: 'later', fault };
    }
  }

  #noteFault(id: string, detail: string): void {
    const since = this.#faults.get(id)?.since ?? this.#parts.now();
    this.#faults.set(id, { since, detail });
  }

  #find(id: string): SiteWebhook | undefined {
    return this.#parts.site().webhooks?.find((one) => one.id === id);
  }

  async #answerOf({
    messageId,
    threadId,
    to,
    text,
    agentName,
    language,
    files,
  }: OutgoingMessage): Promise<WebhookAnswer> {
    return {
      messageId,
      threadId,
      to,
      text,
      language,
      files: await Promise.all(
        files.map(async ({ name, mime, sha256 }) => ({
          name,
          mime,
          base64: Buffer.from(await this.#parts.desk.readFile(sha256)).toString('base64'),
        })),
      ),
      ...(agentName !== undefined && { agentName }),
    };
  }

  async #post(webhook: SiteWebhook, answer: WebhookAnswer): Promise<SendResult> {
    const body = JSON.stringify(answer);
    const secret = await this.#parts.secret(webhook.secret);
    const response = await fetch(webhook.url, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        [signatureHeader]: sign(secret, this.#parts.now(), body),
      },
      // A redirect would carry the answer to somebody whom the site file does not name.
      redirect: 'manual',
      signal: AbortSignal.timeout(sendBoundMs),
    });
    const text = await startOf(response);
    if (response.ok) {
      const id = idIn(text);
      return { outcome: 'sent', ...(id !== undefined && { externalId: answerId(webhook.id, id) }) };
    }
    const fault = `the connector answers ${response.status}`;
    return { outcome: later.has(response.status) || response.status >= 500 ? 'later' : 'failed', fault };
  }

  router(): Router {
    const router = express.Router();
    // Machines, and many messages: bounded only against a flood.
    const rate = new AddressRate(webhookRate);
    router.post('/hooks/:id/messages', async (req, res) => {
      within(rate, req);
      res.json(await this.#read(req, (webhook, body) => this.#take(webhook, body)));
    });
    router.post('/hooks/:id/deliveries', async (req, res) => {
      within(rate, req);
      await this.#read(req, async (webhook, body) => {
        const { id, state, fault } = readAs(webhookDeliverySchema, body);
        const isKnown = await this.#parts.desk.delivered(
          this.id,
          answerId(webhook.id, id),
          state,
          fault,
          webhook.id,
        );
        // A connector may be faster than the writing down of its own answer: it is to say this again.
        if (!isKnown) throw refuse('not-found', 'no answer is called that, or not yet');
      });
      res.status(204).end();
    });
    return router;
  }

  /** The body, once its signature was found right: nothing is parsed of what a stranger sent. */
  async #read<T>(req: Request, work: (webhook: SiteWebhook, body: unknown) => Promise<T>): Promise<T> {
    const { room } = this.#parts;
    const now = () => this.#parts.now();
    const header = String(req.headers[signatureHeader]);
    // One answer for an unknown connector and a wrong signature: strangers learn no names.
    const refused = () => refuse('sign-in-required', 'the signature is missing, wrong or too old');
    if (!isRecent(header, now())) throw refused();
    return room.with(req, webhookLimitBytes, async (content) => {
      const webhook = this.#find(String(req.params['id']));
      const secret = webhook && (await this.#secretOf(webhook));
      if (!webhook || secret === undefined || !isSigned(header, secret, now(), content)) throw refused();
      return work(webhook, parsed(content));
    });
  }

  async #secretOf({ id, secret }: SiteWebhook): Promise<string | undefined> {
    try {
      return await this.#parts.secret(secret);
    } catch (err) {
      this.#parts.logger.warn({ err, webhook: id }, 'the secret of a connector cannot be read');
      return undefined;
    }
  }

  async #take(webhook: SiteWebhook, body: unknown): Promise<WebhookTaken> {
    const message = readAs(webhookMessageSchema, body);
    const { desk, senders } = this.#parts;
    refuseBlocked(senders, 'webhook', connectorSender(message.from.address));
    const now = this.#parts.now();
    const files = await Promise.all(
      message.files.map(({ name, mime, base64 }) =>
        desk.keepFile({ name, mime, content: Buffer.from(base64, 'base64') }),
      ),
    );
    const { messageId, threadId, isDuplicate } = await desk.take({
      channelId: this.id,
      endpointId: webhook.id,
      work: webhook.work,
      queueId: webhook.queue,
      externalId: `in:${message.id}`,
      receivedAt: Math.min(message.at ?? now, now),
      from: {
        address: message.from.address,
        ...(message.from.name !== undefined && { name: message.from.name }),
      },
      language: message.language ?? this.#parts.site().site.language,
      text: message.text,
      kind: 'message',
      mayBeAnswered: true,
      clues: { isOneThread: true },
      files,
    });
    return { messageId, threadId, isDuplicate };
  }
}

/**
 * What an answer is called where ids are kept. Connectors count as they like: the same id may be an answer's of another one,
 * or that of a message that came in, and neither may be taken for the other.
 */
const answerId = (webhookId: string, id: string): string => `out:${webhookId}:${id}`;
/** Enough to hold an id, however much the connector says. */
async function startOf(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const part of response.body ?? []) {
    text += decoder.decode(part as Uint8Array, { stream: true });
    if (text.length > answerAtMost) break;
  }
  return text;
}

function parsed(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8'));
  } catch {
    throw refuse('bad-request', 'the body is no JSON');
  }
}

function idIn(text: string): string | undefined {
  try {
    const { id } = JSON.parse(text) as { id?: unknown };
    return typeof id === 'string' && id !== '' ? id.slice(0, 200) : undefined;
  } catch {
    return undefined;
  }
}
