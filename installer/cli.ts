/**
 * The `hearthline` command of an installed machine: one word says what to do, and a file of its own in `ops/` does it. In a
 * clone, `npm run ops -- WORD` is the same for what `npm start` runs.
 */
import { CliError } from './admin-socket.ts';
import { terminal, type CliIo } from './cli-io.ts';
import { findHouse, type House } from './house.ts';
import { StoreAddressFault } from '../server/lib/store-address.ts';
import { SettingsError } from './settings.ts';

/** Resolves to the exit code: 0 done, 1 refused or found wanting. */
export type OpsCommand = (args: string[], house: House, io: CliIo) => Promise<number>;

/** One that must work whatever is wrong with the settings: it looks for no house. */
export type LoneCommand = (args: string[], io: CliIo) => Promise<number>;

type Listed = { summary: string } & (
  { load: () => Promise<OpsCommand> } | { loadLone: () => Promise<LoneCommand> }
);

const commands: Readonly<Record<string, Listed>> = {
  site: {
    summary: 'the whole site as one text file: export, check, import',
    load: async () => (await import('./site-cli.ts')).siteCommand,
  },
  status: {
    summary: 'every process, who waits, disks, certificate, last backup',
    load: async () => (await import('./ops/status.ts')).statusCommand,
  },
  doctor: {
    summary: 'what is wrong with this Hearthline, what it means, and what to do',
    load: async () => (await import('./ops/doctor.ts')).doctorCommand,
  },
  logs: {
    summary: 'the logs of the processes, readable and without personal data',
    load: async () => (await import('./ops/logs.ts')).logsCommand,
  },
  support: {
    summary: 'one file for whoever helps, without personal data, shown before it is written',
    load: async () => (await import('./ops/support.ts')).supportCommand,
  },
  upgrade: {
    summary: 'to another version, rehearsed first, with the calls in progress kept',
    load: async () => (await import('./ops/upgrade.ts')).upgradeCommand,
  },
  rehearse: {
    summary: 'whether this release would do for the house as it is now',
    load: async () => (await import('./ops/rehearse.ts')).rehearseCommand,
  },
  rollback: {
    summary: 'back to the version before the last upgrade',
    load: async () => (await import('./ops/rollback.ts')).rollbackCommand,
  },
  settle: {
    summary: 'undoes an upgrade that was cut off; the start does it by itself',
    load: async () => (await import('./ops/settle.ts')).settleCommand,
  },
  schema: {
    summary: 'the migrations of the database: show, back',
    load: async () => (await import('./ops/schema.ts')).schemaCommand,
  },
  settings: {
    summary: 'the settings of the databases as this release has them: write',
    load: async () => (await import('./ops/settings.ts')).settingsCommand,
  },
  uninstall: {
    summary: 'takes Hearthline off this machine and keeps its data',
    loadLone: async () => (await import('./install/uninstall.ts')).uninstallCommand,
  },
  retention: {
    summary: 'forgetting text and recordings by their age: show, run',
    load: async () => (await import('./ops/retention.ts')).retentionCommand,
  },
  maintenance: {
    summary: 'callers hear that there is maintenance, until a time: on, off, show',
    load: async () => (await import('./ops/maintenance.ts')).maintenanceCommand,
  },
  users: {
    summary: 'who may sign in, and a new password for who forgot theirs: list, reset',
    load: async () => (await import('./ops/users.ts')).usersCommand,
  },
  keys: {
    summary: 'secrets of this house: list, rotate',
    load: async () => (await import('./ops/keys.ts')).keysCommand,
  },
  certificates: {
    summary: 'the certificate of the pages: show, make, renew, csr, install',
    load: async () => (await import('./ops/certificates.ts')).certificatesCommand,
  },
  backup: {
    summary: 'takes a backup, lists them, proves one by restoring it',
    load: async () => (await import('./ops/backup.ts')).backupCommand,
  },
  restore: {
    summary: 'puts a backup in place, as it was or as of a later moment',
    load: async () => (await import('./ops/restore.ts')).restoreCommand,
  },
  audit: {
    summary: 'the audit trail: verify it against the signed statements, export it',
    load: async () => (await import('./ops/audit.ts')).auditCommand,
  },
  networks: {
    summary: 'which networks the services may speak to: apply, firewall, counters',
    load: async () => (await import('./ops/networks.ts')).networksCommand,
  },
  residency: {
    summary: 'what left the building, signed statements of it, and how to check them',
    load: async () => (await import('./ops/residency.ts')).residencyCommand,
  },
};

export function usageText(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length)) + 2;
  const lines = Object.entries(commands).map(
    ([name, { summary }]) => `  hearthline ${name.padEnd(width)}${summary}`,
  );
  return ['Usage:', ...lines, '', 'hearthline WORD --help tells more.'].join('\n');
}

/** Runs one command; what goes wrong for a known reason is told in words. */
export async function runCli(args: string[], io: CliIo, env = process.env): Promise<number> {
  const [name = 'help', ...rest] = args;
  if (name === 'help' || name === '--help' || name === '-h') {
    io.out(usageText());
    return 0;
  }
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (!command) {
    io.error(`There is no command "${name}".\n${usageText()}`);
    return 1;
  }
  try {
    if ('loadLone' in command) return await (await command.loadLone())(rest, io);
    const house = findHouse(env, process.cwd());
    const run = await command.load();
    return await run(rest, house, io);
  } catch (error) {
    if (!(error instanceof CliError || error instanceof SettingsError || error instanceof StoreAddressFault))
      throw error;
    io.error(error.message);
    return 1;
  }
}

/** What the bootstrap hands over to. */
export async function cli(_startedAt: number, args: string[]): Promise<void> {
  process.exitCode = await runCli(args, terminal);
}
