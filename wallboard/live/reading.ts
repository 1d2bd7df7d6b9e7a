/**
 * The language of this display as one signal, and what follows from it: words and formats. Order of
 * wishes: `?lang=`, a switch made on this screen, the display's own setting, the browser. Storage may be
 * refused by a locked-down television, and then only the switch's memory is lost.
 */
import { computed, signal } from '@preact/signals';
import { formatsFor } from '../../admin-ui/shared/format.ts';
import { chooseLanguage, languageList, type Language, type Words } from '../../admin-ui/shared/words.ts';
import { en } from '../words/en.ts';
import { it } from '../words/it.ts';
import { ru } from '../words/ru.ts';

export type WallWords = Words<typeof en>;
/** Keys whose entry is a plain text, not a plural. */
export type TextKey = { [K in keyof WallWords]: WallWords[K] extends string ? K : never }[keyof WallWords];
const dictionaries: Record<Language, WallWords> = { en, ru, it };
const storageKey = 'hearthline-wallboard-language';

export const language = signal<Language>('en');
export const timeZone = signal<string | undefined>(undefined);
export const words = computed<WallWords>(() => dictionaries[language.value]);
export const formats = computed(() => formatsFor(language.value, timeZone.value));

function remembered(): string | null {
  try {
    return window.localStorage.getItem(storageKey);
  } catch {
    return null;
  }
}

export function settleLanguage(displayLanguage?: Language): void {
  const query = new URLSearchParams(window.location.search);
  language.value = chooseLanguage([query.get('lang'), remembered(), displayLanguage, ...navigator.languages]);
  document.documentElement.lang = language.value;
}

export function switchLanguage(): void {
  const index = languageList.indexOf(language.value);
  language.value = languageList[(index + 1) % languageList.length] ?? 'en';
  document.documentElement.lang = language.value;
  try {
    window.localStorage.setItem(storageKey, language.value);
  } catch {
    // Kept for this page's life only.
  }
}

/** The display's own setting, given in the console: it counts over what this screen remembers, not over its address. */
export function followDisplay(displayLanguage: Language | undefined): void {
  const asked = new URLSearchParams(window.location.search).get('lang');
  if (displayLanguage !== undefined && asked === null) showLanguage(displayLanguage);
}

export function showLanguage(next: Language): void {
  language.value = next;
  document.documentElement.lang = next;
}
