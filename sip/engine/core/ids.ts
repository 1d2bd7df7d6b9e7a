/**
 * Branches, tags and Call-IDs: unguessable, from a pool of random bytes so that one costs no system call.
 * RFC 3261 8.1.1.7, 19.3.
 */
import { randomBytes } from 'node:crypto';

const POOL_BYTES = 4_096;
let pool = '';
let at = 0;

function take(characters: number): string {
  if (at + characters > pool.length) {
    pool = randomBytes(POOL_BYTES).toString('base64url').replace(/[-_]/g, 'x');
    at = 0;
  }
  const out = pool.slice(at, at + characters);
  at += characters;
  return out;
}

export const newBranch = (): string => `z9hG4bK${take(16)}`;
export const newTag = (): string => take(13);
export const newCallId = (): string => take(24);

/** A first CSeq or RSeq: random, with room for a long dialog below 2**31. */
export function newSequence(): number {
  return 1 + Math.floor(Math.random() * 0x0fff_ffff);
}
