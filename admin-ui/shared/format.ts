/**
 * Numbers, shares, durations and instants as each language writes them. Durations are digits with colons
 * everywhere (1:05, 1:02:03): read at six metres, a unit word costs more than it tells.
 * Formatters are made once per language and zone: making one costs more than using it a thousand times.
 */
import type { Language } from './words.ts';

export interface Formats {
  language: Language;
  number: (value: number) => string;
  /** One digit after the point. */
  tenth: (value: number) => string;
  /** 0..1 -> "87 %"; never rounds up to a full 100 % while something is missing. */
  percent: (share: number) => string;
  /** Whole seconds, cut, never negative. */
  duration: (ms: number) => string;
  bytes: (value: number) => string;
  time: (at: number) => string;
  shortTime: (at: number) => string;
  date: (at: number) => string;
  dateTime: (at: number) => string;
  longDate: (at: number) => string;
  /** Mon, 05/03, March 2026. */
  weekday: (at: number) => string;
  dayMonth: (at: number) => string;
  monthYear: (at: number) => string;
  /** The zone as the language abbreviates it at that instant: CET, GMT+3. */
  zoneName: (at: number) => string;
}

const two = (value: number) => String(value).padStart(2, '0');

export function formatDuration(ms: number): string {
  const total = Math.max(0, Math.floor(ms / 1000));
  const hours = Math.floor(total / 3600);
  const minutes = Math.floor(total / 60) % 60;
  const seconds = two(total % 60);
  return hours > 0 ? `${hours}:${two(minutes)}:${seconds}` : `${minutes}:${seconds}`;
}

/** English in Europe writes 24 hours and day before month; the product's screens all do. */
const locales: Record<Language, string> = { en: 'en-GB', ru: 'ru-RU', it: 'it-IT' };

function zoneOrUtc(timeZone: string | undefined): string | undefined {
  if (timeZone === undefined) return undefined;
  try {
    new Intl.DateTimeFormat('en', { timeZone });
    return timeZone;
  } catch {
    return 'UTC';
  }
}

const byteUnits = ['B', 'kB', 'MB', 'GB', 'TB'];

function makeBytes(locale: string): (value: number) => string {
  const whole = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const tenth = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  return (value) => {
    let rest = value;
    let unit = 0;
    while (rest >= 1000 && unit < byteUnits.length - 1) {
      rest /= 1000;
      unit += 1;
    }
    return `${(unit === 0 || rest >= 100 ? whole : tenth).format(rest)}\u00a0${byteUnits[unit] ?? ''}`;
  };
}

function makeFormats(language: Language, zone: string | undefined): Formats {
  const locale = locales[language];
  const timeZone = zoneOrUtc(zone);
  const at = (options: Intl.DateTimeFormatOptions) => {
    const format = new Intl.DateTimeFormat(locale, {
      ...options,
      ...(timeZone === undefined ? {} : { timeZone }),
    });
    return (instant: number) => format.format(instant);
  };
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });
  const tenth = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const hms = { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' } as const;
  const dmy = { day: '2-digit', month: '2-digit', year: 'numeric' } as const;
  return {
    language,
    // A narrow space between thousands: a wide one makes two figures of one across a hall.
    number: (value) => number.format(value).replace(/\u00a0/g, '\u202f'),
    tenth: (value) => tenth.format(value).replace(/\u00a0/g, '\u202f'),
    percent: (share) => {
      const whole = share >= 1 ? 100 : Math.min(99, Math.round(share * 100));
      return language === 'ru' ? `${number.format(whole)}\u00a0%` : `${number.format(whole)}%`;
    },
    duration: formatDuration,
    bytes: makeBytes(locale),
    time: at(hms),
    shortTime: at({ hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }),
    date: at(dmy),
    dateTime: at({ ...dmy, ...hms }),
    weekday: at({ weekday: 'short' }),
    dayMonth: at({ day: '2-digit', month: '2-digit' }),
    monthYear: at({ month: 'long', year: 'numeric' }),
    longDate: at({ weekday: 'long', day: 'numeric', month: 'long' }),
    zoneName: makeZoneName(locale, timeZone),
  };
}

function makeZoneName(locale: string, timeZone: string | undefined): (at: number) => string {
  const format = new Intl.DateTimeFormat(locale, {
    timeZoneName: 'short',
    ...(timeZone === undefined ? {} : { timeZone }),
  });
  return (instant) => format.formatToParts(instant).find((part) => part.type === 'timeZoneName')?.value ?? '';
}

const made = new Map<string, Formats>();

/** `timeZone` absent: the reader's own. An unknown zone is shown in UTC rather than not at all. */
export function formatsFor(language: Language, timeZone?: string): Formats {
  const key = `${language} ${timeZone ?? ''}`;
  let formats = made.get(key);
  if (!formats) {
    formats = makeFormats(language, timeZone);
    made.set(key, formats);
  }
  return formats;
}
