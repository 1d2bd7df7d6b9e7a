/**
 * The secret that apps authenticate with, and how it is exchanged without cutting anybody off: after `rotate` the one before is
 * good as well, until the first app has used the new one; from then on only the new one is. Only digests are kept.
 *
 * The race it stops: whoever rotates is killed between telling the engine and writing the new secret down. The app that starts
 * anew with the old one is still let in.
 */
import { createHash, timingSafeEqual } from 'node:crypto';

const shortest = 16;
const longest = 256;

const digestOf = (secret: string, encoding: 'utf8' | 'latin1' = 'utf8'): Buffer =>
  createHash('sha256').update(secret, encoding).digest();

export class SecretBook {
  #current: Buffer;
  #next: Buffer | undefined;

  constructor(secret: string) {
    this.#current = digestOf(secret);
  }

  /** `secret` as it came: UTF-8 bytes read as latin1. Digests are compared, so that neither length nor content leaks by time. */
  accepts(secret: string): boolean {
    const given = digestOf(secret, 'latin1');
    const isCurrent = timingSafeEqual(given, this.#current);
    const isNext = this.#next !== undefined && timingSafeEqual(given, this.#next);
    if (isNext && this.#next) {
      this.#current = this.#next;
      this.#next = undefined;
    }
    return isCurrent || isNext;
  }

  /** Whoever knows a secret that is good may name the next one. */
  rotate(known: string, next: string): 'rotated' | 'wrong-secret' | 'bad-secret' {
    const given = digestOf(known);
    const isNext = this.#next !== undefined && timingSafeEqual(given, this.#next);
    if (!(timingSafeEqual(given, this.#current) || isNext)) return 'wrong-secret';
    if (next.length < shortest || next.length > longest || !/^[!-~]+$/.test(next) || next.includes('|'))
      return 'bad-secret';
    this.#next = digestOf(next);
    return 'rotated';
  }
}
