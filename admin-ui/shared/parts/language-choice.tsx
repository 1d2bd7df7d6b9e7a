/** The languages, each by its own name. */
import type { Reading } from '../reading.ts';
import { languageList, languageNames } from '../words.ts';

export function LanguageChoice({ reading }: { reading: Reading<{ language: string }> }) {
  return (
    <div class="languages" role="group" aria-label={reading.words.value.language}>
      {languageList.map((entry) => (
        <button
          key={entry}
          type="button"
          lang={entry}
          aria-pressed={reading.language.value === entry}
          onClick={() => reading.setLanguage(entry)}
        >
          {languageNames[entry]}
        </button>
      ))}
    </div>
  );
}
