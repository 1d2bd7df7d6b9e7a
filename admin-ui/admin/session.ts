/** The console's session, and what its refusals are called. */
import type { Refusal } from '../shared/api-client.ts';
import { refusalTextIn } from '../shared/refusal-text.ts';
import { stage } from '../shared/session.ts';
import { formats, words } from './reading.ts';

export { api, begin, enter, may, signOut, stage, type Stage } from '../shared/session.ts';

/** What the user is limited to; undefined: nothing, the whole site is seen. The server keeps to it, whatever is shown. */
export const limits = () => (stage.value.at === 'in' ? stage.value.session.me.view : undefined);

export function refusalText(refusal: Refusal): string {
  if (refusal.code === 'outside-view') return words.value.errorOutsideView;
  return refusalTextIn(words.value, formats.value, refusal);
}
