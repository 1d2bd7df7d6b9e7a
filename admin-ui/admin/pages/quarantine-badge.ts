/** How many mails somebody has to look at, beside the page's name, so that they are noticed from every page. */
import { signal } from '@preact/signals';
import type { QuarantineCount } from '../../../server/contract/rest-quarantine.ts';
import { api } from '../session.ts';

export const unsettledMails = signal(0);

const lookEveryMs = 60_000;

export async function lookForQuarantine(): Promise<void> {
  const answer = await api<QuarantineCount>('/api/quarantine/count');
  if (answer.isOk) unsettledMails.value = answer.body.unsettled;
}

/** Answers how to stop. */
export function watchQuarantine(): () => void {
  void lookForQuarantine();
  const timer = setInterval(() => void lookForQuarantine(), lookEveryMs);
  return () => clearInterval(timer);
}
