/**
 * The live figures: the fold of the log that every screen shows, kept beside the routing state so that both are
 * saved and recovered together. Rolls to a new day at local midnight, and to a new shift, by the time of the event, so that a
 * replay after a restart counts the same.
 */
import type { HearthlineEvent } from '../contract/events.ts';
import type { BoardPart, BoardState, FloorState } from '../contract/live.ts';
import type { Site } from '../contract/site.ts';
import type { ClosedDay } from '../stats/figure-cube.ts';
import type { FigureSource } from '../stats/figure-source.ts';
import { createLiveStats, isStatsSnapshot, type LiveStats, type StatsSite } from '../stats/live-state.ts';
import { dayStartOf, nextDayOf, type Shift, shiftAt } from './site-calendar.ts';

interface LiveFiguresSnapshot {
  stats: unknown;
  nextDay: number;
  nextShift: number;
}

/** False: it was kept by another release. */
export const isLiveSnapshot = (data: unknown): boolean =>
  isStatsSnapshot((data as Partial<LiveFiguresSnapshot> | undefined)?.stats);

export class LiveFigures {
  /** Boards and alerts ask by name; what is asked at an instant is of the day and shift of that instant. */
  readonly figures: FigureSource = {
    figure: (question, now) => this.at(now).figure(question, now),
    figureBefore: (question, now) => this.at(now).figureBefore(question, now),
    counts: (question, now) => this.at(now).counts(question, now),
    window: (window, now) => this.at(now).window(window, now),
  };
  private readonly stats: LiveStats;
  private zone: string;
  private shifts: readonly Shift[];
  private nextDay: number;
  /** When the shift in hand ends or the next begins. */
  private nextShift: number;
  private shiftStart: number | undefined;
  private eventAt_ = 0;

  constructor(site: StatsSite, shifts: readonly Shift[], now: number, snapshot?: unknown) {
    const kept = snapshot as LiveFiguresSnapshot | undefined;
    this.zone = site.timeZone;
    this.shifts = shifts;
    this.stats = createLiveStats(site, kept?.stats);
    if (kept) {
      // The edges that were ahead: the site may have moved to another zone since the day began.
      this.nextDay = kept.nextDay;
      this.nextShift = kept.nextShift;
      this.shiftStart = this.stats.figures.window('shift', now)?.from;
      return;
    }
    this.stats.rollDay(dayStartOf(now, this.zone));
    this.nextDay = nextDayOf(now, this.zone);
    this.nextShift = shiftAt(shifts, now, this.zone).until;
  }

  apply(event: HearthlineEvent): void {
    this.rollTo(event.at);
    this.stats.apply(event);
    this.eventAt_ = event.at;
  }

  /** In another zone the day in hand goes on, to that zone's next midnight; and a shift in hand to its end. */
  setSite(site: Site, now: number): void {
    if (site.site.timeZone !== this.zone) {
      this.zone = site.site.timeZone;
      this.nextDay = nextDayOf(now, this.zone);
    }
    this.shifts = site.shifts;
    if (this.shiftStart === undefined) this.nextShift = shiftAt(this.shifts, now, this.zone).until;
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

  /** What of the board is of these queues and agents alone. */
  boardPart(of: Parameters<LiveStats['boardPart']>[0], now: number): BoardPart {
    this.rollTo(now);
    return this.stats.boardPart(of, now);
  }

  lastDay(): ClosedDay | undefined {
    return this.stats.lastDay();
  }

  toSnapshot(): LiveFiguresSnapshot {
    return { stats: this.stats.toSnapshot(), nextDay: this.nextDay, nextShift: this.nextShift };
  }

  private at(now: number): FigureSource {
    this.rollTo(now);
    return this.stats.figures;
  }

  /** What comes before either edge is counted before it. */
  rollTo(at: number): void {
    if (at >= this.nextDay) {
      this.stats.rollDay(dayStartOf(at, this.zone));
      this.nextDay = nextDayOf(at, this.zone);
    }
    if (at >= this.nextShift) {
      const { from, until } = shiftAt(this.shifts, at, this.zone);
      // One that began before this edge and was not in hand has been counted by nobody.
      const isWhole = from !== undefined && (from >= this.nextShift || from === this.shiftStart);
      this.shiftStart = isWhole ? from : undefined;
      this.stats.rollShift(this.shiftStart);
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
