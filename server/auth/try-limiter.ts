/**
 * Limits tries of secrets (sign-in, setup, display codes, enrolment) per key, with a delay that doubles.
 * Each try is counted before it is judged, in one Lua step, so that many at once count as many; a success gives
 * the tries back. Counters die by themselves after `windowMs` of quiet.
 */
import type { Clock, RedisCommands } from './ports.ts';

export interface TryRule {
  /** Tries before the first delay. */
  free: number;
  /** The first delay; each further try doubles it, up to maxDelayMs. */
  delayMs: number;
  maxDelayMs: number;
  windowMs: number;
}

export interface TryLimiter {
  /** Counts a try. retryInMs 0: go on; else refuse, and say when. The refused ones are not counted. */
  take(key: string, rule: TryRule): Promise<{ retryInMs: number; tries: number }>;
  forgive(key: string): Promise<void>;
  /** As `forgive`, and of every key that begins with this one and an `@`. The key has no characters of a pattern. */
  forgiveAll(key: string): Promise<void>;
  /** Takes one try back: it was right. */
  giveBack(key: string, rule: TryRule): Promise<void>;
  /** A flag that lives for a while: has this address signed this user in before? */
  remember(key: string, forMs: number): Promise<void>;
  isRemembered(key: string): Promise<boolean>;
}

/**
 * KEYS[1] hash {n: tries counted, until: ms UTC before which all are refused}
 * ARGV now, free, delayMs, maxDelayMs, windowMs
 * Returns {retryInMs, n}.
 */
const takeScript = `
local now = tonumber(ARGV[1])
local untilAt = tonumber(redis.call('HGET', KEYS[1], 'until') or '0')
if untilAt > now then
  return {untilAt - now, tonumber(redis.call('HGET', KEYS[1], 'n') or '0')}
end
local n = redis.call('HINCRBY', KEYS[1], 'n', 1)
local over = n - tonumber(ARGV[2])
local delay = 0
if over >= 0 then
  delay = math.min(tonumber(ARGV[3]) * 2 ^ math.min(over, 30), tonumber(ARGV[4]))
  redis.call('HSET', KEYS[1], 'until', string.format('%.0f', now + delay))
end
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', tonumber(ARGV[5]) + delay))
return {0, n}
`;

/** KEYS[1] as above; ARGV free. One try less, and no delay when that is below the free ones. */
const giveBackScript = `
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local n = redis.call('HINCRBY', KEYS[1], 'n', -1)
if n < tonumber(ARGV[1]) then redis.call('HDEL', KEYS[1], 'until') end
if n <= 0 then redis.call('DEL', KEYS[1]) end
return n
`;

export function createTryLimiter(redis: RedisCommands, clock: Clock, prefix = 'hl:'): TryLimiter {
  const keyOf = (key: string) => `${prefix}tries:${key}`;
  return {
    async take(key, rule) {
      const numbers = [clock.now(), rule.free, rule.delayMs, rule.maxDelayMs, rule.windowMs].map(String);
      const reply = await redis.sendCommand(['EVAL', takeScript, '1', keyOf(key), ...numbers]);
      const [retryInMs, tries] = Array.isArray(reply) ? reply : [];
      return { retryInMs: Number(retryInMs ?? 0), tries: Number(tries ?? 0) };
    },
    async forgive(key) {
      await redis.sendCommand(['DEL', keyOf(key)]);
    },
    async forgiveAll(key) {
      await redis.sendCommand(['DEL', keyOf(key)]);
      // From where a name was tried is written nowhere else.
      const pattern = `${keyOf(key)}@*`;
      let cursor = '0';
      do {
        const reply = await redis.sendCommand(['SCAN', cursor, 'MATCH', pattern, 'COUNT', '1000']);
        const [next, found]: unknown[] = Array.isArray(reply) ? reply : [];
        if (Array.isArray(found) && found.length > 0) await redis.sendCommand(['DEL', ...found.map(String)]);
        cursor = typeof next === 'string' ? next : '0';
      } while (cursor !== '0');
    },
    async giveBack(key, rule) {
      await redis.sendCommand(['EVAL', giveBackScript, '1', keyOf(key), String(rule.free)]);
    },
    async remember(key, forMs) {
      await redis.sendCommand(['SET', `${prefix}known:${key}`, '1', 'PX', String(forMs)]);
    },
    async isRemembered(key) {
      return Number(await redis.sendCommand(['EXISTS', `${prefix}known:${key}`])) > 0;
    },
  };
}

const minute = 60_000;
/** One user name from everywhere: short delays only, or a stranger could lock an administrator out. */
export const perUsername: TryRule = { free: 5, delayMs: 1000, maxDelayMs: minute, windowMs: 30 * minute };
/** One address for all names: a bank's office may sit behind one address. */
export const perAddress: TryRule = {
  free: 30,
  delayMs: 1000,
  maxDelayMs: 15 * minute,
  windowMs: 60 * minute,
};
export const perSetup: TryRule = { free: 10, delayMs: 1000, maxDelayMs: 5 * minute, windowMs: 60 * minute };
/** Typing display codes: 30^7 codes, at most 50 pending. */
export const perApprover: TryRule = { free: 10, delayMs: 1000, maxDelayMs: minute, windowMs: 10 * minute };
/** A wall of TVs behind one address is switched on at once; each asks again every quarter of an hour. */
export const perEnroller: TryRule = { free: 60, delayMs: 1000, maxDelayMs: minute, windowMs: 5 * minute };
