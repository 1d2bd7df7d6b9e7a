/** Until when callers are told of maintenance, in words: with the day where that is not today's. */
import type { Formats } from './format.ts';
import { fill, type Language } from './words.ts';

export interface MaintenanceWords {
  /** `{time}`: 23:30 */
  maintenanceUntil: string;
  /** `{day}`: 24/11; `{time}` */
  maintenanceUntilDay: string;
}

/** Of every page that says it. */
export const maintenanceWords: Record<Language, MaintenanceWords> = {
  en: {
    maintenanceUntil: 'Maintenance until {time}',
    maintenanceUntilDay: 'Maintenance until {day}, {time}',
  },
  ru: {
    maintenanceUntil: 'Технические работы до {time}',
    maintenanceUntilDay: 'Технические работы до {day}, {time}',
  },
  it: {
    maintenanceUntil: 'Manutenzione fino alle {time}',
    maintenanceUntilDay: 'Manutenzione fino al {day}, {time}',
  },
};

/** `until` and `now` in ms. */
export function maintenanceText(
  words: MaintenanceWords,
  { date, dayMonth, shortTime }: Formats,
  until: number,
  now: number,
): string {
  const time = shortTime(until);
  return date(until) === date(now)
    ? fill(words.maintenanceUntil, { time })
    : fill(words.maintenanceUntilDay, { day: dayMonth(until), time });
}
