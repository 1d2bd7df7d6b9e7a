/** The language of this reader as one signal; words and formats follow. Order: `?lang=`, own choice, browser. */
import { computed, signal } from '@preact/signals';
import { formatsFor } from '../shared/format.ts';
import { chooseLanguage, type Language, type Words } from '../shared/words.ts';
import { en } from './words/en.ts';
import { it } from './words/it.ts';
import { ru } from './words/ru.ts';

export type ConsoleWords = Words<typeof en>;
/** Keys whose entry is a plain text, not a plural. */
export type TextKey = {
  [K in keyof ConsoleWords]: ConsoleWords[K] extends string ? K : never;
}[keyof ConsoleWords];
const dictionaries: Record<Language, ConsoleWords> = { en, ru, it };
const storageKey = 'hearthline-console-language';

export const language = signal<Language>('en');
export const words = computed<ConsoleWords>(() => dictionaries[language.value]);
export const formats = computed(() => formatsFor(language.value));

export function settleLanguage(): void {
  let own: string | null = null;
  try {
    own = window.localStorage.getItem(storageKey);
  } catch {
    // Storage is refused: the browser's language stands.
  }
  const asked = new URLSearchParams(window.location.search).get('lang');
  language.value = chooseLanguage([asked, own, ...navigator.languages]);
  document.documentElement.lang = language.value;
}

export function setLanguage(next: Language): void {
  language.value = next;
  document.documentElement.lang = next;
  try {
    window.localStorage.setItem(storageKey, next);
  } catch {
    // Kept for this page's life only.
  }
}
