/**
 * Notes in the audit trail when a part of the house is gone and when it is back, for the SIEM and for whoever asks later. A part
 * that comes back at once (a process that was started again) is told of as well: its calls may be gone.
 */
import type { HealthAnswer } from '../contract/rest.ts';
import type { ToldEvents } from './told-events.ts';

const watched = ['sip-engine', 'media-engine', 'redis', 'postgres'] as const;
/** A process that dies is back within half a second. */
const everyMs = 100;

export function watchParts(health: () => HealthAnswer, told: Pick<ToldEvents, 'tell'>): { stop(): void } {
  const isUp = new Map<string, boolean>(watched.map((name) => [name, true]));
  const timer = setInterval(() => {
    const { parts } = health();
    for (const name of watched) {
      const isReady = parts[name]?.isReady === true;
      if (isReady === isUp.get(name)) continue;
      isUp.set(name, isReady);
      void told.tell({ action: isReady ? 'service.back' : 'service.lost', target: `part:${name}` });
    }
  }, everyMs).unref();
  return { stop: () => clearInterval(timer) };
}
