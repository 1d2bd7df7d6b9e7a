/**
 * The five processes of one installation as command lines, environments and ways to stop. The settings
 * of each child are told by environment only, secrets by file. Nothing is started here.
 */
import { join } from 'node:path';
import type { Layout } from './layout.ts';
import { LogFile } from './log-file.ts';
import { nodeProgram, projectRoot, withRealTime } from './program.ts';
import { postgresCommand, postgresDatabase, postgresRole, removeStalePostmasterPid } from './postgres.ts';
import { redisCommand } from './redis.ts';
import type { StoreAddress } from '../server/lib/store-address.ts';
import type { Settings } from './settings.ts';
import type { ProcessName, ProcessSpec } from './supervised-process.ts';

export interface SpecInput {
  settings: Settings;
  layout: Layout;
  sipControl: string;
  /** Added to the environment of our own programs. */
  extraEnv: Record<string, string>;
  fsync: boolean;
  postgresSettings: Record<string, string>;
}

/** What npm put into the environment says nothing to our programs and would be shown in their /proc. */
function inheritedEnv(): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const [key, value] of Object.entries(process.env))
    if (value !== undefined && !/^(npm_|INIT_CWD$|COLOR$|EDITOR$)/.test(key)) kept[key] = value;
  return kept;
}

/** Empty values say that there is none, whatever this process has inherited. */
const addressEnv = (name: string, address: StoreAddress | undefined): Record<string, string> =>
  address
    ? {
        [`${name}_URL`]: address.url,
        [`${name}_PASSWORD_FILE`]: address.passwordFile ?? '',
        [`${name}_CA_FILE`]: address.caFile ?? '',
      }
    : {};

/** What our own programs are told, and nothing else; the units of systemd/ tell them the same. */
export function programEnvironments({
  settings,
  layout,
  sipControl,
}: Pick<SpecInput, 'settings' | 'layout' | 'sipControl'>) {
  const common = { NODE_ENV: 'production' };
  const sip = {
    HEARTHLINE_BIND: settings.bind,
    HEARTHLINE_SIP_PORT: String(settings.sipPort),
    HEARTHLINE_SIP_CONTROL: sipControl,
    HEARTHLINE_SIP_SECRET_FILE: layout.sipSecretFile,
    HEARTHLINE_SIP_STATUS: layout.sipStatusSocket,
  };
  const media = {
    HEARTHLINE_BIND: settings.bind,
    HEARTHLINE_RTP_PORTS: `${settings.rtpFirst}-${settings.rtpLast}`,
    HEARTHLINE_MEDIA_CONTROL: layout.mediaControlSocket,
    HEARTHLINE_MEDIA_STATUS: layout.mediaStatusSocket,
    HEARTHLINE_RECORDINGS: layout.recordingsDir,
  };
  const server = {
    ...sip,
    ...media,
    HEARTHLINE_DATA: layout.dataDir,
    HEARTHLINE_HTTP_PORT: String(settings.httpPort),
    HEARTHLINE_PUBLIC_PORT: String(settings.publicPort),
    HEARTHLINE_PG_SOCKET: layout.postgres.socketDir,
    HEARTHLINE_PG_DATABASE: postgresDatabase,
    HEARTHLINE_PG_USER: postgresRole,
    HEARTHLINE_REDIS_SOCKET: layout.redis.socket,
    ...addressEnv('HEARTHLINE_POSTGRES', settings.postgres),
    ...addressEnv('HEARTHLINE_REDIS', settings.redis),
    HEARTHLINE_PROMPTS: layout.promptsDir,
    HEARTHLINE_SEED_SITE: layout.seedSiteFile,
    ...(settings.tls && {
      HEARTHLINE_TLS_CERT_FILE: settings.tls.certFile,
      HEARTHLINE_TLS_KEY_FILE: settings.tls.keyFile,
    }),
    HEARTHLINE_ADMIN_SOCKET: layout.adminSocket,
    HEARTHLINE_SETUP_SECRET_FILE: layout.setupSecretFile,
  };
  return { sip: { ...common, ...sip }, media: { ...common, ...media }, server: { ...common, ...server } };
}

function ownEnvironment(input: SpecInput) {
  const { sip, media, server } = programEnvironments(input);
  const complete = (own: Record<string, string>) => ({ ...inheritedEnv(), ...input.extraEnv, ...own });
  return { sip: complete(sip), media: complete(media), server: complete(server) };
}

export interface ChildSpecs {
  /** Without a store that is the bank's. */
  specs: Partial<Record<ProcessName, ProcessSpec>>;
  isRealTime: boolean;
}

export function childSpecs(input: SpecInput): ChildSpecs {
  const { layout, settings, fsync, postgresSettings } = input;
  const env = ownEnvironment(input);
  const media = withRealTime(nodeProgram('sip/media/engine/main'));
  const shared = (name: ProcessName) => ({
    name,
    pidFile: join(layout.runDir, `${name}.pid`),
    log: new LogFile(join(layout.logDir, `${name}.log`)),
  });
  const ownStores: ChildSpecs['specs'] = {
    ...(!settings.postgres && {
      postgres: {
        ...shared('postgres'),
        title: 'Postgres',
        ...postgresCommand(layout.postgres, { fsync, extra: postgresSettings }),
        cwd: layout.postgres.dataDir,
        runAs: layout.postgres.runAs,
        // Fast shutdown; immediate when it takes too long, which costs a recovery at the next start.
        stopSignal: 'SIGINT',
        lastSignal: 'SIGQUIT',
        stopMs: 3000,
        beforeStart: () => removeStalePostmasterPid(layout.postgres.dataDir),
      },
    }),
    ...(!settings.redis && {
      redis: {
        ...shared('redis'),
        title: 'Redis',
        ...redisCommand(layout.redis),
        cwd: layout.redis.dataDir,
        runAs: layout.redis.runAs,
        stopSignal: 'SIGTERM',
        stopMs: 3000,
      },
    }),
  };
  const specs: ChildSpecs['specs'] = {
    ...ownStores,
    sip: {
      ...shared('sip'),
      title: 'the SIP engine',
      ...nodeProgram('sip/engine/main'),
      env: env.sip,
      cwd: projectRoot,
      stopSignal: 'SIGTERM',
      stopMs: 2500,
    },
    media: {
      ...shared('media'),
      title: 'the media engine',
      command: media.command,
      args: media.args,
      env: env.media,
      cwd: projectRoot,
      stopSignal: 'SIGTERM',
      stopMs: 2500,
    },
    server: {
      ...shared('server'),
      title: 'the server',
      ...nodeProgram('server/main'),
      env: env.server,
      cwd: projectRoot,
      stopSignal: 'SIGTERM',
      stopMs: 2500,
    },
  };
  return { specs, isRealTime: media.isRealTime };
}
