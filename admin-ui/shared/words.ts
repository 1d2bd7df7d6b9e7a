/**
 * Words in several languages, without a framework. A dictionary is one plain object per language; the
 * English one names the keys, the others are typed `Words<typeof en>`, so that a missing or a surplus
 * key is a type error and not a hole on a screen (decision: typecheck, not run time).
 * Not here: numbers, times and durations (format.ts).
 */
import type { Language } from '../../server/contract/site.ts';

export type { Language };
export const languageList = ['en', 'ru', 'it'] as const satisfies readonly Language[];
/** Each language in its own name: a reader lost in the wrong one must recognise it. */
export const languageNames: Record<Language, string> = { en: 'English', ru: 'Русский', it: 'Italiano' };

/** Forms by CLDR plural category; `#` stands for the number. Russian needs few and many. */
export interface Plural {
  one: string;
  few?: string;
  many?: string;
  other: string;
}
/** The shape that every other language must fill, taken from the English dictionary. */
export type Words<T> = { readonly [K in keyof T]: T[K] extends string ? string : Plural };

export const isLanguage = (value: unknown): value is Language =>
  languageList.some((language) => language === value);

/** First that we speak: an explicit wish, then settings, then the browser's list, then English. */
export function chooseLanguage(wishes: readonly (string | null | undefined)[]): Language {
  for (const wish of wishes) {
    const short = wish?.toLowerCase().split(/[-_]/)[0];
    if (isLanguage(short)) return short;
  }
  return 'en';
}

/** Puts values into `{name}` places; an unknown place stays visible, so that a test sees it. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, key: string) => {
    const value = values[key];
    return value === undefined ? whole : String(value);
  });
}

const rules = new Map<Language, Intl.PluralRules>();

export function plural(language: Language, forms: Plural, count: number, shown = String(count)): string {
  let rule = rules.get(language);
  if (!rule) {
    rule = new Intl.PluralRules(language);
    rules.set(language, rule);
  }
  const category = rule.select(count);
  const form =
    category === 'one'
      ? forms.one
      : category === 'few'
        ? forms.few
        : category === 'many'
          ? forms.many
          : forms.other;
  return (form ?? forms.other).replace('#', shown);
}
