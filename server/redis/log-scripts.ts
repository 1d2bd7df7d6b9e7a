/**
 * The Lua scripts of the event log. Redis runs each one as a whole, so the check of the writer's lease and
 * what it guards cannot be torn apart: that is what fences a frozen writer which wakes up too late.
 */
import { createHash } from 'node:crypto';

export interface RedisLua {
  source: string;
  sha: string;
}
const lua = (source: string): RedisLua => ({
  source,
  sha: createHash('sha1').update(source).digest('hex'),
});

/** Seq of the newest entry, 0 for an empty or missing stream. */
const lastOf = `
local function lastOf(key)
  local entry = redis.call('XREVRANGE', key, '+', '-', 'COUNT', 1)[1]
  if not entry then return 0 end
  return tonumber(string.match(entry[1], '^(%d+)'))
end`;

/**
 * KEYS stream lease · ARGV lease-value expected-last first-seq json...
 * -> {1, last} appended · {-1, 0} the lease is not ours · {-2, last} the stream ends elsewhere, nothing done
 */
export const appendScript = lua(`${lastOf}
if redis.call('GET', KEYS[2]) ~= ARGV[1] then return {-1, 0} end
local last = lastOf(KEYS[1])
if last ~= tonumber(ARGV[2]) then return {-2, last} end
local seq = tonumber(ARGV[3])
for index = 4, #ARGV do
  redis.call('XADD', KEYS[1], string.format('%.0f-1', seq), 'e', ARGV[index])
  seq = seq + 1
end
return {1, seq - 1}`);

/**
 * Takes the lease if it is free, or keeps it. A writer that held it before takes it back only if nobody
 * else held it in between (the epoch tells).
 * KEYS lease epoch · ARGV owner ttl-ms epoch-held-before (0: none)
 * -> {1, epoch, value} ours · {0, ttl-ms, value} another's · {-1, 0, ''} another had it since
 */
export const acquireScript = lua(`
local held = tonumber(ARGV[3])
local current = redis.call('GET', KEYS[1])
local value = string.format('%.0f|', held) .. ARGV[1]
if current then
  if held > 0 and current == value then
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
    return {1, held, value}
  end
  return {0, redis.call('PTTL', KEYS[1]), current}
end
local epoch = tonumber(redis.call('GET', KEYS[2]) or '0')
if held > 0 then
  if epoch > held then return {-1, 0, ''} end
  epoch = held
else
  local now = redis.call('TIME')
  epoch = math.max(epoch + 1, tonumber(now[1]) * 1000 + math.floor(tonumber(now[2]) / 1000))
end
value = string.format('%.0f|', epoch) .. ARGV[1]
redis.call('SET', KEYS[2], string.format('%.0f', epoch))
redis.call('SET', KEYS[1], value, 'PX', ARGV[2])
return {1, epoch, value}`);

/**
 * KEYS lease stream · ARGV lease-value ttl-ms -> {1, last} renewed · {0, last} the lease is not ours
 */
export const renewScript = lua(`${lastOf}
local isOurs = 0
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  isOurs = 1
end
return {isOurs, lastOf(KEYS[2])}`);

/** Gives up a lease only while it has the stated value. KEYS lease · ARGV lease-value -> 1 | 0 */
export const releaseScript = lua(`
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0`);

export const logScripts = [appendScript, acquireScript, renewScript, releaseScript] as const;
