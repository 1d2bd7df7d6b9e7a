/**
 * Sends what agents wrote: from the store, so that a crash loses nothing, in the order of each thread. What cannot be sent
 * now is tried again after a growing pause, for two days; then it has failed, and its thread says so. What has no way out
 * for the moment (its channel is off) is not tried at all and waits, however long.
 *
 * At most one repeat for each lost answer: a message is asked for again only after its result was written down, or after a
 * restart; and a channel states itself how long one message may take (`capabilities.sending`), so that none is sent
 * again while it is still being answered.
 * Races stopped: a message that is settled between being read as due and being looked at; one channel whose other side
 * hangs, behind which those of all others would wait.
 */
import { deliveryFaults } from '../../contract/delivery-faults.ts';
import type { ActiveSite } from '../active-site.ts';
import type { ClockPort, LoggerPort } from '../ports.ts';
import type { Channel, SendResult } from './channel.ts';
import { maxFaultLength } from './fit-to-keep.ts';
import type { DueMessage, NotNow, TextStorePort } from './ports.ts';
import type { TextDesk } from './text-desk.ts';
import { cleanLine, wellFormed } from '../../lib/clean-text.ts';

export const retryAfterMs = [5_000, 30_000, 120_000, 300_000, 900_000, 1_800_000, 3_600_000];
export const givenUpAfter = 55;
/** Of a channel that says nothing else. */
export const usualSending = { atOnce: 8, boundMs: 120_000 };
const readAtOnce = 20;
/** A way that was off is looked at again then, should nobody say that it is open. */
export const offForMs = 60_000;
/** Should a wake-up be lost, or the clock be set. */
const lookEveryMs = 30_000;
/** While the store does not answer. */
const storeRetryMs = 1000;

export interface OutboxParts {
  store: TextStorePort;
  channels: ReadonlyMap<string, Channel>;
  site: Pick<ActiveSite, 'agent'>;
  desk: Pick<TextDesk, 'settled'>;
  clock: ClockPort;
  logger: LoggerPort;
}

type Way = NotNow['ways'][number];
type Outcome = Parameters<TextStorePort['settle']>[1];

export class Outbox {
  readonly #parts: OutboxParts;
  /** By thread: the channel that has its message. */
  readonly #inHand = new Map<string, string>();
  /** Ways that are off, and until when that is believed. */
  readonly #off = new Map<string, Way & { until: number }>();
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

  /** Another site is in force: what was off may be on. */
  siteChanged(): void {
    this.#off.clear();
    this.wake();
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
        const except = this.#notNow();
        const busy = new Set(except.threadIds);
        const due = await store.due(clock.now(), readAtOnce, except);
        for (const message of due) {
          if (busy.has(message.threadId)) continue;
          // Behind it may be those of channels that have room: the next reading leaves this one out.
          if (this.#isFull(message.channelId)) this.#isAskedAgain = true;
          else void this.#send(message);
        }
      }
    } catch (err) {
      logger.warn({ err }, 'what is to be sent could not be read');
    } finally {
      this.#isLooking = false;
      await this.#sleep();
    }
  }

  #isFull(channelId: string): boolean {
    const { atOnce } = this.#parts.channels.get(channelId)?.capabilities.sending ?? usualSending;
    let count = 0;
    for (const one of this.#inHand.values()) if (one === channelId) count += 1;
    return count >= atOnce;
  }

  #notNow(): NotNow {
    const now = this.#parts.clock.now();
    for (const [key, { until }] of this.#off) if (until <= now) this.#off.delete(key);
    const full = [...new Set(this.#inHand.values())].filter((channelId) => this.#isFull(channelId));
    return {
      threadIds: [...this.#inHand.keys()],
      ways: [...full.map((channelId) => ({ channelId })), ...this.#off.values()],
    };
  }

  async #sleep(): Promise<void> {
    const { store, clock } = this.#parts;
    const next = await store.nextDue(this.#notNow()).catch(() => clock.now() + storeRetryMs);
    if (this.#isStopped) return;
    clearTimeout(this.#timer);
    const waitMs = next === undefined ? lookEveryMs : next - clock.now();
    this.#timer = setTimeout(() => this.wake(), Math.min(lookEveryMs, Math.max(50, waitMs)));
    this.#timer.unref();
  }

  async #send(message: DueMessage): Promise<void> {
    const { store, desk, logger, clock } = this.#parts;
    const { messageId, threadId, channelId, endpointId } = message;
    this.#inHand.set(threadId, channelId);
    try {
      const result = await this.#handOver(message);
      if (result.outcome === 'off') {
        const until = clock.now() + offForMs;
        this.#off.set(JSON.stringify([channelId, endpointId]), { channelId, endpointId, until });
        return;
      }
      const outcome = this.#outcomeOf(message, result);
      const row = await this.#insist(messageId, () => store.settle(messageId, outcome, clock.now()));
      if (row) await this.#insist(messageId, () => desk.settled(row));
    } catch (err) {
      logger.warn({ err, messageId }, 'the sending of a message could not be told of');
    } finally {
      this.#inHand.delete(threadId);
      this.wake();
    }
  }

  /** What became of a message is not forgotten because the store is away: it would be sent again, and again. */
  async #insist<T>(messageId: string, work: () => Promise<T>): Promise<T | undefined> {
    for (;;)
      try {
        return await work();
      } catch (err) {
        if (this.#isStopped) return undefined;
        this.#parts.logger.warn({ err, messageId }, 'the sending of a message could not be written down yet');
        await Promise.race([this.#stopped, new Promise((wake) => setTimeout(wake, storeRetryMs))]);
      }
  }

  async #handOver(message: DueMessage): Promise<SendResult> {
    const channel = this.#parts.channels.get(message.channelId);
    if (!channel || channel.health().state === 'off') return { outcome: 'off' };
    const agentName =
      message.agentId === undefined ? undefined : this.#parts.site.agent(message.agentId)?.name;
    const { boundMs } = channel.capabilities.sending ?? usualSending;
    const over = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    // The attempt itself is ended by the signal; whoever does not hear it must not hold up what is behind.
    const tooLong = new Promise<SendResult>((resolve) => {
      timer = setTimeout(() => {
        resolve({ outcome: 'later', fault: deliveryFaults.noAnswer });
        over.abort();
      }, boundMs);
      timer.unref();
    });
    try {
      const sent = channel.send({ ...message, ...(agentName !== undefined && { agentName }) }, over.signal);
      return await Promise.race([sent, tooLong]);
    } catch (err) {
      this.#parts.logger.warn({ err, channel: message.channelId }, 'a channel failed');
      return { outcome: 'later', fault: deliveryFaults.ownFault };
    } finally {
      clearTimeout(timer);
    }
  }

  /** Faults and ids are another party's words: they are cleaned, or the database would refuse the whole result. */
  #outcomeOf({ attempts }: DueMessage, result: Exclude<SendResult, { outcome: 'off' }>): Outcome {
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
