/** Why a rule was not taken. */
import type { Refusal } from '../../shared/api-client.ts';
import { fill } from '../../shared/words.ts';
import type { ConsoleWords } from '../reading.ts';
import { refusalText } from '../session.ts';

export function ruleRefusal(w: ConsoleWords, refusal: Refusal): string {
  const { reason, faults } = refusal.details as {
    reason?: unknown;
    faults?: { path: (string | number)[]; message: string }[];
  };
  if (reason === 'changed') return w.ruleChanged;
  if (reason === 'full') return w.ruleFull;
  const [fault] = faults ?? [];
  if (!fault) return refusalText(refusal);
  return fill(w.ruleBad, { field: `${fault.path.slice(1).join('.')}: ${fault.message}` });
}
