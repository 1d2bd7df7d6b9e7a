/**
 * Where the file of consents of some days is, both days in it, on the clock of the site; undefined where the last is before
 * the first. Pure; '' is an end left open.
 */
import { instantOf } from './fairness-period.ts';

const dayMs = 86_400_000;
const dayAfter = (day: string): string =>
  new Date(Date.parse(`${day}T00:00Z`) + dayMs).toISOString().slice(0, 10);
const midnight = (day: string, timeZone: string): number => instantOf(`${day}T00:00`, timeZone);

export function consentsPath(first: string, last: string, timeZone: string): string | undefined {
  if (first !== '' && last !== '' && last < first) return undefined;
  const query = new URLSearchParams({
    format: 'csv',
    ...(first !== '' && { from: String(midnight(first, timeZone)) }),
    ...(last !== '' && { to: String(midnight(dayAfter(last), timeZone)) }),
  });
  return `/api/consents?${query.toString()}`;
}
