/** What runs, what is ready, and what it means for calls when it is not: pure. */
import type { ProcessName } from '../../supervised-process.ts';
import {
  metricOf,
  opsCommand,
  restartCommand,
  startCommand,
  storeLog,
  type Check,
  type Finding,
  type HouseFacts,
} from './facts.ts';

const meaning: Readonly<Record<ProcessName, string>> = {
  postgres: 'calls go on; history, sign-in, mails and chats stand still',
  redis: 'calls go on that are up; new ones are not routed',
  sip: 'no call comes in and none can be answered',
  media: 'no call has audio, and new ones are refused',
  server: 'calls that are up go on; nobody is routed and the pages are away',
};

const partMeaning: Readonly<Record<string, string>> = {
  'sip-engine': meaning.sip,
  'media-engine': meaning.media,
  redis: meaning.redis,
  postgres: meaning.postgres,
  log: 'events wait in memory and are lost if the server dies now',
  routing: 'the server is taking over; calls wait until it is done',
};

export const checkProcesses: Check = (facts) => {
  const { processes } = facts.status;
  const gone = processes.filter(({ pid }) => pid === undefined);
  if (gone.length === processes.length && processes.length > 0)
    return [
      {
        level: 'fault',
        what: 'Nothing of Hearthline runs: no calls, no pages',
        remedy: `Start it: ${startCommand(facts)}`,
      },
    ];
  if (gone.length === 0) return [{ level: 'ok', what: `${processes.length} processes run` }];
  return gone.map(({ name }) => ({
    level: 'fault',
    what: `${name} does not run: ${meaning[name]}`,
    remedy: `See why with ${opsCommand(facts, `logs ${name} --level warn`)}, then ${restartCommand(facts, name)}`,
  }));
};

/** Signed in to as the server does it. */
export const checkBankStores: Check = ({ status }) =>
  (status.bankStores ?? []).map(({ name, title, at, isAnswering, fault }) =>
    isAnswering
      ? { level: 'ok', what: `The bank's own ${title}, at ${at}, answers` }
      : {
          level: 'fault',
          what: `The bank's own ${title}, at ${at}, does not take us${fault === undefined ? '' : ` (${fault})`}: ${meaning[name]}`,
          remedy:
            'Whoever keeps it knows whether it runs; address, password and authority are in the settings (docs/own-stores.md)',
        },
  );

const restartsAtMost = 3;
const youngMs = 10 * 60_000;

/** What has run for a while since then is worth a look; what came back just now will be gone again. */
export const checkRestarts: Check = (facts) => {
  const { processes } = facts.status;
  return processes.flatMap(({ name, sinceMs }): Finding[] => {
    const lost = facts.postgres?.lostLastHour ?? {};
    const unit = facts.machine?.units.find((one) => one.name === `hearthline-${name}.service`);
    const isYoung = sinceMs !== undefined && facts.nowMs - sinceMs < youngMs;
    const count = Math.max(lost[name] ?? 0, lost[`${name}-engine`] ?? 0, isYoung ? (unit?.restarts ?? 0) : 0);
    if (count < restartsAtMost) return [];
    return [
      {
        level: isYoung ? 'fault' : 'warning',
        what: `${name} was lost or started again ${count} times of late: something ends it over and over`,
        remedy: `The last lines before each end tell why: ${opsCommand(facts, `logs ${name} --since 1h`)}`,
      },
    ];
  });
};

/** Services are told by what runs; of the others a failure would stay unseen. */
export const checkUnits: Check = (facts) =>
  (facts.machine?.units ?? [])
    .filter(({ active }) => active === 'failed')
    .map(({ name, result }) => ({
      level: 'fault',
      what: `${name} failed (${result})`,
      remedy: `journalctl -u ${name} -n 50 tells why; then systemctl start ${name}`,
    }));

/** A server that runs and says nothing is not ready, and not healthy. */
export const checkParts: Check = (facts) => {
  const { status } = facts;
  const parts = Object.entries(status.parts);
  const server = status.processes.find(({ name }) => name === 'server');
  if (parts.length === 0)
    return server?.pid === undefined
      ? []
      : [
          {
            level: 'fault',
            what: 'The server runs and does not answer: it is starting, or it hangs',
            remedy: `Wait a minute, then ${opsCommand(facts, 'logs server')}; where nothing moves, ${restartCommand(facts, 'server')}`,
          },
        ];
  const away = parts.filter(([, { isReady }]) => !isReady);
  if (away.length === 0) return [{ level: 'ok', what: 'All parts are ready' }];
  return away.map(([name, { detail }]) => partFinding(facts, name, detail));
};

function partFinding(facts: HouseFacts, name: string, detail: string | undefined): Finding {
  const told = detail === undefined ? '' : ` (${detail})`;
  const known = partMeaning[name];
  if (known !== undefined)
    return {
      level: 'fault',
      what: `${name} is not ready${told}: ${known}`,
      remedy: `See ${opsCommand(facts, 'logs --level warn')}`,
    };
  if (name.startsWith('channel-'))
    return {
      level: 'warning',
      what: `${name} does not work${told}: what comes that way waits at the other side`,
      remedy: `Its address or password in the site may be wrong, or the other server is away: ${opsCommand(facts, 'site export site.yaml')}`,
    };
  return {
    level: 'warning',
    what: `${name} is not in order${told}`,
    remedy: `See ${opsCommand(facts, name === 'residency' ? 'residency' : 'logs server')}`,
  };
}

export const checkRealTime: Check = ({ metrics }) => {
  const value = metricOf(metrics, 'hearthline_media_scheduling_realtime');
  if (value === undefined) return [];
  if (value === 1) return [{ level: 'ok', what: 'Audio has the real-time class' }];
  return [
    {
      level: 'warning',
      what: 'Audio has no real-time class: under load it may stutter',
      remedy:
        'Let the media service have it (in a virtual machine or container: CAP_SYS_NICE), then restart hearthline-media at a quiet hour',
    },
  ];
};

const lagEvents = 20_000;

export const checkHistory: Check = (facts) => {
  const lag = metricOf(facts.metrics, 'hearthline_projector_lag_events');
  const waiting = metricOf(facts.metrics, 'hearthline_log_unwritten_events') ?? 0;
  const findings: Finding[] = [];
  if (lag !== undefined && lag > lagEvents)
    findings.push({
      level: 'warning',
      what: `History is ${lag} events behind: reports and lists are old`,
      remedy: `Postgres is away or slow: see ${storeLog(facts, 'postgres')}`,
    });
  for (const name of ['missing', 'unreadable'])
    if ((metricOf(facts.metrics, `hearthline_projector_${name}_events_total`) ?? 0) > 0)
      findings.push({
        level: 'fault',
        what: `Events are ${name} in history: figures of that time are wrong`,
        remedy: `Keep the logs and ask for support: ${opsCommand(facts, 'support')}`,
      });
  if (waiting > 1000)
    findings.push({
      level: 'fault',
      what: `${waiting} events are not in Redis yet`,
      remedy: `Redis is away or its disk is full: see ${storeLog(facts, 'redis')}`,
    });
  return findings;
};

export const checkPorts: Check = (facts) => {
  const { foreignRtp, takenPorts, house } = facts;
  const findings: Finding[] = takenPorts.map(({ port, use, by }) => ({
    level: 'fault',
    what: `Port ${port} (${use}) is taken by ${by}`,
    remedy: `End that, or choose another port in ${house.kind === 'installed' ? '/etc/hearthline/hearthline.env' : 'the environment of npm start'}`,
  }));
  const total = house.settings.rtpLast - house.settings.rtpFirst + 1;
  if (foreignRtp.count > 0)
    findings.push({
      level: foreignRtp.count * 2 > total ? 'fault' : 'warning',
      what: `${foreignRtp.count} of ${total} audio ports are held by others${foreignRtp.example === undefined ? '' : `, one by ${foreignRtp.example}`}`,
      remedy: 'They are passed over; where it is many, choose another range with HEARTHLINE_RTP_PORTS',
    });
  return findings;
};
