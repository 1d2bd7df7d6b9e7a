/**
 * A request by form on its way. Its `clientId` is made once and kept over failures and reloads until the server has taken it,
 * so that a form sent twice makes one contact; with it, what was typed.
 */
import type { FormConfig, FormRequest } from '../../server/contract/chat.ts';
import type { Language } from '../shared/words.ts';
import { checkMail, checkPhone, checkText, filled, type Faults } from './checks.ts';
import { createArea } from './chat-storage.ts';
import { newClientId } from './chat-session.ts';
import { cleanText } from './chat-lines.ts';
import { pageAddress } from './embed.ts';
import type { WidgetWords } from './reading.ts';

export interface RequestDraft {
  clientId: string;
  wants: 'mail' | 'call' | undefined;
  name: string;
  email: string;
  phone: string;
  topic: string;
  text: string;
  /** The version that was agreed to; empty: none. */
  agreed: string;
}

export const newRequest = (): RequestDraft => ({
  clientId: newClientId(),
  wants: undefined,
  name: '',
  email: '',
  phone: '',
  topic: '',
  text: '',
  agreed: '',
});

export function createRequestStore(formId: string) {
  const area = createArea(() => window.sessionStorage);
  const key = `hearthline-form:${formId}`;
  return {
    load: (): RequestDraft => {
      const kept = area.read(key) as Partial<RequestDraft> | null;
      return { ...newRequest(), ...kept };
    },
    keep: (draft: RequestDraft) => area.write(key, draft),
    forget: () => area.write(key, undefined),
  };
}

export const wantsOf = (draft: RequestDraft, config: FormConfig): 'mail' | 'call' =>
  draft.wants !== undefined && config.wants.includes(draft.wants) ? draft.wants : (config.wants[0] ?? 'mail');

export function checkRequest(words: WidgetWords, draft: RequestDraft, config: FormConfig): Faults {
  const wants = wantsOf(draft, config);
  return {
    email: wants === 'mail' ? checkMail(words, draft.email, true) : undefined,
    phone: wants === 'call' ? checkPhone(words, draft.phone, true) : undefined,
    text: checkText(words, draft.text, true),
    consent: config.consent && draft.agreed !== config.consent.version ? words.consentNeeded : undefined,
  };
}

export function requestBody(draft: RequestDraft, config: FormConfig, language: Language): FormRequest {
  const wants = wantsOf(draft, config);
  return {
    clientId: draft.clientId,
    language,
    wants,
    text: cleanText(draft.text),
    page: pageAddress(),
    ...filled('name', draft.name),
    ...(wants === 'mail' ? filled('email', draft.email) : filled('phone', draft.phone)),
    ...filled('topic', draft.topic),
    ...(config.consent ? { consent: { version: config.consent.version } } : {}),
  };
}
