/** The form by itself, in the place of its tag on the bank's page. */
import type { ChatApi } from '../chat-api.ts';
import type { Embedding } from '../embed.ts';
import { ReadingContext, readingOf } from '../reading.ts';
import { accentStyle, keepKeys, useTheme } from './app.tsx';
import { RequestForm } from './request-form.tsx';

const houseColour = '#0b5fa5';

export function FormPage({ embedding, api }: { embedding: Embedding; api: ChatApi }) {
  const theme = useTheme(embedding.theme ?? 'light');
  return (
    <ReadingContext.Provider value={readingOf(embedding.language, api)}>
      <div
        class="widget form-page"
        lang={embedding.language}
        data-theme={theme}
        style={accentStyle(embedding.colour ?? houseColour, theme)}
        {...keepKeys}
      >
        <RequestForm formId={embedding.id} />
      </div>
    </ReadingContext.Provider>
  );
}
