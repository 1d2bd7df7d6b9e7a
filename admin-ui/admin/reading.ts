/** The console's words, in the language of this reader. */
import { createReading } from '../shared/reading.ts';
import type { Words } from '../shared/words.ts';
import { en } from './words/en.ts';
import { it } from './words/it.ts';
import { ru } from './words/ru.ts';

export type ConsoleWords = Words<typeof en>;
/** Keys whose entry is a plain text, not a plural. */
export type TextKey = {
  [K in keyof ConsoleWords]: ConsoleWords[K] extends string ? K : never;
}[keyof ConsoleWords];

export const reading = createReading<ConsoleWords>({ en, ru, it }, 'hearthline-console-language');
export const { language, words, formats, settleLanguage, setLanguage } = reading;
