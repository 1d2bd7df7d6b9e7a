/** The language of one reader as a signal; words and formats follow. Order: `?lang=`, own choice, browser. */
import { computed, signal, type ReadonlySignal, type Signal } from '@preact/signals';
import { formatsFor, type Formats } from './format.ts';
import { chooseLanguage, type Language } from './words.ts';

export interface Reading<W> {
  language: Signal<Language>;
  words: ReadonlySignal<W>;
  formats: ReadonlySignal<Formats>;
  /** Once, before the first view. */
  settleLanguage: () => void;
  setLanguage: (next: Language) => void;
}

export function createReading<W>(dictionaries: Record<Language, W>, storageKey: string): Reading<W> {
  const language = signal<Language>('en');
  return {
    language,
    words: computed(() => dictionaries[language.value]),
    formats: computed(() => formatsFor(language.value)),
    settleLanguage: () => {
      let own: string | null = null;
      try {
        own = window.localStorage.getItem(storageKey);
      } catch {
        // Storage is refused: the browser's language stands.
      }
      const asked = new URLSearchParams(window.location.search).get('lang');
      language.value = chooseLanguage([asked, own, ...navigator.languages]);
      document.documentElement.lang = language.value;
    },
    setLanguage: (next) => {
      language.value = next;
      document.documentElement.lang = next;
      try {
        window.localStorage.setItem(storageKey, next);
      } catch {
        // Kept for this page's life only.
      }
    },
  };
}
