/** The other parts of a support bundle with nothing personal in them: status, findings, metrics, settings. Pure. */
import type { Settings } from '../../settings.ts';
import { examine } from '../doctor/checks.ts';
import type { HouseFacts } from '../doctor/facts.ts';
import type { HouseStatus } from '../status/house-status.ts';

const places = [
  '/etc/hearthline',
  '/var/lib/hearthline',
  '/opt/hearthline',
  '/etc/systemd/system',
  '/etc/sysctl.d',
];

/** A path of ours, else only that it is elsewhere: folders are named after people. */
export function cleanPath(path: string, dataDir: string): string {
  if (path.startsWith(`${dataDir}/`)) return `<data>${path.slice(dataDir.length)}`;
  return places.some((place) => path === place || path.startsWith(`${place}/`)) ? path : '<elsewhere>';
}

/** What other servers answered is in the details of channels. */
const withoutDetails = (parts: HouseStatus['parts']): HouseStatus['parts'] =>
  Object.fromEntries(Object.entries(parts).map(([name, { isReady }]) => [name, { isReady }]));

export function cleanStatus(status: HouseStatus): HouseStatus {
  const { state, daysLeft } = status.certificate;
  return {
    ...status,
    parts: withoutDetails(status.parts),
    ...(status.bankStores && {
      bankStores: status.bankStores.map(({ name, title, isAnswering }) => ({
        name,
        title,
        at: 'another machine',
        isAnswering,
      })),
    }),
    disks: status.disks.map((disk) => ({ ...disk, path: disk.what })),
    certificate: { state, ...(daysLeft !== undefined && { daysLeft }) },
  };
}

/** The checks judge facts in which nothing personal is left; what mends a finding is for whoever sits at the machine. */
export function cleanFindings(facts: HouseFacts): { level: string; what: string }[] {
  const { dataDir } = facts.house.layout;
  const path = (one: string) => cleanPath(one, dataDir);
  const { machine } = facts;
  return examine({
    ...facts,
    status: cleanStatus(facts.status),
    ...(facts.newestFile && { newestFile: { ...facts.newestFile, path: '' } }),
    foreignRtp: { count: facts.foreignRtp.count },
    takenPorts: facts.takenPorts.map((port) => ({ ...port, by: 'another process' })),
    openSecrets: facts.openSecrets.map(path),
    unseen: facts.unseen.map(({ what }) => ({ what, why: 'see doctor on the machine' })),
    ...(machine && {
      machine: {
        ...machine,
        wrongDirectories: machine.wrongDirectories.map((one) => ({ ...one, path: path(one.path) })),
        differingUnits: machine.differingUnits.map(path),
        missingDropIns: machine.missingDropIns.map(path),
      },
    }),
  }).map(({ level, what }) => ({ level, what }));
}

const metricLine = /^(hearthline_[a-z0-9_]+)(\{[^}]*\})? ([-+0-9.eE]+|NaN|[+-]Inf)$/;
/** Ids, states, versions; nothing with an at sign, an address or a number of a telephone. */
const labelValue =
  /^[A-Za-z][A-Za-z0-9_-]{0,60}$|^[0-9a-f]{12,40}$|^v?\d{1,3}\.\d{1,3}\.\d{1,3}$|^\+?(Inf|[0-9.]{1,8})$/;

/** Only lines of values, each label looked at. */
export function cleanMetrics(text: string): string {
  const lines = text.split('\n').flatMap((line) => {
    const match = metricLine.exec(line);
    if (!match) return [];
    const labels = (match[2] ?? '').replaceAll(/="((?:[^"\\]|\\.)*)"/g, (_all, value: string) =>
      labelValue.test(value) && !/\d+\.\d+\.\d+\.\d+/.test(value) ? `="${value}"` : '="…"',
    );
    return [`${match[1]}${labels} ${match[3]}`];
  });
  return `${lines.join('\n')}\n`;
}

export function cleanSettings(kind: string, settings: Settings): object {
  const { httpPort, publicPort, sipPort, rtpFirst, rtpLast, bind, tls, postgres, redis } = settings;
  return {
    kind,
    httpPort,
    publicPort,
    sipPort,
    rtpFirst,
    rtpLast,
    bind: bind === '0.0.0.0' ? 'all addresses' : bind.startsWith('127.') ? 'loopback' : 'one address',
    hasTls: tls !== undefined,
    isPostgresTheBanks: postgres !== undefined,
    isRedisTheBanks: redis !== undefined,
  };
}
