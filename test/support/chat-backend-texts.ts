/** What the stand-in's widget `web` and form `callback` say, in three languages; and the widget as built (see `ui-build.ts`). */
import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ChatConfig, FormConfig } from '../../server/contract/chat.ts';
import type { Language } from '../../server/contract/site.ts';

interface Texts {
  chat: Omit<ChatConfig, 'widgetId' | 'language'>;
  form: Omit<FormConfig, 'formId' | 'language'>;
}
interface Words {
  title: string;
  welcome: string;
  offline: string;
  consent: string;
  topics: [string, string, string];
  form: string;
}

function textsOf(words: Words): Texts {
  const topics = ['cards', 'loans', 'accounts'].map((id, index) => ({ id, name: words.topics[index] ?? id }));
  const consent = { version: '2026-03', text: words.consent };
  return {
    chat: {
      title: words.title,
      colour: '#0b5fa5',
      theme: 'auto',
      isOpen: true,
      offline: { text: words.offline, hasForm: true, formId: 'callback' },
      welcome: words.welcome,
      asks: { name: 'may', email: 'no' },
      topics,
      consent,
      attachments: { maxBytes: 2_000_000, types: ['image/*', 'application/pdf', '.txt'] },
      hasTranscript: true,
    },
    form: { title: words.form, wants: ['mail', 'call'], topics, consent },
  };
}

export const chatStandInTexts: Record<Language, Texts> = {
  en: textsOf({
    title: 'Banca Aurelia',
    welcome: 'Good day. An adviser will be with you shortly.',
    offline: 'We are back tomorrow at 8:00. Leave us a message, and we will answer first thing.',
    consent: 'I agree that my data are processed to answer my question, as the privacy notice says.',
    topics: ['Cards', 'Loans', 'Accounts and payments'],
    form: 'How can we reach you?',
  }),
  ru: textsOf({
    title: 'Банк «Аурелия»',
    welcome: 'Здравствуйте! Консультант скоро присоединится.',
    offline: 'Мы вернёмся завтра в 8:00. Оставьте сообщение, и мы ответим с утра.',
    consent:
      'Я согласен на обработку моих данных для ответа на обращение согласно политике конфиденциальности.',
    topics: ['Карты', 'Кредиты', 'Счета и платежи'],
    form: 'Как с вами связаться?',
  }),
  it: textsOf({
    title: 'Banca Aurelia',
    welcome: 'Buongiorno. Un consulente sarà presto con lei.',
    offline: 'Torniamo domani alle 8:00. Ci lasci un messaggio e le risponderemo in mattinata.',
    consent:
      'Acconsento al trattamento dei miei dati per rispondere alla mia richiesta, come da informativa.',
    topics: ['Carte', 'Prestiti', 'Conti e pagamenti'],
    form: 'Come possiamo contattarla?',
  }),
};

const builtDist = fileURLToPath(new URL('../../dist/widget', import.meta.url));
let built: Promise<string> | undefined;

async function buildOnce(): Promise<string> {
  const { build } = await import('vite');
  const dist = await mkdtemp(join(tmpdir(), 'hearthline-widget-'));
  const configFile = fileURLToPath(new URL('../../admin-ui/widget/vite.config.ts', import.meta.url));
  await build({ configFile, logLevel: 'error', build: { outDir: dist } });
  process.once('exit', () => rmSync(dist, { recursive: true, force: true }));
  return dist;
}

/** The directory with `widget.js` and the demo page. */
export function builtWidget(): Promise<string> {
  built ??= process.env['HEARTHLINE_TEST_DIST'] === '1' ? Promise.resolve(builtDist) : buildOnce();
  return built;
}
