/** The site in force, indexed for the questions that calls ask. Replaced as a whole when another comes into force. */
import type { AcdSite, WrapUp } from '../acd/types.ts';
import type { StoredSite } from './ports.ts';
import type { Language, Site, SiteAgent, SiteNumber, SiteQueue } from '../contract/site.ts';
import { HoursCalendar, isOpen } from '../config/hours.ts';
import { readAhead } from '../config/hours-ical.ts';

export class ActiveSite {
  private current: Site | undefined;
  private version_ = 0;
  private yaml_ = '';
  private numbers = new Map<string, SiteNumber>();
  private queues = new Map<string, SiteQueue>();
  private agents = new Map<string, SiteAgent>();
  private phoneLanguages = new Map<string, Language>();
  private reasons = new Map<string, string>();
  private calendars = new Map<string, HoursCalendar>();

  replace({ site, version, yaml }: StoredSite): void {
    this.current = site;
    this.version_ = version;
    this.yaml_ = yaml;
    this.numbers = new Map(site.numbers.map((n) => [n.number, n]));
    this.queues = new Map(site.queues.map((q) => [q.id, q]));
    this.agents = new Map(site.agents.map((a) => [a.id, a]));
    this.phoneLanguages = new Map(
      site.phones.flatMap((p) => (p.language ? [[p.id, p.language] as const] : [])),
    );
    this.reasons = new Map(site.notReadyReasons.map((r) => [r.code, r.id]));
    const holidays = site.holidayCalendars ?? [];
    this.calendars = new Map(
      site.hours.map((h) => [h.id, new HoursCalendar(h, site.site.timeZone, holidays)]),
    );
    void readAhead(holidays, () => new Promise((resolve) => setImmediate(resolve)));
  }

  get site(): Site {
    if (!this.current) throw new Error('no site is in force yet');
    return this.current;
  }

  get isSet(): boolean {
    return this.current !== undefined;
  }

  get version(): number {
    return this.version_;
  }

  /** Its text, with secrets hashed. */
  get yaml(): string {
    return this.yaml_;
  }

  get language(): Language {
    return this.site.site.language;
  }

  number(dialled: string): SiteNumber | undefined {
    return this.numbers.get(dialled);
  }

  queue(queueId: string): SiteQueue | undefined {
    return this.queues.get(queueId);
  }

  agent(agentId: string): SiteAgent | undefined {
    return this.agents.get(agentId);
  }

  agentIds(): Iterable<string> {
    return this.agents.keys();
  }

  /** By the code dialled after *13. */
  reasonByCode(code: string): string | undefined {
    return this.reasons.get(code);
  }

  phoneLanguage(phoneId: string): Language {
    return this.phoneLanguages.get(phoneId) ?? this.language;
  }

  hoursCalendar(hoursId: string): HoursCalendar | undefined {
    return this.calendars.get(hoursId);
  }

  isOpen(hoursId: string, at: number): boolean {
    const calendar = this.calendars.get(hoursId);
    return calendar === undefined || isOpen(calendar, at);
  }
}

const wrapUpOf = (wrapUp: SiteAgent['wrapUp']): WrapUp =>
  wrapUp.mode === 'timed' ? { mode: 'timed', ms: wrapUp.sec * 1000 } : { mode: wrapUp.mode };

/** The part of a site that routing needs. */
export function toAcdSite(site: Site, version: number): AcdSite {
  return {
    version,
    queues: site.queues.map((q) => ({
      id: q.id,
      strategy: q.strategy,
      ringMs: q.ringSec * 1000,
      maxWaitMs: q.maxWaitSec * 1000,
      maxLength: q.maxLength,
      overflowTarget: q.overflowMessage,
      targetMs: q.serviceLevel.withinSec * 1000,
      shortAbandonMs: q.shortAbandonSec * 1000,
      announceEveryMs: q.announcePositionEverySec * 1000,
    })),
    agents: site.agents.map((a) => ({
      id: a.id,
      queueIds: a.queues,
      wrapUp: wrapUpOf(a.wrapUp),
      ...(a.phone && { phoneId: a.phone }),
    })),
    phoneIds: site.phones.map((p) => p.id),
  };
}
