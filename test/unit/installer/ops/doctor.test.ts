import { expect } from 'chai';
import { examine } from '../../../../installer/ops/doctor/checks.ts';
import type { HouseFacts, MachineFacts } from '../../../../installer/ops/doctor/facts.ts';
import { readUnits } from '../../../../installer/ops/doctor/gather-machine.ts';
import { findingsText } from '../../../../installer/ops/doctor.ts';
import { processNames } from '../../../../installer/ops/status/processes.ts';
import { installedLayout } from '../../../../installer/house.ts';
import { readSettings } from '../../../../installer/settings.ts';

const nowMs = Date.UTC(2026, 10, 22, 12);
const hourMs = 3_600_000;

const machine: MachineFacts = {
  units: processNames.map((name) => ({
    name: `hearthline-${name}.service`,
    active: 'active',
    restarts: 0,
    result: 'success',
  })),
  otherReleases: {},
  currentRelease: '1.0.0-aaaaaaaaaaaa',
  wrongDirectories: [],
  differingUnits: [],
  missingDropIns: [],
  networksChange: false,
  firewall: 'loaded',
  kernel: [],
  differingSettings: [],
  isClockSynchronized: true,
};

/** An installed house in which all is well. */
const sound: HouseFacts = {
  nowMs,
  house: {
    kind: 'installed',
    layout: installedLayout('/'),
    settings: readSettings({}, '/'),
    backupsDir: '/var/lib/hearthline/backups',
  },
  status: {
    isReady: true,
    version: '1.0.0',
    node: '20.20.2',
    processes: processNames.map((name, index) => ({ name, pid: 100 + index, sinceMs: nowMs - 48 * hourMs })),
    parts: Object.fromEntries(
      ['sip-engine', 'media-engine', 'redis', 'log', 'postgres', 'routing'].map((name) => [
        name,
        { isReady: true },
      ]),
    ),
    waiting: {},
    disks: [{ what: 'data', path: '/var/lib/hearthline', freeBytes: 80e9, totalBytes: 100e9 }],
    certificate: { state: 'ok', daysLeft: 200 },
    backup: { name: '20261122T020000Z', atMs: nowMs - 10 * hourMs },
  },
  metrics:
    'hearthline_media_scheduling_realtime 1\nhearthline_projector_lag_events 3\nhearthline_log_unwritten_events 0\n',
  wal: {
    dir: '/var/lib/hearthline/wal',
    bytes: 1e9,
    boundBytes: 20e9,
    files: 60,
    newestAtMs: nowMs - 60_000,
    isFull: false,
  },
  postgres: {
    connections: 12,
    maxConnections: 60,
    isArchiving: true,
    newestEventAtMs: nowMs - 1000,
    lostLastHour: {},
    auditFaults: [],
  },
  redis: {
    version: '7.0.15',
    isAppending: true,
    isWriteOk: true,
    isRewriteOk: true,
    policy: 'noeviction',
    usedBytes: 50e6,
    machineBytes: 16e9,
  },
  newestFile: { path: '/var/lib/hearthline/egress.json', atMs: nowMs - 1000 },
  foreignRtp: { count: 0 },
  takenPorts: [],
  openSecrets: [],
  machine,
  unseen: [],
};

const wrong = (facts: Partial<HouseFacts>) =>
  examine({ ...sound, ...facts }).filter(({ level }) => level !== 'ok');
const status = (part: Partial<HouseFacts['status']>) => ({ status: { ...sound.status, ...part } });
const onMachine = (part: Partial<MachineFacts>) => ({ machine: { ...machine, ...part } });
const postgres = (part: Partial<NonNullable<HouseFacts['postgres']>>) => ({
  postgres: { ...sound.postgres!, ...part },
});
const redis = (part: Partial<NonNullable<HouseFacts['redis']>>) => ({ redis: { ...sound.redis!, ...part } });

describe('the checks of hearthline doctor', () => {
  it('find nothing where all is well', () => {
    expect(wrong({})).to.deep.equal([]);
    expect(findingsText(examine(sound))).to.match(/Nothing is wrong\.$/);
  });

  const gone = (name: string) =>
    sound.status.processes.map((one) => (one.name === name ? { name: one.name } : one));
  const disk = (freeBytes: number) => [{ what: 'data', path: '/d', freeBytes, totalBytes: 100e9 }];
  const cases: [what: string, facts: Partial<HouseFacts>, level: string, says: RegExp, remedy: RegExp][] = [
    [
      'media is gone',
      status({ processes: gone('media') }),
      'fault',
      /media does not run: no call has audio/,
      /systemctl restart hearthline-media/,
    ],
    [
      'nothing runs',
      status({ processes: processNames.map((name) => ({ name })), parts: {} }),
      'fault',
      /Nothing of Hearthline runs/,
      /systemctl start hearthline.target/,
    ],
    [
      'a server that hangs',
      status({ parts: {} }),
      'fault',
      /does not answer/,
      /systemctl restart hearthline-server/,
    ],
    [
      'a part that is away',
      status({ parts: { ...sound.status.parts, redis: { isReady: false } } }),
      'fault',
      /redis is not ready: calls go on that are up/,
      /hearthline logs/,
    ],
    [
      'a channel that is down',
      status({ parts: { ...sound.status.parts, 'channel-mail': { isReady: false, detail: 'down: login' } } }),
      'warning',
      /channel-mail does not work \(down: login\)/,
      /site export/,
    ],
    [
      'a part lost over and over',
      postgres({ lostLastHour: { 'sip-engine': 4 } }),
      'warning',
      /sip was lost or started again 4 times/,
      /logs sip/,
    ],
    [
      'a timer that failed',
      onMachine({
        units: [{ name: 'hearthline-backup.service', active: 'failed', restarts: 0, result: 'exit-code' }],
      }),
      'fault',
      /hearthline-backup.service failed \(exit-code\)/,
      /journalctl -u/,
    ],
    ['a full disk', status({ disks: disk(2e9) }), 'fault', /nearly full/, /du -xsh/],
    ['a disk that fills', status({ disks: disk(12e9) }), 'warning', /nearly full/, /du -xsh/],
    [
      'a log archive with a gap',
      { wal: { ...sound.wal!, isFull: true } },
      'fault',
      /cannot be restored/,
      /hearthline backup/,
    ],
    [
      'a log archive that fills',
      { wal: { ...sound.wal!, bytes: 17e9 } },
      'warning',
      /nearly full/,
      /hearthline backup/,
    ],
    [
      'archiving that fails',
      postgres({ archiveFailedAtMs: nowMs }),
      'fault',
      /cannot be archived/,
      /logs postgres/,
    ],
    ['no archiving', postgres({ isArchiving: false }), 'warning', /is not kept/, /install.sh/],
    [
      'no backup of last night',
      status({ backup: { name: 'b', atMs: nowMs - 30 * hourMs } }),
      'warning',
      /30 h old/,
      /hearthline backup/,
    ],
    [
      'no backup for days',
      status({ backup: { name: 'b', atMs: nowMs - 100 * hourMs } }),
      'fault',
      /100 h old/,
      /hearthline backup/,
    ],
    [
      'a certificate that ends soon',
      status({ certificate: { state: 'ends-soon', daysLeft: 9 } }),
      'warning',
      /in 9 days/,
      /certificates renew/,
    ],
    [
      'a certificate that has ended',
      status({ certificate: { state: 'ended', daysLeft: -1 } }),
      'fault',
      /has ended/,
      /certificates renew/,
    ],
    [
      'a broken certificate',
      status({ certificate: { state: 'broken', fault: 'the key does not fit' } }),
      'fault',
      /the key does not fit/,
      /certificates show/,
    ],
    [
      'a clock that was set back',
      postgres({ newestEventAtMs: nowMs + 2 * hourMs }),
      'fault',
      /newest event is 7200 s in the future/,
      /timedatectl/,
    ],
    [
      'a file of the future',
      { newestFile: { path: '/x', atMs: nowMs + hourMs } },
      'fault',
      /file of the data is 3600 s/,
      /timedatectl/,
    ],
    [
      'a clock of its own',
      onMachine({ isClockSynchronized: false }),
      'warning',
      /follows no time server/,
      /timedatectl/,
    ],
    ['connections used up', postgres({ connections: 55 }), 'warning', /55 of 60/, /pg_stat_activity/],
    [
      'a broken trail',
      postgres({ auditFaults: ['entry 7: it was changed'] }),
      'fault',
      /entry 7: it was changed/,
      /audit verify/,
    ],
    [
      'Redis that keeps nothing',
      redis({ isAppending: false }),
      'fault',
      /keeps nothing on disk/,
      /appendonly/,
    ],
    ['Redis that cannot write', redis({ isWriteOk: false }), 'fault', /could not write/, /logs redis/],
    ['Redis that evicts', redis({ policy: 'allkeys-lru' }), 'fault', /allkeys-lru/, /noeviction/],
    ['Redis that fills the memory', redis({ usedBytes: 9e9 }), 'warning', /of memory/, /hearthline status/],
    [
      'audio without real time',
      { metrics: 'hearthline_media_scheduling_realtime 0' },
      'warning',
      /no real-time class/,
      /CAP_SYS_NICE/,
    ],
    [
      'history far behind',
      { metrics: 'hearthline_projector_lag_events 50000' },
      'warning',
      /50000 events behind/,
      /logs postgres/,
    ],
    [
      'events gone',
      { metrics: 'hearthline_projector_missing_events_total 2' },
      'fault',
      /missing in history/,
      /hearthline support/,
    ],
    [
      'a taken port',
      { takenPorts: [{ port: 5060, use: 'SIP', by: 'asterisk (process 9)' }] },
      'fault',
      /5060 \(SIP\) is taken by asterisk/,
      /hearthline.env/,
    ],
    [
      'audio ports of others',
      { foreignRtp: { count: 3, example: 'named (process 5)' } },
      'warning',
      /3 of 4000 audio ports/,
      /HEARTHLINE_RTP_PORTS/,
    ],
    ['an open secret', { openSecrets: ['/s/sip'] }, 'fault', /Others may read \/s\/sip/, /chmod go-rwx/],
    [
      'a restore cut off',
      { unfinishedRestore: 'b1' },
      'fault',
      /restore of b1 was cut off/,
      /hearthline restore b1/,
    ],
    [
      'an upgrade cut off',
      onMachine({ upgrade: { from: 'a', to: 'b', isUnderWay: false } }),
      'fault',
      /upgrade from a to b was cut off/,
      /hearthline settle/,
    ],
    ['an installation cut off', onMachine({ installStep: 7 }), 'fault', /step 7/, /install.sh/],
    [
      'an engine of the old release',
      onMachine({ otherReleases: { sip: '0.9.0-b' } }),
      'warning',
      /sip runs 0.9.0-b/,
      /quiet hour: systemctl restart hearthline-sip/,
    ],
    [
      'a server of the old release',
      onMachine({ otherReleases: { server: '0.9.0-b' } }),
      'fault',
      /server runs 0.9.0-b/,
      /restart hearthline-server/,
    ],
    [
      'a directory of somebody else',
      onMachine({ wrongDirectories: [{ path: '/r', wanted: 'a directory', remedy: 'chown 1:2 /r' }] }),
      'fault',
      /\/r must be/,
      /chown 1:2/,
    ],
    [
      'no drop-in',
      onMachine({ missingDropIns: ['/u/networks.conf'] }),
      'fault',
      /reach nobody outside/,
      /networks apply/,
    ],
    ['networks that changed', onMachine({ networksChange: true }), 'warning', /may reach/, /networks apply/],
    [
      'a firewall that is not loaded',
      onMachine({ firewall: 'not-loaded' }),
      'fault',
      /not loaded/,
      /restart hearthline-firewall/,
    ],
    [
      'no firewall file',
      onMachine({ firewall: 'no-file' }),
      'fault',
      /firewall.nft is missing/,
      /install.sh/,
    ],
    [
      'kernel settings',
      onMachine({ kernel: [{ name: 'vm.swappiness', wanted: '10', found: '60' }] }),
      'warning',
      /vm.swappiness is 60/,
      /sysctl -p/,
    ],
    [
      'settings and answers apart',
      onMachine({ differingSettings: ['HEARTHLINE_SIP_PORT'] }),
      'warning',
      /HEARTHLINE_SIP_PORT/,
      /say the same/,
    ],
    [
      'what could not be seen',
      { unseen: [{ what: 'Redis', why: 'EACCES' }] },
      'warning',
      /Redis could not be looked at: EACCES/,
      /as root/,
    ],
  ];
  for (const [what, facts, level, says, remedy] of cases)
    it(`tell of ${what}`, () => {
      const found = wrong(facts);
      expect(found).to.have.length(1);
      expect(found[0]!.level).to.equal(level);
      expect(found[0]!.what).to.match(says);
      expect(found[0]!.remedy).to.match(remedy);
    });

  it('tell a process that came back just now as a fault', () => {
    const young = sound.status.processes.map((one) => ({ ...one, sinceMs: nowMs - 5000 }));
    const units = [{ name: 'hearthline-media.service', active: 'active', restarts: 5, result: 'success' }];
    const found = wrong({ ...status({ processes: young }), ...onMachine({ units }) });
    expect(found.map(({ level, what }) => `${level} ${what}`)).to.deep.equal([
      'fault media was lost or started again 5 times of late: something ends it over and over',
    ]);
  });

  it('read what systemctl shows', () => {
    const text =
      'Id=hearthline-sip.service\nNRestarts=2\nResult=exit-code\nActiveState=activating\n\nId=hearthline-backup.timer\nActiveState=active\nResult=success\n';
    expect(readUnits(text)).to.deep.equal([
      { name: 'hearthline-sip.service', active: 'activating', restarts: 2, result: 'exit-code' },
      { name: 'hearthline-backup.timer', active: 'active', restarts: 0, result: 'success' },
    ]);
  });
});
