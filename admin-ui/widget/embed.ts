/**
 * What the bank's page says about the widget: the attributes of the script's own tag, and where the script came from. The
 * origin of the script is the appliance; nothing else on the page can name another.
 */
import { chooseLanguage, type Language } from '../shared/words.ts';

export interface Embedding {
  kind: 'chat' | 'form';
  /** The widget's or the form's id in the site file. */
  id: string;
  base: string;
  language: Language;
  /** Overrides what the appliance says. */
  theme: 'light' | 'dark' | 'auto' | undefined;
  colour: string | undefined;
}

const themes = ['light', 'dark', 'auto'] as const;

export function readEmbedding(
  script: { src: string; dataset: DOMStringMap },
  languages: readonly (string | undefined)[],
): Embedding | undefined {
  const { widget, form, language, theme, colour } = script.dataset as Record<string, string | undefined>;
  const id = form ?? widget ?? 'web';
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/.test(id) || !/^https?:/.test(script.src)) return undefined;
  return {
    kind: form === undefined ? 'chat' : 'form',
    id,
    base: new URL(script.src).origin,
    language: chooseLanguage([language, ...languages]),
    theme: themes.find((known) => known === theme),
    colour: colour !== undefined && /^#[0-9a-f]{6}$/i.test(colour) ? colour : undefined,
  };
}

/** The address of the page without its query and fragment, which may name the customer. */
export const pageAddress = (): string => `${location.origin}${location.pathname}`.slice(0, 500);
