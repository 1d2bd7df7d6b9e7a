/**
 * What a figure, window, scope or attribution is called in a language, for boards, their editor, alerts and reports. Every
 * page asks here, so that one thing never has two names. Takes no part in computing: that is server/stats.
 */
import type { Attribution, FigureName, ScopeKind, WindowName } from '../../server/contract/figure-facts.ts';
import type { Language } from './words.ts';
import { figuresEn, type FigureWords } from './words/figures.en.ts';
import { figuresIt } from './words/figures.it.ts';
import { figuresRu } from './words/figures.ru.ts';

const dictionaries: Record<Language, FigureWords> = { en: figuresEn, ru: figuresRu, it: figuresIt };

/** `long`: with its variant; `plain`: without; `short`: for the head of a column, 10 characters at most. */
export type NameForm = 'long' | 'plain' | 'short';

export function figureName(language: Language, name: FigureName, form: NameForm = 'long'): string {
  const words = dictionaries[language].figures[name];
  if (form === 'short') return words.short;
  return form === 'plain' || words.variant === undefined ? words.name : `${words.name}, ${words.variant}`;
}

/** Which of several formulas it is; undefined where there is one only. */
export function figureVariant(language: Language, name: FigureName): string | undefined {
  return dictionaries[language].figures[name].variant;
}

export function windowName(language: Language, name: WindowName, form: 'long' | 'short' = 'long'): string {
  const words = dictionaries[language].windows[name];
  return form === 'short' ? words.short : words.name;
}
/** Of a figure that says how things stand. */
export const nowName = (language: Language): string => dictionaries[language].now;

export function scopeKindName(language: Language, kind: ScopeKind, isMany = false): string {
  const words = dictionaries[language].scopeKinds[kind];
  return isMany ? words.many : words.one;
}

export function attributionName(
  language: Language,
  attribution: Attribution,
  form: 'long' | 'short' = 'long',
): string {
  const words = dictionaries[language].attributions[attribution];
  return form === 'short' ? words.short : words.name;
}
