/**
 * What backups are where a store is the bank's own: its own. A copy of ours is of one moment of both stores, made from the files of our
 * private ones, which nobody can do over a connection; half a backup would be taken for a whole one.
 */
import { CliError } from '../../admin-socket.ts';
import type { House } from '../../house.ts';
import { bankStores } from '../../bank-stores.ts';

/** What of a house with such stores the bank keeps, as lines. */
function keptLines({ layout, settings, machine }: House): string[] {
  const { postgres, redis, tls } = settings;
  const settingsFiles = machine
    ? [machine.settingsFile, machine.answersFile, machine.tlsDir, machine.credentialsDir]
    : ['the environment that npm start is given', ...(tls ? [tls.certFile, tls.keyFile] : [])];
  const passwords = [postgres, redis].flatMap((store) => [store?.passwordFile, store?.caFile]);
  const beside = passwords.filter((file) => file !== undefined && !file.startsWith(`${machine?.etcDir}/`));
  return [
    ...(postgres ? [] : [`Postgres      ${layout.postgres.dataDir}: pg_dump or pg_basebackup by its socket`]),
    ...(redis ? [] : [`Redis         ${layout.redis.dataDir}`]),
    `recordings    ${layout.recordingsDir}`,
    `announcements ${layout.promptsDir}/custom`,
    `secrets       ${layout.secretsDir}`,
    `settings      ${[...settingsFiles, ...beside].join(', ')}`,
  ];
}

/** Throws CliError where a store is the bank's own; `what` is refused, and nothing was done. */
export function refuseWithBankStores(house: House, what: 'backup' | 'restore' | 'rehearse'): void {
  const banks = bankStores(house.settings);
  if (banks.length === 0) return;
  const named = banks.map(({ title, at }) => `${title} (${at})`).join(' and ');
  const isOne = banks.length === 1;
  const why = {
    backup: `so ${isOne ? 'it is' : 'they are'} backed up by the bank's own means. Nothing was written.`,
    restore: `so ${isOne ? 'it is' : 'they are'} restored by the bank's own means, while Hearthline is stopped. Nothing was changed.`,
    rehearse: 'and a rehearsal works on a copy of our own. Nothing was changed.',
  };
  throw new CliError(
    [
      `hearthline ${what} cannot do it here: ${named} ${isOne ? 'is' : 'are'} the bank's own, ${why[what]}`,
      ...(what === 'rehearse'
        ? []
        : [
            `What else has to be ${what === 'backup' ? 'kept' : 'put back'}, which hearthline ${what} does not do either:`,
            ...keptLines(house).map((line) => `  ${line}`),
            'In which order, and of which moment: docs/own-stores.md',
          ]),
    ].join('\n'),
  );
}
