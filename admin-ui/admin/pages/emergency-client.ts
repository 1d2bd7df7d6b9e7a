/**
 * The state of the emergency switch for one live page. The live socket does not carry it, so it is asked for every few
 * seconds. Stops one race: an answer that was asked for before a switch must not undo on the screen what the switch told.
 */
import { signal, type ReadonlySignal } from '@preact/signals';
import type { z } from 'zod';
import type { EmergencyAnswer, emergencyRequestSchema } from '../../../server/contract/emergency.ts';
import type { Answer, Refusal } from '../../shared/api-client.ts';
import { api } from '../session.ts';

type EmergencyRequest = z.infer<typeof emergencyRequestSchema>;

/** `queueId` absent: the whole site. */
export interface Scope {
  queueId?: string;
}

const askEveryMs = 3000;
const boundMs = 8000;
/** One lost answer is no news. */
const toldAfter = 2;

export interface EmergencyClient {
  /** Undefined until the first answer. */
  state: ReadonlySignal<EmergencyAnswer | undefined>;
  /** Why the state cannot be read, when it was so more than once. */
  refusal: ReadonlySignal<Refusal | undefined>;
  switchTo(isOn: boolean, scope: Scope): Promise<Answer<EmergencyAnswer>>;
  start(): void;
  stop(): void;
}

export function createEmergencyClient(): EmergencyClient {
  const state = signal<EmergencyAnswer>();
  const refusal = signal<Refusal>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isRunning = false;
  let isAsking = false;
  let failures = 0;
  let switches = 0;

  function take(answer: Answer<EmergencyAnswer>): void {
    failures = answer.isOk ? 0 : failures + 1;
    if (answer.isOk) state.value = answer.body;
    refusal.value = answer.isOk || failures < toldAfter ? undefined : answer;
  }
  async function ask(): Promise<void> {
    if (isAsking) return;
    clearTimeout(timer);
    isAsking = true;
    const before = switches;
    const answer = await api<EmergencyAnswer>('/api/emergency', { timeoutMs: boundMs });
    isAsking = false;
    if (!isRunning) return;
    if (before === switches) take(answer);
    timer = setTimeout(() => void ask(), askEveryMs);
  }
  /** A browser slows the timers of a page that nobody sees: whoever comes back sees what is. */
  const onVisible = () => {
    if (document.visibilityState === 'visible') void ask();
  };
  return {
    state,
    refusal,
    async switchTo(isOn, { queueId }) {
      const body: EmergencyRequest = { isOn, ...(queueId !== undefined && { queueId }) };
      switches += 1;
      const answer = await api<EmergencyAnswer>('/api/emergency', {
        method: 'PUT',
        body,
        timeoutMs: boundMs,
      });
      switches += 1;
      if (answer.isOk) take(answer);
      // Refused or lost: what is so now?
      else void ask();
      return answer;
    },
    start() {
      isRunning = true;
      document.addEventListener('visibilitychange', onVisible);
      void ask();
    },
    stop() {
      isRunning = false;
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', onVisible);
    },
  };
}
