/** What every view needs to speak to its reader: the words of one language, its numbers and times, and the way to the server. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { plural, type Language, type Plural, type Words } from '../shared/words.ts';
import type { ChatApi } from './chat-api.ts';
import { en } from './words/en.ts';
import { it } from './words/it.ts';
import { ru } from './words/ru.ts';

export type WidgetWords = Words<typeof en>;
export const dictionaries: Record<Language, WidgetWords> = { en, ru, it };

/** Of what admin-ui/shared/format.ts knows only these three: the rest would be dead weight on the bank's pages. */
export interface Formats {
  /** Hours and minutes. */
  time: (at: number) => string;
  dateTime: (at: number) => string;
  bytes: (value: number) => string;
}

/** English in Europe writes 24 hours and day before month. */
const locales: Record<Language, string> = { en: 'en-GB', ru: 'ru-RU', it: 'it-IT' };

function formatsOf(language: Language): Formats {
  const locale = locales[language];
  const clock = { hour: '2-digit', minute: '2-digit' } as const;
  const time = new Intl.DateTimeFormat(locale, clock);
  const dateTime = new Intl.DateTimeFormat(locale, {
    day: 'numeric',
    month: 'long',
    year: 'numeric',
    ...clock,
  });
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 });
  return {
    time: (at) => time.format(at),
    dateTime: (at) => dateTime.format(at),
    bytes: (value) =>
      value < 1e6
        ? `${number.format(Math.ceil(value / 1e3))}\u00a0kB`
        : `${number.format(value / 1e6)}\u00a0MB`,
  };
}

export interface Reading {
  language: Language;
  words: WidgetWords;
  formats: Formats;
  count: (forms: Plural, value: number) => string;
  api: ChatApi;
}

export const readingOf = (language: Language, api: ChatApi): Reading => ({
  language,
  words: dictionaries[language],
  formats: formatsOf(language),
  count: (forms, value) => plural(language, forms, value),
  api,
});

export const ReadingContext = createContext<Reading | undefined>(undefined);

export function useReading(): Reading {
  const reading = useContext(ReadingContext);
  if (!reading) throw new Error('a view stands outside its reading');
  return reading;
}
