/**
 * The keys that sign the tokens in our mails (server/channels/mail/mail-token.ts). The first one signs; those before it hold
 * for mails that are out still, since customers answer after weeks. The list is one for the whole process, so that a new key
 * counts with the next mail.
 */
import { randomBytes } from 'node:crypto';
import type { SettingsStore } from '../auth/ports.ts';

type Keys = [Uint8Array, ...Uint8Array[]];

const settingName = 'mail-token-key';
/** A rotation each quarter leaves answers valid for a year. */
const keptKeys = 5;
/** One list for each store. */
const known = new WeakMap<SettingsStore, Keys>();

const fromText = (text: string): Uint8Array => Buffer.from(text, 'base64');
const newKey = (): Uint8Array => randomBytes(32);

/** One key as text, as it was kept at first, or a list of them. */
function keysIn(value: unknown): Keys | undefined {
  const texts = (Array.isArray(value) ? value : [value]).filter((text) => typeof text === 'string');
  const [first, ...more] = texts.map(fromText);
  return first && [first, ...more];
}

const save = (settings: SettingsStore, list: Keys): Promise<void> =>
  settings.set(
    settingName,
    list.map((key) => Buffer.from(key).toString('base64')),
  );

/** Made at the first question. */
export async function replyKeys(settings: SettingsStore): Promise<Keys> {
  const before = known.get(settings);
  if (before) return before;
  const kept = keysIn(await settings.get(settingName));
  const list: Keys = known.get(settings) ?? kept ?? [newKey()];
  if (!kept) await save(settings, list);
  known.set(settings, list);
  return list;
}

/** From now on another key signs. Returns how many before it still hold. */
export async function rotateReplyKeys(settings: SettingsStore): Promise<number> {
  const list = await replyKeys(settings);
  const next: Keys = [newKey(), ...list.slice(0, keptKeys - 1)];
  await save(settings, next);
  list.splice(0, list.length, ...next);
  return list.length - 1;
}
