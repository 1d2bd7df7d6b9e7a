/**
 * The site a new installation begins with: one number, one queue, two phones and two agents, so that the
 * first call can be made within a minute. Passwords and the PIN are random; the site keeps digests only,
 * and the clear text stays in one private file until an administrator exists.
 */
import { randomInt } from 'node:crypto';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { formatSite, secureSite } from '../server/config/site-file.ts';
import { siteSchema } from '../server/contract/site.ts';
import type { Site } from '../server/contract/site.ts';

export const firstNumber = '700';

export interface FirstPhones {
  phones: { id: string; password: string }[];
  freeSeating: { agent: string; pin: string };
}

/** No letter or digit that is mistaken for another when typed into a phone. */
const alphabet = 'abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789';

function randomPassword(length = 16): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
}

function randomPin(): string {
  return String(randomInt(1_000_000)).padStart(6, '0');
}

export function newFirstPhones(): FirstPhones {
  return {
    phones: ['1001', '1002'].map((id) => ({ id, password: randomPassword() })),
    freeSeating: { agent: '102', pin: randomPin() },
  };
}

export function firstSite(first: FirstPhones, timeZone: string): Site {
  return siteSchema.parse({
    site: { name: 'My contact centre', timeZone, language: 'en' },
    numbers: [
      {
        number: firstNumber,
        name: 'Main number',
        queue: 'main',
        greeting: ['welcome-main'],
        hours: 'always',
        closedMessage: 'closed',
      },
    ],
    queues: [{ id: 'main', name: 'Main queue', ringSec: 15, record: true }],
    agents: [
      { id: '101', name: 'First agent', queues: ['main'], phone: '1001' },
      { id: '102', name: 'Second agent', pin: first.freeSeating.pin, queues: ['main'] },
    ],
    phones: first.phones.map(({ id, password }, index) => ({ id, name: `Desk ${index + 1}`, password })),
    trunks: [{ id: 'local', name: 'This machine only', addresses: ['127.0.0.1'] }],
    prompts: [
      {
        id: 'welcome-main',
        text: {
          en: 'Welcome. This call may be recorded.',
          ru: 'Здравствуйте. Разговор может быть записан.',
          it: 'Benvenuti. Questa chiamata potrebbe essere registrata.',
        },
      },
    ],
    hours: [
      {
        id: 'always',
        open: [{ days: ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'], from: '00:00', to: '24:00' }],
      },
    ],
  });
}

/** Writes the seed site and the private file of clear texts, both 0600. */
export async function writeFirstSite(files: {
  seedSiteFile: string;
  firstPhonesFile: string;
}): Promise<void> {
  const first = newFirstPhones();
  const site = firstSite(first, Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC');
  writeFileSync(files.firstPhonesFile, `${JSON.stringify(first)}\n`, { mode: 0o600 });
  writeFileSync(files.seedSiteFile, formatSite(await secureSite(site)), { mode: 0o600 });
}

export function readFirstPhones(file: string): FirstPhones | undefined {
  if (!existsSync(file)) return undefined;
  return JSON.parse(readFileSync(file, 'utf8')) as FirstPhones;
}

export function forgetFirstPhones(file: string): void {
  rmSync(file, { force: true });
}
