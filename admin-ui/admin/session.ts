/** The console's session, and what its refusals are called. */
import type { Refusal } from '../shared/api-client.ts';
import { refusalTextIn } from '../shared/refusal-text.ts';
import { formats, words } from './reading.ts';

export { api, begin, enter, may, signOut, stage, type Stage } from '../shared/session.ts';

export function refusalText(refusal: Refusal): string {
  return refusalTextIn(words.value, formats.value, refusal);
}
