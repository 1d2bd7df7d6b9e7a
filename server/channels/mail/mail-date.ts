/**
 * The Date of a mail as ms UTC (RFC 5322 §3.3, with the obsolete zones and two-digit years of §4.3), undefined when it
 * is none: then the time of arrival counts. Not `Date.parse`, which takes `garbage 1` for a day in 2001 and a date
 * without a zone for one in the zone of this machine.
 */
const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const zones = new Map<string, number>([
  ['ut', 0],
  ['utc', 0],
  ['gmt', 0],
  ['z', 0],
  ['est', -300],
  ['edt', -240],
  ['cst', -360],
  ['cdt', -300],
  ['mst', -420],
  ['mdt', -360],
  ['pst', -480],
  ['pdt', -420],
]);
const pattern =
  /^(?:[a-z]{3,9},?\s{1,9})?(\d{1,2})[\s-]{1,9}([a-z]{3})[a-z]{0,6}[\s-]{1,9}(\d{2,4})\s{1,9}(\d{1,2}):(\d{2})(?::(\d{2}))?(?:\.\d{1,9})?(?:\s{0,9}([+-]\d{4}|[a-z]{1,4}))?(?:\s|$)/i;

function yearOf(digits: string): number {
  const year = Number(digits);
  if (digits.length === 4) return year;
  // RFC 5322 §4.3: 00 to 49 are of this century, and a year of three digits counts from 1900.
  return digits.length === 2 && year < 50 ? 2000 + year : 1900 + year;
}

function zoneMinutes(zone: string | undefined): number {
  if (zone === undefined) return 0;
  if (!/^[+-]/.test(zone)) return zones.get(zone.toLowerCase()) ?? 0;
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(3));
  return zone.startsWith('-') ? -minutes : minutes;
}

export function sentAtOf(value: string): number | undefined {
  const bare = value
    .slice(0, 200)
    .replace(/\([^()]*\)/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
  const [, day = '', month = '', year = '', hour = '', minute = '', second = '0', zone] =
    pattern.exec(bare) ?? [];
  const monthIndex = months.indexOf(month.toLowerCase());
  if (monthIndex < 0 || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 60) return undefined;
  const atMidnight = Date.UTC(yearOf(year), monthIndex, Number(day));
  // 31 February is no date; Date.UTC would make one in March of it.
  if (new Date(atMidnight).getUTCMonth() !== monthIndex) return undefined;
  const seconds = Number(hour) * 3600 + (Number(minute) - zoneMinutes(zone)) * 60 + Number(second);
  const at = atMidnight + seconds * 1000;
  return at >= 0 && yearOf(year) < 2200 ? at : undefined;
}
