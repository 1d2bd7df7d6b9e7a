/**
 * Unique ids that sort by the time of their making: `<noun>_<26 letters>` in Crockford's base 32, in the
 * layout of a ULID. Ten letters of time, ten drawn at random once per process, six of a counter within the
 * ms: no random draw per id, so that one costs less than a microsecond, and still strictly ascending
 * within a process. They are names and no secrets: a token is drawn by its owner from node:crypto.
 */
import { randomBytes } from 'node:crypto';

const letters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** All pairs of letters, by number. */
const pairs: string[] = [];
for (const high of letters) for (const low of letters) pairs.push(high + low);

function encodeTime(ms: number): string {
  let rest = ms;
  let text = '';
  for (let index = 0; index < 5; index++) {
    text = pairs[rest % 1024]! + text;
    rest = Math.floor(rest / 1024);
  }
  return text;
}

export interface IdSource {
  newId(noun: string): string;
}

export function createIdSource(wallMs: () => number = Date.now, seed: Buffer = randomBytes(10)): IdSource {
  let node = '';
  for (let index = 0; index < 10; index++) node += letters[seed[index]! & 31];
  let lastMs = -1;
  let prefix = '';
  let counter = 0;
  return {
    newId(noun) {
      const ms = wallMs();
      if (ms > lastMs) {
        lastMs = ms;
        prefix = encodeTime(ms) + node;
        counter = 0;
      }
      const count = counter++;
      return `${noun}_${prefix}${pairs[(count >>> 20) & 1023]!}${pairs[(count >>> 10) & 1023]!}${pairs[count & 1023]!}`;
    },
  };
}

const shared = createIdSource();

/** `newId('c')` -> `c_01K...`: unique over processes, ascending within one. */
export function newId(noun: string): string {
  return shared.newId(noun);
}
