/**
 * The one-time secret of the first start: whoever can read `var/run/setup-secret` (file permissions) may create the
 * first administrator. Only a hash is kept. It ends when the first administrator exists.
 */
import { inGroups, isSameSecret, plainCode, randomText, sha256Hex } from './secrets.ts';
import type { Clock, SettingsStore, UserRepo } from './ports.ts';

const settingKey = 'auth.setup-secret';
/** Crockford's base 32 without U: 5 bits a character, 26 characters are 130 bits. */
const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const secretLength = 26;

export interface SetupSecret {
  isNeeded(): Promise<boolean>;
  /** A new secret in readable groups, voiding the one before; undefined once an administrator exists. */
  renew(): Promise<string | undefined>;
  matches(typed: string): Promise<boolean>;
  burn(): Promise<void>;
}

/** What was read from paper or a screen: O is 0, I and L are 1. */
const read = (typed: string) => plainCode(typed).replace(/O/g, '0').replace(/[IL]/g, '1');

export function createSetupSecret(deps: {
  users: Pick<UserRepo, 'hasAdmin'>;
  settings: SettingsStore;
  clock: Clock;
}): SetupSecret {
  const isNeeded = async () => !(await deps.users.hasAdmin());
  return {
    isNeeded,
    async renew() {
      if (!(await isNeeded())) return undefined;
      const secret = randomText(alphabet, secretLength);
      await deps.settings.set(settingKey, { hash: sha256Hex(secret), createdAt: deps.clock.now() });
      return inGroups(secret, 4);
    },
    async matches(typed) {
      const kept = await deps.settings.get(settingKey);
      const hash = typeof kept === 'object' && kept !== null && 'hash' in kept ? kept.hash : undefined;
      return typeof hash === 'string' && isSameSecret(hash, sha256Hex(read(typed)));
    },
    burn: () => deps.settings.remove(settingKey),
  };
}
