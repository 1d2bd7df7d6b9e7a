/** Why one of the bank's own stores does not take us, for whoever installs: by its name, and with what to do about it. */
import { kindOfStoreFault, type StoreFaultKind } from '../../server/lib/store-fault.ts';
import { hostAndPort } from '../bank-stores.ts';
import { NoAnswer } from '../store-connection.ts';
import type { StoreName } from './bank-stores.ts';
import { fault, type Finding } from './finding.ts';

export const productOf: Record<StoreName, string> = { postgres: 'Postgres', redis: 'Redis' };

export const nameOf = (store: StoreName, where: { host: string; port: number }): string =>
  `the bank's ${productOf[store]} at ${hostAndPort(where)}`;

type Remedy = (store: StoreName) => string;

const unreachable: Remedy = (store) =>
  `See that it runs, that the host and the port of ${store}.url are right, and that firewalls let this machine through.`;
const renew: Remedy = () => 'Have its certificate renewed, and look at the clocks of both machines.';

/** What stands behind its name. */
const texts: Record<StoreFaultKind, readonly [what: string, remedy: Remedy]> = {
  wrongPassword: [
    'refuses the user or the password',
    (store) => `Check ${store}.passwordFile of the answers, and the user in ${store}.url.`,
  ],
  noPassword: [
    'wants a password',
    (store) => `Name a file that holds it: ${store}.passwordFile of the answers.`,
  ],
  needlessPassword: ['has no password set', () => 'Leave redis.passwordFile out, or set a password there.'],
  isProtected: [
    'takes nobody from another machine (protected mode)',
    () => 'Set a password there, or a user for us, and protected-mode no.',
  ],
  notLetIn: [
    'refuses the user, our address, or the way we connect',
    () => 'Add a line for both, and for TLS, to its pg_hba.conf.',
  ],
  noDatabase: [
    'has no such database',
    () => "Make it: CREATE DATABASE ... OWNER ... ENCODING 'UTF8' TEMPLATE template0;",
  ],
  noRight: [
    'denies us what we have to do',
    (store) =>
      store === 'postgres'
        ? 'Give the user its rights: GRANT CONNECT, CREATE ON DATABASE, and GRANT USAGE, CREATE ON SCHEMA.'
        : 'Give the user its rights, by ACL SETUSER: all commands on the keys hl:*, and INFO.',
  ],
  unknownAuthority: [
    'has a certificate of an authority that is not trusted here',
    (store) => `Name the authority that signed it: ${store}.caFile of the answers, as PEM.`,
  ],
  otherName: [
    'has a certificate for another name',
    (store) => `Write the name of its certificate into ${store}.url.`,
  ],
  certificateEnded: ['has a certificate that is not valid now', renew],
  certificateEarly: ['has a certificate that is not valid now', renew],
  noTls: [
    'does not speak TLS',
    (store) =>
      `Switch TLS on there. Only where the network between is yours alone: ${store === 'postgres' ? '?sslmode=disable behind postgres.url' : 'redis:// in redis.url'}.`,
  ],
  unknownName: [
    'has a name that cannot be looked up',
    (store) => `Check the host in ${store}.url of the answers, and the resolver of this machine.`,
  ],
  nobodyListens: ['cannot be reached', unreachable],
  noWay: ['cannot be reached', unreachable],
  isFull: ['has no connection left for us', () => 'Let it have more connections, or the user.'],
  isStarting: ['is starting', () => 'Wait until it has started.'],
};

/** `boundMs`: how long it was waited for. */
export function storeFinding(
  store: StoreName,
  where: { host: string; port: number },
  error: unknown,
  boundMs: number,
): Finding {
  const name = nameOf(store, where);
  if (error instanceof NoAnswer)
    return fault(`${name} does not answer within ${boundMs / 1000} s`, unreachable(store));
  const kind = kindOfStoreFault(error);
  if (kind) return fault(`${name} ${texts[kind][0]}`, texts[kind][1](store));
  const said = (error instanceof Error ? error.message : String(error)).split('\n')[0]!.slice(0, 200);
  return fault(`${name} does not take us: ${said}`, unreachable(store));
}
