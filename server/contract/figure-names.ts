/**
 * What a figure, window, scope, channel or attribution is called in a language, for boards, their editor, alerts with their
 * mails, and reports. Everything that names one asks here, so that one thing never has two names. Takes no part in
 * computing: that is server/stats. Imports no validator, since screens read it.
 */
import type { Channel } from './events.ts';
import type { Attribution, FigureName, ScopeKind, WindowName } from './figure-facts.ts';
import { figuresEn, type FigureWords } from './figure-words-en.ts';
import { figuresIt } from './figure-words-it.ts';
import { figuresRu } from './figure-words-ru.ts';
import type { Language } from './site-values.ts';

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

export const channelNames = (language: Language): Readonly<Record<Channel, string>> =>
  dictionaries[language].channels;
/** Of any text: what is no channel of ours stands as it is. */
export const channelName = (language: Language, channel: string): string =>
  Object.entries(channelNames(language)).find(([known]) => known === channel)?.[1] ?? channel;
