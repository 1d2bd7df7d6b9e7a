/**
 * What of a site must not be kept in clear text: phones' passwords become digests H(user:realm:password)
 * (RFC 7616 §3.4.2, both algorithms, so that a phone may use either), agents' PINs become scrypt hashes.
 * A PIN has few digits, so the hash only slows a thief of the file down: the limit of tries at the phone
 * is the real lock, and the cost is chosen so that a site of thousands of agents imports in seconds.
 */
import { createHash, randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import type { Site, SitePhone } from '../contract/site.ts';

const cost = { N: 4096, r: 8, p: 1 };
const hashBytes = 32;
const hashesAtOnce = 8;

interface PinHash {
  N: number;
  r: number;
  p: number;
  salt: Buffer;
  hash: Buffer;
}

/** The parts of a stored hash; undefined for anything damaged or dearer than this machine should pay. */
function readPinHash(stored: string): PinHash | undefined {
  const parts = /^scrypt\$(\d{1,7})\$(\d{1,2})\$(\d)\$([\w-]{8,64})\$([\w-]{22,128})$/.exec(stored);
  if (!parts) return undefined;
  const [N, r, p] = [Number(parts[1]), Number(parts[2]), Number(parts[3])];
  const isPowerOfTwo = N > 1 && (N & (N - 1)) === 0;
  if (!isPowerOfTwo || r < 1 || p < 1 || N * r * p > 2 ** 20) return undefined;
  const [salt, hash] = [Buffer.from(parts[4] ?? '', 'base64url'), Buffer.from(parts[5] ?? '', 'base64url')];
  return { N, r, p, salt, hash };
}

export function isPinHash(stored: string): boolean {
  return readPinHash(stored) !== undefined;
}

function derive(pin: string, salt: Buffer, bytes: number, by: { N: number; r: number; p: number }) {
  const options = { N: by.N, r: by.r, p: by.p, maxmem: 256 * by.N * by.r + 2 ** 20 };
  return new Promise<Buffer>((done, fail) => {
    scrypt(pin, salt, bytes, options, (error, key) => (error ? fail(error) : done(key)));
  });
}

/** `scrypt$N$r$p$salt$hash`, base64url. */
export async function hashPin(pin: string): Promise<string> {
  const salt = randomBytes(16);
  const hash = await derive(pin, salt, hashBytes, cost);
  return `scrypt$${cost.N}$${cost.r}$${cost.p}$${salt.toString('base64url')}$${hash.toString('base64url')}`;
}

/** Whether `pin` is the one behind the stored hash. A stored text that is not a hash matches nothing. */
export async function verifyPin(stored: string, pin: string): Promise<boolean> {
  const parts = readPinHash(stored);
  if (!parts) return false;
  return timingSafeEqual(await derive(pin, parts.salt, parts.hash.length, parts), parts.hash);
}

function securePhone(phone: SitePhone, realm: string): SitePhone {
  if (phone.password === undefined) return phone;
  const { password, ...rest } = phone;
  const secret = `${phone.id}:${realm}:${password}`;
  const digestOf = (algorithm: 'md5' | 'sha256') => createHash(algorithm).update(secret).digest('hex');
  return { ...rest, digest: { md5: digestOf('md5'), sha256: digestOf('sha256') } };
}

/** The same site with no clear-text secret in it. What is already hashed stays as it is. */
export async function secureSite(site: Site): Promise<Site> {
  const agents = [...site.agents];
  const todo = agents.flatMap((agent, index) =>
    agent.pin !== undefined && !agent.pin.startsWith('scrypt$') ? [{ index, pin: agent.pin }] : [],
  );
  for (let from = 0; from < todo.length; from += hashesAtOnce) {
    const batch = todo.slice(from, from + hashesAtOnce);
    const hashes = await Promise.all(batch.map(({ pin }) => hashPin(pin)));
    batch.forEach(({ index }, at) => {
      const agent = agents[index];
      const pin = hashes[at];
      if (agent && pin !== undefined) agents[index] = { ...agent, pin };
    });
  }
  return { ...site, agents, phones: site.phones.map((phone) => securePhone(phone, site.site.realm)) };
}
