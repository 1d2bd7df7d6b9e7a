/**
 * Password hashes: scrypt (RFC 7914) with its parameters inside the hash, so that they can be raised later.
 * Works on the thread pool, never on the loop. A queue with one worker and a bound stops a flood of sign-ins
 * from taking 128 MB each at once. An unknown user costs the same time as a known one.
 */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { inGroups, randomText } from './secrets.ts';

export interface ScryptCost {
  /** N = 2 ** logN. */
  logN: number;
  r: number;
  p: number;
}

/** OWASP's first choice for scrypt: 128 MB, a few hundred ms. */
export const defaultCost: ScryptCost = { logN: 17, r: 8, p: 1 };
const hashBytes = 32;
const saltBytes = 16;
const maxWaiting = 16;
const pattern = /^scrypt\$(\d{1,2})\$(\d{1,2})\$(\d{1,2})\$([A-Za-z0-9_-]{16,64})\$([A-Za-z0-9_-]{43})$/;

export interface PasswordHasher {
  /** Undefined: too many are waiting; come back later. */
  hash(password: string): Promise<string | undefined>;
  /** `hash` undefined: the user is unknown; as slow as a real check, and false. */
  verify(password: string, hash: string | undefined): Promise<boolean | 'busy'>;
}

interface Parsed {
  cost: ScryptCost;
  salt: Buffer;
  key: Buffer;
}

function parse(hash: string): Parsed | undefined {
  const match = pattern.exec(hash);
  if (!match) return undefined;
  const [, logN, r, p, salt, key] = match;
  const cost = { logN: Number(logN), r: Number(r), p: Number(p) };
  // A stored hash never asks for more than we would ever set.
  if (cost.logN < 10 || cost.logN > 20 || cost.r < 1 || cost.r > 16 || cost.p < 1 || cost.p > 4)
    return undefined;
  return { cost, salt: Buffer.from(salt ?? '', 'base64url'), key: Buffer.from(key ?? '', 'base64url') };
}

const derive = (password: string, salt: Buffer, cost: ScryptCost): Promise<Buffer> =>
  new Promise((resolve, reject) => {
    const N = 2 ** cost.logN;
    const options = { N, r: cost.r, p: cost.p, maxmem: 256 * N * cost.r };
    // NFKC, so that the same password typed on another keyboard or system is the same.
    scrypt(password.normalize('NFKC'), salt, hashBytes, options, (error, key) =>
      error ? reject(error) : resolve(key),
    );
  });

export function createPasswordHasher(cost: ScryptCost = defaultCost): PasswordHasher {
  let tail: Promise<unknown> = Promise.resolve();
  let waiting = 0;
  const inTurn = async <T>(work: () => Promise<T>): Promise<T | 'busy'> => {
    if (waiting >= maxWaiting) return 'busy';
    waiting += 1;
    const mine = tail.then(work, work);
    tail = mine;
    try {
      return await mine;
    } finally {
      waiting -= 1;
    }
  };
  const nobody: Parsed = { cost, salt: randomBytes(saltBytes), key: randomBytes(hashBytes) };
  return {
    async hash(password) {
      const done = await inTurn(async () => {
        const salt = randomBytes(saltBytes);
        const key = await derive(password, salt, cost);
        const parts = [
          'scrypt',
          cost.logN,
          cost.r,
          cost.p,
          salt.toString('base64url'),
          key.toString('base64url'),
        ];
        return { text: parts.join('$') };
      });
      return done === 'busy' ? undefined : done.text;
    },
    verify: (password, hash) => {
      const known = hash === undefined ? undefined : parse(hash);
      const { salt, key, cost: its } = known ?? nobody;
      return inTurn(
        async () => timingSafeEqual(await derive(password, salt, its), key) && known !== undefined,
      );
    },
  };
}

/** No letter that reads like another. */
const oneTimeAlphabet = '23456789abcdefghjkmnpqrstuvwxyz';

/** For somebody who has to choose another at the next sign-in: 20 letters of 31, 99 bits, in groups. */
export const newOneTimePassword = (): string => inGroups(randomText(oneTimeAlphabet, 20), 5);

/** Undefined when the password may be used; else why not. Length is the contract's to check. */
export function faultOfPassword(password: string, username: string, secret?: string): string | undefined {
  const plain = password.toLowerCase();
  const squeezed = plain.replace(/[\s-]/g, '');
  if (plain.includes(username.toLowerCase()) && username.length * 2 > password.length)
    return 'the password is little more than the user name';
  if (plain === username.toLowerCase()) return 'the password is the user name';
  if (secret !== undefined && squeezed === secret.toLowerCase().replace(/[\s-]/g, ''))
    return 'the password is the one-time secret';
  if (new Set(password).size < 5) return 'the password repeats a few characters';
  return undefined;
}
