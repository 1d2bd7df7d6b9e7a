/** How many alerts stand that nobody has acknowledged, beside the page's name, so that they are noticed from every page. */
import { signal } from '@preact/signals';
import type { AlertCount } from '../../../server/contract/alerts.ts';
import { api } from '../session.ts';

export const unacknowledgedAlerts = signal(0);

const lookEveryMs = 15_000;

export async function lookForAlerts(): Promise<void> {
  const answer = await api<AlertCount>('/api/alerts/count');
  if (answer.isOk) unacknowledgedAlerts.value = answer.body.unacknowledged;
}

/** Answers how to stop. */
export function watchAlerts(): () => void {
  void lookForAlerts();
  const timer = setInterval(() => void lookForAlerts(), lookEveryMs);
  return () => clearInterval(timer);
}
