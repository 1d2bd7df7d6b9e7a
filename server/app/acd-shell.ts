/**
 * The shell around the pure engine: hands it commands with the time, appends what came of them to the log
 * before anybody acts on it, and keeps its clock. Nobody else may change the routing state.
 * Race it stops: commands that arise while the events of another are being acted on wait their turn, so
 * everybody sees events in the order of the log.
 */
import type { Acd, AcdCommand, AcdResult } from '../acd/types.ts';
import type { HearthlineEvent } from '../contract/events.ts';
import type { ClockPort, EventLogPort, LoggerPort } from './ports.ts';

type WithoutTime<T> = T extends unknown ? Omit<T, 'at'> : never;
export type Command = WithoutTime<AcdCommand>;
export type EventListener = (event: HearthlineEvent) => void;

/** A deadline may come due between a turn and the question whether one is left over. */
const lateMs = 1000;

export class AcdShell {
  readonly acd: Acd;
  private readonly log: EventLogPort;
  private readonly clock: ClockPort;
  private readonly logger: LoggerPort;
  private readonly listeners: EventListener[] = [];
  private readonly batchListeners: ((events: readonly HearthlineEvent[]) => void)[] = [];
  private readonly ignored = new Map<string, number>();
  private readonly backlog: HearthlineEvent[][] = [];
  private isPublishing = false;
  private timer: NodeJS.Timeout | undefined;
  private timerAt = Infinity;
  private isStopped = false;

  constructor(parts: { acd: Acd; log: EventLogPort; clock: ClockPort; logger: LoggerPort }) {
    this.acd = parts.acd;
    this.log = parts.log;
    this.clock = parts.clock;
    this.logger = parts.logger;
  }

  /** Called for each event, after it was appended and applied. */
  onEvent(listener: EventListener): void {
    this.listeners.push(listener);
  }

  /** Called once for the events of one command, after all `onEvent` listeners had each. */
  onBatch(listener: (events: readonly HearthlineEvent[]) => void): void {
    this.batchListeners.push(listener);
  }

  run(command: Command): AcdResult {
    const result = this.acd.handle({ at: this.clock.now(), ...command } as AcdCommand);
    if (result.ignored) {
      const key = `${command.type}:${result.ignored}`;
      this.ignored.set(key, (this.ignored.get(key) ?? 0) + 1);
      this.logger.debug({ command: command.type, reason: result.ignored }, 'command ignored');
    }
    if (result.events.length > 0) this.publish(this.log.append(result.events));
    this.schedule();
    return result;
  }

  /** Facts that are not routing (recordings, process starts): appended and published in the same order. */
  record(...drafts: Parameters<EventLogPort['append']>[0]): void {
    this.publish(this.log.append(drafts));
  }

  /** Commands that changed nothing, by kind and reason: networks race, and here it is counted. */
  ignoredCounts(): ReadonlyMap<string, number> {
    return this.ignored;
  }

  /** Gives routing a turn: whatever is due is done now. True when nothing that is due is left over. */
  takesItsTurn(): boolean {
    this.run({ type: 'tick' });
    return (this.acd.nextDeadline() ?? Infinity) > this.clock.now() - lateMs;
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
  }

  private publish(events: HearthlineEvent[]): void {
    this.backlog.push(events);
    if (this.isPublishing) return;
    this.isPublishing = true;
    try {
      for (let batch = this.backlog.shift(); batch; batch = this.backlog.shift()) {
        for (const event of batch) for (const listener of this.listeners) this.guarded(listener, event);
        for (const listener of this.batchListeners) listener(batch);
      }
    } finally {
      this.isPublishing = false;
    }
  }

  /** One listener's fault must not cost the others the event. */
  private guarded(listener: EventListener, event: HearthlineEvent): void {
    try {
      listener(event);
    } catch (error) {
      this.logger.error({ err: error, type: event.type, seq: event.seq }, 'an event could not be acted on');
    }
  }

  /** One timer for the whole engine; it is moved only when the next deadline comes nearer or has passed. */
  schedule(): void {
    if (this.isStopped) return;
    const due = this.acd.nextDeadline() ?? Infinity;
    if (due === this.timerAt) return;
    clearTimeout(this.timer);
    this.timerAt = due;
    if (due === Infinity) return;
    const wait = Math.min(Math.max(0, due - this.clock.now()), 2_000_000_000);
    this.timer = setTimeout(() => {
      this.timerAt = Infinity;
      this.run({ type: 'tick' });
    }, wait);
  }
}
