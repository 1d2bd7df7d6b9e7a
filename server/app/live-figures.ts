/**
 * The live figures: the fold of the log that every screen shows, kept beside the routing state so that both are
 * saved and recovered together. Rolls to a new day at local midnight, and to a new shift, by the time of the event, so that a
 * replay after a restart counts the same.
 */
import type { HearthlineEvent } from '../contract/events.ts';
import type { BoardState, FloorState } from '../contract/live.ts';
import type { Site } from '../contract/site.ts';
import type { ClosedDay } from '../stats/figure-cube.ts';
import type { FigureSource } from '../stats/figure-source.ts';
import { createLiveStats, type LiveStats, type StatsSite } from '../stats/live-state.ts';
import { dayStartOf, nextDayOf, type Shift, shiftAt } from './site-calendar.ts';

export class LiveFigures {
  private readonly stats: LiveStats;
  private zone: string;
  private shifts: readonly Shift[];
  private nextDay: number;
  /** When the shift in hand ends or the next begins. */
  private nextShift = 0;
  private eventAt_ = 0;

  constructor(site: StatsSite, shifts: readonly Shift[], now: number, snapshot?: unknown) {
    this.zone = site.timeZone;
    this.shifts = shifts;
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
    this.shifts = site.shifts;
    this.nextShift = 0;
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

  /** Boards and alerts ask by name. */
  get figures(): FigureSource {
    return this.stats.figures;
  }

  lastDay(): ClosedDay | undefined {
    return this.stats.lastDay();
  }

  toSnapshot(): unknown {
    return this.stats.toSnapshot();
  }

  /** What comes before either edge is counted before it. */
  rollTo(at: number): void {
    if (at >= this.nextDay) {
      this.stats.rollDay(dayStartOf(at, this.zone));
      this.nextDay = nextDayOf(at, this.zone);
    }
    if (at >= this.nextShift) {
      const { from, until } = shiftAt(this.shifts, at, this.zone);
      this.stats.rollShift(from);
      this.nextShift = until;
    }
  }
}

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
    agents: site.agents.map((a) => ({
      id: a.id,
      name: a.name,
      queueIds: a.queues,
      ...(a.team !== undefined && { teamId: a.team }),
    })),
    phones: site.phones.map((p) => p.id),
    trunks: site.trunks.map((t) => ({ id: t.id, maxCalls: t.maxCalls })),
  };
}
