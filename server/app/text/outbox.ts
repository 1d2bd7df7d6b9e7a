/**
 * Sends what agents wrote: from the store, so that a crash loses nothing, in the order of each thread. What cannot be sent
 * now is tried again after a growing pause, for two days; then it has failed, and its thread says so. At most one repeat for each lost answer: a message is asked for again only after its
 * result was written down, or after a restart.
 * Race stopped: a message that is settled between being read as due and being looked at.
 */
import type { ActiveSite } from '../active-site.ts';
import type { ClockPort, LoggerPort } from '../ports.ts';
import type { Channel, SendResult } from './channel.ts';
import type { DeskNews } from './desk-news.ts';
import { maxFaultLength } from './fit-to-keep.ts';
import type { DueMessage, TextStorePort } from './ports.ts';
import { cleanLine, wellFormed } from '../../lib/clean-text.ts';

export const retryAfterMs = [5_000, 30_000, 120_000, 300_000, 900_000, 1_800_000, 3_600_000];
export const givenUpAfter = 55;
const atOnce = 8;
/** A channel that never answers must not hold the others up. */
export const sendBoundMs = 120_000;
/** Should a wake-up be lost, or the clock be set. */
const lookEveryMs = 30_000;
/** While the store does not answer. */
const storeRetryMs = 1000;

export interface OutboxParts {
  store: TextStorePort;
  channels: ReadonlyMap<string, Channel>;
  site: Pick<ActiveSite, 'agent'>;
  news: DeskNews;
  clock: ClockPort;
  logger: LoggerPort;
}

export class Outbox {
  readonly #parts: OutboxParts;
  readonly #inHand = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;
  #isAskedAgain = false;
  #isStopped = false;
  #endPauses: () => void = () => undefined;
  readonly #stopped: Promise<void>;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
    this.#stopped = new Promise((resolve) => {
      this.#endPauses = resolve;
    });
  }

  /** Something may be due. */
  wake(): void {
    if (this.#isStopped) return;
    this.#isAskedAgain = true;
    if (!this.#isLooking) void this.#look();
  }

  stop(): void {
    this.#isStopped = true;
    this.#endPauses();
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    const { store, clock, logger } = this.#parts;
    this.#isLooking = true;
    try {
      while (this.#isAskedAgain && !this.#isStopped) {
        this.#isAskedAgain = false;
        // What is settled while we read was still due when we began to: it is looked at again after its end has woken us.
        const busy = new Set(this.#inHand);
        const due = await store.due(clock.now(), atOnce + busy.size);
        for (const message of due) {
          if (this.#inHand.size >= atOnce) break;
          if (busy.has(message.threadId)) continue;
          this.#inHand.add(message.threadId);
          void this.#send(message);
        }
      }
    } catch (err) {
      logger.warn({ err }, 'what is to be sent could not be read');
    } finally {
      this.#isLooking = false;
      await this.#sleep();
    }
  }

  async #sleep(): Promise<void> {
    const { store, clock } = this.#parts;
    const next = await store.nextDue().catch(() => clock.now() + storeRetryMs);
    if (this.#isStopped) return;
    clearTimeout(this.#timer);
    const waitMs = next === undefined ? lookEveryMs : next - clock.now();
    // What is in hand wakes us when it is done.
    const atLeastMs = this.#inHand.size > 0 ? lookEveryMs : 50;
    this.#timer = setTimeout(() => this.wake(), Math.min(lookEveryMs, Math.max(atLeastMs, waitMs)));
    this.#timer.unref();
  }

  async #send(message: DueMessage): Promise<void> {
    const { news, logger } = this.#parts;
    try {
      const result = await this.#handOver(message);
      const settled = await this.#settle(message.messageId, this.#outcomeOf(message, result));
      if (settled) news.message(settled);
    } catch (err) {
      logger.warn({ err, messageId: message.messageId }, 'the sending of a message could not be told of');
    } finally {
      this.#inHand.delete(message.threadId);
      this.wake();
    }
  }

  /** What became of a message is not forgotten because the store is away: it would be sent again, and again. */
  async #settle(
    messageId: string,
    outcome: Parameters<TextStorePort['settle']>[1],
  ): ReturnType<TextStorePort['settle']> {
    for (;;)
      try {
        return await this.#parts.store.settle(messageId, outcome);
      } catch (err) {
        if (this.#isStopped) return undefined;
        this.#parts.logger.warn({ err, messageId }, 'the sending of a message could not be written down yet');
        await Promise.race([this.#stopped, new Promise((wake) => setTimeout(wake, storeRetryMs))]);
      }
  }

  async #handOver(message: DueMessage): Promise<SendResult> {
    const channel = this.#parts.channels.get(message.channelId);
    if (!channel || channel.health().state === 'off')
      return { outcome: 'later', fault: 'the channel is switched off' };
    const agentName =
      message.agentId === undefined ? undefined : this.#parts.site.agent(message.agentId)?.name;
    let timer: NodeJS.Timeout | undefined;
    const tooLong = new Promise<SendResult>((resolve) => {
      timer = setTimeout(() => resolve({ outcome: 'later', fault: 'no answer in time' }), sendBoundMs);
      timer.unref();
    });
    try {
      const sent = channel.send({ ...message, ...(agentName !== undefined && { agentName }) });
      return await Promise.race([sent, tooLong]);
    } catch (err) {
      this.#parts.logger.warn({ err, channel: message.channelId }, 'a channel failed');
      return { outcome: 'later', fault: 'a fault of ours' };
    } finally {
      clearTimeout(timer);
    }
  }

  /** Faults and ids are another party's words: they are cleaned, or the database would refuse the whole result. */
  #outcomeOf({ attempts }: DueMessage, result: SendResult): Parameters<TextStorePort['settle']>[1] {
    if (result.outcome === 'sent') {
      const { externalId } = result;
      return { state: 'sent', ...(externalId !== undefined && { externalId: wellFormed(externalId) }) };
    }
    const fault = cleanLine(result.fault, maxFaultLength);
    if (result.outcome === 'failed' || attempts + 1 >= givenUpAfter) return { state: 'failed', fault };
    const pauseMs = retryAfterMs[Math.min(attempts, retryAfterMs.length - 1)]!;
    return { state: 'queued', fault, nextTryAt: this.#parts.clock.now() + pauseMs };
  }
}
