/**
 * Where each prompt's sound is: the built-in ones rendered at the first start, the site's own rendered when a site
 * comes into force, or files that the bank recorded itself. A prompt missing in one language falls back to the
 * site's language, then to any: a caller hears something rather than nothing.
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import type { PromptPort } from '../app/ports.ts';
import { soundPrompts } from './prompt-catalogue.ts';
import { languages, type Language, type Site, type SitePrompt } from '../contract/site.ts';
import { AppError } from '../lib/app-error.ts';

export type RenderText = (text: string, language: Language, file: string) => Promise<unknown>;

export class PromptFiles implements PromptPort {
  private readonly dir: string;
  private readonly render: RenderText;
  private own = new Map<string, Map<Language, string>>();
  private fallback: Language = 'en';

  constructor(dir: string, render: RenderText) {
    this.dir = dir;
    this.render = render;
  }

  file(promptId: string, language: Language): string {
    const own = this.own.get(promptId);
    if (own) return own.get(language) ?? own.get(this.fallback) ?? [...own.values()][0]!;
    if (soundPrompts.some((id) => id === promptId)) return join(this.dir, `${promptId}.wav`);
    return join(this.dir, language, `${promptId}.wav`);
  }

  /**
   * Throws at the first that cannot be had, or, with `onFault`, goes on without it: an import is refused, but a
   * start with a file gone missing must not keep every caller out.
   */
  async prepare(site: Site, onFault?: (error: unknown) => void): Promise<void> {
    const own = new Map<string, Map<Language, string>>();
    for (const prompt of site.prompts) {
      const files = await this.prepareOne(prompt, onFault);
      if (files.size > 0) own.set(prompt.id, files);
    }
    this.own = own;
    this.fallback = site.site.language;
  }

  private async prepareOne(
    prompt: SitePrompt,
    onFault?: (error: unknown) => void,
  ): Promise<Map<Language, string>> {
    const files = new Map<Language, string>();
    for (const language of languages) {
      try {
        const file = await this.prepareFile(prompt, language);
        if (file !== undefined) files.set(language, file);
      } catch (error) {
        if (!onFault) throw error;
        onFault(error);
      }
    }
    return files;
  }

  private async prepareFile(prompt: SitePrompt, language: Language): Promise<string | undefined> {
    const recorded = prompt.file?.[language];
    const text = prompt.text?.[language];
    if (recorded) {
      const file = join(this.dir, 'custom', recorded);
      await access(file).catch(() => {
        throw new AppError(
          'site-invalid',
          422,
          `prompt "${prompt.id}": there is no file prompts/custom/${recorded}`,
        );
      });
      return file;
    }
    if (!text) return undefined;
    const file = join(this.dir, 'site', language, `${prompt.id}.wav`);
    await this.render(text, language, file);
    return file;
  }
}
