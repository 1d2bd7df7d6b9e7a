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
  StoredFile,
} from '../../app/text/channel.ts';
import { deliveryFaults } from '../../contract/delivery-faults.ts';
import type { Site } from '../../contract/site.ts';
import type { SiteWebhook } from '../../contract/site-text.ts';
import {
  deliveryLimitBytes,
  type WebhookAnswer,
  webhookLimitBytes,
  type WebhookTaken,
} from '../../contract/webhook.ts';
import { AddressRate } from '../address-rate.ts';
import { connectorSender, refuseBlocked } from '../blocked-sender.ts';
import { refuse, within } from '../public-route.ts';
import type { UploadRoom } from '../upload-room.ts';
import { isRecent, sign, signatureHeader } from './signature.ts';
import {
  postedDelivery,
  unsigned,
  type BodyRefusal,
  type Posted,
  type PostedMessage,
  type SignedBody,
} from './webhook-body.ts';
import { WebhookReader } from './webhook-reader.ts';

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
/** By health, of connectors at a time. */
const faultsTold = 5;
/** Said of this very message: everything else may be otherwise tomorrow, a wrong secret and a wrong address as well. */
const refusals = new Set([400, 413, 422]);

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
  readonly #reader = new WebhookReader();
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
    if (this.#faults.size === 0) return { state: 'up' };
    const since = Math.min(...Array.from(this.#faults.values(), (fault) => fault.since));
    const said = Array.from(this.#faults, ([id, { detail }]) => `${id}: ${detail}`);
    return { state: 'degraded', since, detail: said.slice(0, faultsTold).join('; ') };
  }

  async close(): Promise<void> {
    this.#isOn = false;
    await this.#reader.close();
  }

  async send(message: OutgoingMessage, signal: AbortSignal): Promise<SendResult> {
    const webhook = this.#find(message.endpointId);
    if (!webhook) return { outcome: 'off' };
    const answer = await this.#answerOf(message);
    try {
      const result = await this.#post(webhook, answer, signal);
      if (result.outcome === 'later') this.#noteFault(webhook.id, result.fault);
      else this.#faults.delete(webhook.id);
      return result;
    } catch (error) {
      const fault = faultOf(error);
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

  async #post(
    webhook: SiteWebhook,
    answer: WebhookAnswer,
    signal: AbortSignal,
  ): Promise<Exclude<SendResult, { outcome: 'off' }>> {
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
      signal: AbortSignal.any([signal, AbortSignal.timeout(sendBoundMs)]),
    });
    // What it says beside its status may be cut off: the status is the answer.
    const text = await startOf(response).catch(() => '');
    if (response.ok) {
      const id = idIn(text);
      return { outcome: 'sent', ...(id !== undefined && { externalId: answerId(webhook.id, id) }) };
    }
    const fault = `the connector answers ${response.status}`;
    return { outcome: refusals.has(response.status) ? 'failed' : 'later', fault };
  }

  router(): Router {
    const router = express.Router();
    // Machines, and many messages: bounded only against a flood.
    const rate = new AddressRate(webhookRate);
    router.post('/hooks/:id/messages', async (req, res) => {
      within(rate, req);
      res.json(
        await this.#read(
          req,
          webhookLimitBytes,
          (signed) => this.#reader.message(signed),
          (webhook, message) => this.#take(webhook, message),
        ),
      );
    });
    router.post('/hooks/:id/deliveries', async (req, res) => {
      within(rate, req);
      await this.#read(req, deliveryLimitBytes, postedDelivery, async (webhook, { id, state, fault }) => {
        const known = answerId(webhook.id, id);
        const isKnown = await this.#parts.desk.delivered(this.id, known, state, fault, webhook.id);
        // A connector may be faster than the writing down of its own answer: it is to say this again.
        if (!isKnown) throw refuse('not-found', 'no answer is called that, or not yet');
      });
      res.status(204).end();
    });
    return router;
  }

  /** The body, once its signature was found right: nothing is parsed of what a stranger sent. */
  async #read<T, R>(
    req: Request,
    limitBytes: number,
    read: (signed: SignedBody) => Posted<T> | Promise<Posted<T>>,
    work: (webhook: SiteWebhook, body: T) => Promise<R>,
  ): Promise<R> {
    const header = String(req.headers[signatureHeader]);
    // One answer for an unknown connector and a wrong signature: strangers learn no names.
    if (!isRecent(header, this.#parts.now())) throw refusal(unsigned);
    return this.#parts.room.with(req, limitBytes, async (content) => {
      const webhook = this.#find(String(req.params['id']));
      const secret = webhook && (await this.#secretOf(webhook));
      if (!webhook || secret === undefined) throw refusal(unsigned);
      const posted = await read({ content, header, secret, nowMs: this.#parts.now() });
      if ('refusal' in posted) throw refusal(posted.refusal);
      return work(webhook, posted.body);
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

  async #take(webhook: SiteWebhook, message: PostedMessage): Promise<WebhookTaken> {
    const { desk, senders } = this.#parts;
    refuseBlocked(senders, 'webhook', connectorSender(message.from.address));
    const now = this.#parts.now();
    const files: StoredFile[] = [];
    // One after the other: what each costs the event loop does not add up.
    for (const file of message.files) files.push(await desk.keepFile(file));
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

const refusal = ({ code, message, details }: BodyRefusal) =>
  refuse(code, message, details as Record<string, unknown> | undefined);

/**
 * What an answer is called where ids are kept. Connectors count as they like: the same id may be an answer's of another one,
 * or that of a message that came in, and neither may be taken for the other.
 */
const answerId = (webhookId: string, id: string): string => `out:${webhookId}:${id}`;

/** Of one that could not be reached: the code of the socket's error says more than that the asking failed. */
function faultOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error.name === 'TimeoutError' || error.name === 'AbortError') return deliveryFaults.noAnswer;
  const { code } = (error.cause ?? {}) as { code?: unknown };
  return typeof code === 'string' ? `it cannot be reached (${code})` : error.message;
}

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

function idIn(text: string): string | undefined {
  try {
    const { id } = JSON.parse(text) as { id?: unknown };
    return typeof id === 'string' && id !== '' ? id.slice(0, 200) : undefined;
  } catch {
    return undefined;
  }
}
