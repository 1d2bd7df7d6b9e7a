/** The site in force, indexed for the questions that calls ask. Replaced as a whole when another comes into force. */
import { wishesOf } from '../config/acd-site.ts';
import type { StoredSite } from './ports.ts';
import type { Language, Site, SiteAgent, SiteCaller, SiteNumber, SiteQueue } from '../contract/site.ts';
import { HoursCalendar, isOpen, openMsBetween } from '../config/hours.ts';
import { readAhead } from '../config/hours-ical.ts';

export class ActiveSite {
  private current: Site | undefined;
  private version_ = 0;
  private yaml_ = '';
  private numbers = new Map<string, SiteNumber>();
  private queues = new Map<string, SiteQueue>();
  /** By number, or by its beginning and a star. */
  private callers = new Map<string, SiteCaller>();
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
    this.callers = new Map(site.callers.map((c) => [c.from, c]));
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

  /** What a call brings along: of who calls first (the longest beginning that fits), then of the number dialled. */
  wishesOf(dialled: string, from: string): ReturnType<typeof wishesOf> {
    const number = this.numbers.get(dialled);
    if (!number) return {};
    return wishesOf(number, this.caller(from));
  }

  private caller(from: string): SiteCaller | undefined {
    for (let length = from.length; length >= 0; length--) {
      const start = from.slice(0, length);
      const found = (length === from.length && this.callers.get(from)) || this.callers.get(`${start}*`);
      if (found) return found;
    }
    return undefined;
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

  /** Of [from, to), ms: what lies in the business hours of the queue; all of it where it has none. */
  businessMs(queueId: string, from: number, to: number): number {
    const hoursId = this.site.queues.find(({ id }) => id === queueId)?.businessHours;
    const calendar = hoursId === undefined ? undefined : this.calendars.get(hoursId);
    return calendar ? openMsBetween(calendar, from, to) : Math.max(0, to - from);
  }

  isOpen(hoursId: string, at: number): boolean {
    const calendar = this.calendars.get(hoursId);
    return calendar === undefined || isOpen(calendar, at);
  }
}
