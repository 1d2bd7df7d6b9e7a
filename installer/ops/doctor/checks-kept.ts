/** What is kept: disks, databases, backups, certificate, trail, clock: pure. */
import { bankStore, opsCommand, storeLog, type Check, type Finding, type HouseFacts } from './facts.ts';

const gigabytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(1)} GB`;
const hourMs = 3_600_000;

/** What of a disk must be free: a share, and an amount that a day takes at least. */
const faultShare = 0.05;
const warningShare = 0.15;
const faultBytes = 1e9;

export const checkDisks: Check = ({ status }) => {
  const findings: Finding[] = [];
  for (const { what, path, freeBytes, totalBytes } of status.disks) {
    const share = totalBytes === 0 ? 0 : freeBytes / totalBytes;
    if (share >= warningShare && freeBytes >= faultBytes) continue;
    const isFault = share < faultShare || freeBytes < faultBytes;
    findings.push({
      level: isFault ? 'fault' : 'warning',
      what: `The disk of ${what} is nearly full: ${gigabytes(freeBytes)} of ${gigabytes(totalBytes)} free`,
      remedy: `du -xsh ${path}/* tells what is large. Move old backups and recordings away or enlarge the disk; a full one stops the databases.`,
    });
  }
  return findings.length > 0 ? findings : [{ level: 'ok', what: 'Disks have room' }];
};

export const checkWalArchive: Check = (facts) => {
  if (bankStore(facts, 'postgres')) return [];
  const { wal, postgres, nowMs } = facts;
  const findings: Finding[] = [];
  if (wal?.isFull === true)
    findings.push({
      level: 'fault',
      what: "The database's log was too much for its archive: moments after that cannot be restored",
      remedy: `Take a new backup: ${opsCommand(facts, 'backup')}. It makes room and closes the gap.`,
    });
  else if (wal && wal.bytes > wal.boundBytes * 0.8)
    findings.push({
      level: 'warning',
      what: `The archive of the database's log is nearly full: ${gigabytes(wal.bytes)} of ${gigabytes(wal.boundBytes)}`,
      remedy: `Take a backup, which lets go of what is older: ${opsCommand(facts, 'backup')}`,
    });
  if (postgres?.archiveFailedAtMs !== undefined)
    findings.push({
      level: 'fault',
      what: `The database's log cannot be archived (last failure ${new Date(postgres.archiveFailedAtMs).toISOString()})`,
      remedy: `The reason is in ${opsCommand(facts, 'logs postgres')}: mostly a full disk, or the owner of ${wal?.dir ?? 'the archive'}.`,
    });
  else if (postgres && !postgres.isArchiving && facts.house.kind === 'installed')
    findings.push({
      level: 'warning',
      what: "The database's log is not kept: only the moments of backups can be restored",
      remedy:
        'Run install.sh of the release again, then systemctl restart hearthline-postgres at a quiet hour',
    });
  else if (postgres?.isArchiving && wal?.newestAtMs !== undefined && nowMs - wal.newestAtMs > 24 * hourMs)
    findings.push({
      level: 'warning',
      what: "Nothing of the database's log was archived for a day",
      remedy: `See ${opsCommand(facts, 'logs postgres')}`,
    });
  return findings;
};

const backupHours = 26;

export const checkBackup: Check = (facts) => {
  // With a store that is the bank's own, so are the backups.
  if (facts.status.bankStores !== undefined) return [];
  const { backup } = facts.status;
  const remedy = `Take one: ${opsCommand(facts, 'backup')}${facts.house.kind === 'installed' ? '; systemctl status hearthline-backup.timer tells when the next is due' : ''}`;
  if (!backup) return [{ level: 'warning', what: 'There is no backup', remedy }];
  const hours = Math.floor((facts.nowMs - backup.atMs) / hourMs);
  if (hours < backupHours) return [{ level: 'ok', what: `The last backup is ${Math.max(0, hours)} h old` }];
  return [
    {
      level: hours > 3 * 24 ? 'fault' : 'warning',
      what: `The last backup is ${hours} h old (${backup.name})`,
      remedy,
    },
  ];
};

export const checkCertificate: Check = (facts) => {
  const { state, daysLeft = 0, fault } = facts.status.certificate;
  const renew = `${opsCommand(facts, 'certificates renew')}, or ${opsCommand(facts, 'certificates csr')} for your own authority`;
  switch (state) {
    case 'ok':
      return [{ level: 'ok', what: `The certificate is good for ${daysLeft} days` }];
    case 'none':
      return facts.house.kind === 'clone'
        ? []
        : [
            {
              level: 'warning',
              what: 'The pages have no certificate: passwords cross the network in the clear',
              remedy: `Make one: ${opsCommand(facts, 'certificates make --names NAME')}, unless a proxy in front does TLS`,
            },
          ];
    case 'ends-soon':
      return [{ level: 'warning', what: `The certificate ends in ${daysLeft} days`, remedy: renew }];
    case 'ended':
      return [
        {
          level: 'fault',
          what: 'The certificate has ended: browsers and televisions refuse the pages',
          remedy: renew,
        },
      ];
    case 'broken':
      return [
        {
          level: 'fault',
          what: `The certificate cannot be used: ${fault ?? 'it is broken'}`,
          remedy: `${opsCommand(facts, 'certificates show')} tells which files; ${renew}`,
        },
      ];
  }
};

/** Clocks differ by a little between programs; a minute is a clock that was set. */
const clockSlackMs = 60_000;

export const checkClock: Check = ({ nowMs, postgres, newestFile, machine }) => {
  const remedy =
    'timedatectl tells how the clock is kept; set it, and let it follow the time servers of the bank (systemd-timesyncd or chrony)';
  const aheads: [what: string, atMs: number | undefined][] = [
    ['the newest event', postgres?.newestEventAtMs],
    ['a file of the data', newestFile?.atMs],
  ];
  for (const [what, atMs] of aheads)
    if (atMs !== undefined && atMs - nowMs > clockSlackMs)
      return [
        {
          level: 'fault',
          what: `The clock is wrong: ${what} is ${Math.round((atMs - nowMs) / 1000)} s in the future`,
          remedy,
        },
      ];
  return machine?.isClockSynchronized === false
    ? [{ level: 'warning', what: 'The clock follows no time server', remedy }]
    : [];
};

export const checkPostgres: Check = (facts) => {
  const { postgres, status } = facts;
  const isRunning =
    bankStore(facts, 'postgres')?.isAnswering ??
    status.processes.some(({ name, pid }) => name === 'postgres' && pid !== undefined);
  if (!postgres) return [];
  const findings: Finding[] = [];
  if (postgres.connections > postgres.maxConnections * 0.8)
    findings.push({
      level: 'warning',
      what: `${postgres.connections} of ${postgres.maxConnections} connections of Postgres are in use`,
      remedy: 'Something beside Hearthline may hold them: select * from pg_stat_activity tells who',
    });
  for (const fault of postgres.auditFaults)
    findings.push({
      level: 'fault',
      what: `The audit trail is broken: ${fault}`,
      remedy: `Keep the database as it is, tell security, and check all of it: ${opsCommand(facts, 'audit verify')}`,
    });
  return findings.length > 0 || !isRunning ? findings : [{ level: 'ok', what: 'Postgres is in order' }];
};

function redisRemedy(facts: HouseFacts, wanted: string): string {
  const bank = bankStore(facts, 'redis');
  if (bank)
    return `Whoever keeps the bank's Redis at ${bank.at} sets it: its setting ${wanted} (docs/own-stores.md)`;
  const again =
    facts.house.kind === 'installed'
      ? 'run install.sh of the release again, then systemctl restart hearthline-redis'
      : 'Ctrl-C and npm start';
  return `Its setting ${wanted}: ${again}`;
}

export const checkRedis: Check = (facts) => {
  const { redis } = facts;
  if (!redis) return [];
  const findings: Finding[] = [];
  if (!redis.isAppending)
    findings.push({
      level: 'fault',
      what: 'Redis keeps nothing on disk: what is not in history yet is gone when it ends',
      remedy: redisRemedy(facts, 'appendonly must be yes'),
    });
  if (!redis.isWriteOk || !redis.isRewriteOk)
    findings.push({
      level: 'fault',
      what: 'Redis could not write its file',
      remedy: `Its disk may be full: see ${storeLog(facts, 'redis')}`,
    });
  if (redis.policy !== 'noeviction')
    findings.push({
      level: 'fault',
      what: `Redis may throw events away (maxmemory-policy is ${redis.policy})`,
      remedy: redisRemedy(facts, 'maxmemory-policy must be noeviction'),
    });
  if (redis.machineBytes > 0 && redis.usedBytes > redis.machineBytes * 0.5)
    findings.push({
      level: 'warning',
      what: `Redis uses ${gigabytes(redis.usedBytes)} of ${gigabytes(redis.machineBytes)} of memory`,
      remedy: `It keeps what history does not have yet: is Postgres away? ${opsCommand(facts, 'status')}`,
    });
  return findings.length > 0 ? findings : [{ level: 'ok', what: 'Redis writes to its file' }];
};

export const checkSecrets: Check = ({ openSecrets }) =>
  openSecrets.map((path) => ({
    level: 'fault',
    what: `Others may read ${path}`,
    remedy: `chmod go-rwx '${path}', then rotate what it holds: hearthline keys list`,
  }));

export const checkRestore: Check = (facts) =>
  facts.unfinishedRestore === undefined
    ? []
    : [
        {
          level: 'fault',
          what: `A restore of ${facts.unfinishedRestore} was cut off in its last step: nothing starts`,
          remedy:
            facts.house.kind === 'installed'
              ? `Finish it: hearthline restore ${facts.unfinishedRestore} --replace`
              : 'npm start finishes it',
        },
      ];

export const checkUnseen: Check = ({ unseen }) =>
  unseen.map(({ what, why }) => ({
    level: 'warning',
    what: `${what} could not be looked at: ${why}`,
    remedy: 'Run doctor as root, and once more when everything runs',
  }));
