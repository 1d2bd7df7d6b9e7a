/** What callers hear of maintenance where the administrator gives no words. Pure. */
import type { Language } from '../contract/site.ts';

const words: Readonly<Record<Language, (time: string) => string>> = {
  en: (time) => `We are doing maintenance until ${time}. You may have to wait longer than usual.`,
  it: (time) =>
    `Sono in corso lavori di manutenzione fino alle ${time}. L'attesa può essere più lunga del solito.`,
  ru: (time) => `До ${time} у нас проводятся технические работы. Ожидание может быть дольше обычного.`,
};

export function maintenanceText(language: Language, untilMs: number, timeZone: string): string {
  const format = new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit' });
  return words[language](format.format(untilMs));
}
