/** The health of one part of the channel (a mailbox, the listener, the way out), and of the channel as their sum. */
import type { ChannelHealth } from '../../app/text/channel.ts';

export interface PartHealth {
  get(): ChannelHealth;
  up(): void;
  off(): void;
  /** The first failure of several gives the time, the last one the detail. */
  worse(state: 'degraded' | 'down', detail: string): void;
}

export function createPartHealth(now: () => number): PartHealth {
  let health: ChannelHealth = { state: 'off' };
  return {
    get: () => health,
    up: () => void (health = { state: 'up' }),
    off: () => void (health = { state: 'off' }),
    worse(state, detail) {
      health = { state, since: 'since' in health ? health.since : now(), detail };
    },
  };
}

const maxDetailChars = 1000;

/**
 * `ways`: each way in, and the way out. The channel is down when no mail comes in or none goes out, degraded when anything
 * else is not as it should be.
 */
export function sumOfHealth(
  waysIn: readonly (readonly [name: string, health: ChannelHealth])[],
  others: readonly (readonly [name: string, health: ChannelHealth, isVital: boolean])[],
): ChannelHealth {
  const all = [...waysIn, ...others];
  const faults = all.flatMap(([name, health]) => ('since' in health ? [{ name, ...health }] : []));
  if (faults.length === 0) return { state: all.some(([, { state }]) => state === 'up') ? 'up' : 'off' };
  const isDeaf = waysIn.length > 0 && waysIn.every(([, { state }]) => state === 'down' || state === 'off');
  const isVital = others.some(([, { state }, vital]) => vital && state === 'down');
  return {
    state: (isDeaf && waysIn.some(([, { state }]) => state === 'down')) || isVital ? 'down' : 'degraded',
    since: Math.min(...faults.map(({ since }) => since)),
    detail: faults
      .map(({ name, detail }) => `${name}: ${detail}`)
      .join('; ')
      .slice(0, maxDetailChars),
  };
}
