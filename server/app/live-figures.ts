/**
 * The live figures: the fold of the log that every screen shows, kept beside the routing state so that both are
 * saved and recovered together. Rolls to a new day at local midnight, by the time of the event, so that a replay
 * after a restart counts the same.
 */
import { DateTime } from 'luxon';
import type { HearthlineEvent } from '../contract/events.ts';
import type { BoardState, FloorState } from '../contract/live.ts';
import type { Site } from '../contract/site.ts';
import { createLiveStats, type LiveStats, type StatsSite } from '../stats/live-state.ts';

export class LiveFigures {
  private readonly stats: LiveStats;
  private zone: string;
  private nextDay: number;
  private eventAt_ = 0;

  constructor(site: StatsSite, now: number, snapshot?: unknown) {
    this.zone = site.timeZone;
    this.stats = createLiveStats(site, snapshot);
    const start = dayStartOf(now, this.zone);
    if (snapshot === undefined) this.stats.rollDay(start);
    this.nextDay = nextDayOf(snapshot === undefined ? now : this.stats.board(now).dayStart, this.zone);
  }

  apply(event: HearthlineEvent): void {
    this.rollTo(event.at);
    this.stats.apply(event);
    this.eventAt_ = event.at;
  }

  /** In another zone the day in hand goes on, to that zone's next midnight. */
  setSite(site: Site, now: number): void {
    if (site.site.timeZone !== this.zone) {
      this.zone = site.site.timeZone;
      this.nextDay = nextDayOf(now, this.zone);
    }
    this.stats.setSite(toStatsSite(site));
  }

  eventAt(): number {
    return this.eventAt_;
  }

  board(now: number): BoardState {
    this.rollTo(now);
    return this.stats.board(now);
  }

  floor(now: number): FloorState {
    this.rollTo(now);
    return this.stats.floor(now);
  }

  toSnapshot(): unknown {
    return this.stats.toSnapshot();
  }

  private rollTo(at: number): void {
    if (at < this.nextDay) return;
    this.stats.rollDay(dayStartOf(at, this.zone));
    this.nextDay = nextDayOf(at, this.zone);
  }
}

const dayStartOf = (at: number, zone: string) => DateTime.fromMillis(at, { zone }).startOf('day').toMillis();
/** Where the clock skips midnight a day begins at one, and the next all the same at midnight. */
const nextDayOf = (at: number, zone: string) =>
  DateTime.fromMillis(at, { zone }).plus({ days: 1 }).startOf('day').toMillis();

export function toStatsSite(site: Site): StatsSite {
  return {
    name: site.site.name,
    timeZone: site.site.timeZone,
    language: site.site.language,
    queues: site.queues.map((q) => ({
      id: q.id,
      name: q.name,
      targetPercent: q.serviceLevel.percent,
      targetMs: q.serviceLevel.withinSec * 1000,
      shortAbandonMs: q.shortAbandonSec * 1000,
    })),
    agents: site.agents.map((a) => ({ id: a.id, name: a.name, queueIds: a.queues })),
    phones: site.phones.map((p) => p.id),
  };
}
