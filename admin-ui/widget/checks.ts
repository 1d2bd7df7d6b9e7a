/**
 * What is told to the customer before a form is sent; the server judges again, by the contract. Pure.
 */
import type { Refusal } from '../shared/api-client.ts';
import type { WidgetWords } from './reading.ts';

export const isMailAddress = (value: string): boolean =>
  value.length <= 254 && /^[^\s@]+@[^\s@]+\.[^\s@.]{2,}$/.test(value.trim());
/** As the contract has it. */
export const isPhoneNumber = (value: string): boolean => /^\+?[0-9 ()/.-]{5,30}$/.test(value.trim());

export type Faults = Record<string, string | undefined>;
export const hasFault = (faults: Faults): boolean =>
  Object.values(faults).some((fault) => fault !== undefined);

/** `must`: an empty value is a fault. */
export function checkText(words: WidgetWords, value: string, must: boolean): string | undefined {
  return must && value.trim() === '' ? words.fieldNeeded : undefined;
}
export function checkMail(words: WidgetWords, value: string, must: boolean): string | undefined {
  if (value.trim() === '') return checkText(words, value, must);
  return isMailAddress(value) ? undefined : words.emailWrong;
}
export function checkPhone(words: WidgetWords, value: string, must: boolean): string | undefined {
  if (value.trim() === '') return checkText(words, value, must);
  return isPhoneNumber(value) ? undefined : words.phoneWrong;
}

/** The value as a field of a request; an empty one is not sent. */
export const filled = <K extends string>(key: K, value: string): { [P in K]?: string } =>
  value.trim() === '' ? {} : ({ [key]: value.trim() } as { [P in K]?: string });

/** The refusals of the contract have a status each; one of a name or an address is told beside its field: `field-name`. */
export function refusalCode({ status, code, details }: Omit<Refusal, 'isOk' | 'message'>): string {
  if (code === 'sender-refused') return code;
  const codes: Record<number, string> = { 409: 'closed', 422: 'consent-needed', 429: 'too-many-tries' };
  const faults = details['faults'] as { path: string[] }[] | undefined;
  const field = details['field'] ?? faults?.[0]?.path[0];
  const isOfField = status === 400 && (field === 'name' || field === 'email');
  return isOfField ? `field-${field}` : (codes[status] ?? code);
}

export function refusalText(words: WidgetWords, code: string): string {
  if (code === 'too-many-tries') return words.tooManyTries;
  if (code === 'consent-needed') return words.consentChanged;
  if (code === 'sender-refused') return words.senderRefused;
  return code === 'unreachable' ? words.unreachable : words.notSent;
}
