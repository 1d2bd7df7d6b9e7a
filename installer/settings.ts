/**
 * What the person who starts Hearthline may choose, by environment: read once, checked as a whole, every
 * fault in plain words with the variable's name. It opens nothing.
 */
import { isIPv4 } from 'node:net';
import { resolve } from 'node:path';
import {
  databaseHost,
  redisHost,
  type StoreAddress,
  StoreAddressFault,
  storeAddressIn,
} from '../server/lib/store-address.ts';

export interface Settings {
  dataDir: string;
  httpPort: number;
  /** For customers' browsers; open only while the site has chats or forms. */
  publicPort: number;
  sipPort: number;
  rtpFirst: number;
  rtpLast: number;
  bind: string;
  /** The pages are served over TLS with these. */
  tls?: { certFile: string; keyFile: string };
  /** The bank's own in place of ours. */
  postgres?: StoreAddress;
  redis?: StoreAddress;
}

export class SettingsError extends Error {
  readonly faults: string[];

  constructor(faults: string[]) {
    super(faults.join('\n'));
    this.faults = faults;
  }
}

type Env = Readonly<Record<string, string | undefined>>;

function readPort(env: Env, name: string, fallback: number, faults: string[]): number {
  const text = env[name]?.trim();
  if (text === undefined || text === '') return fallback;
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port >= 1 && port <= 65_535) return port;
  faults.push(`${name} must be a port from 1 to 65535, not "${text}"`);
  return fallback;
}

function readRange(env: Env, faults: string[]): { rtpFirst: number; rtpLast: number } {
  const text = env['HEARTHLINE_RTP_PORTS']?.trim() || '20000-23999';
  const match = /^(\d{1,5})-(\d{1,5})$/.exec(text);
  const [rtpFirst, rtpLast] = [Number(match?.[1] ?? 0), Number(match?.[2] ?? 0)];
  if (!match || rtpFirst < 1024 || rtpLast > 65_535 || rtpLast - rtpFirst < 7)
    faults.push(
      `HEARTHLINE_RTP_PORTS must be a range of at least 8 ports from 1024 to 65535, such as 20000-23999, not "${text}"`,
    );
  return { rtpFirst, rtpLast };
}

/** Whether the files hold what they should is for whoever opens them. */
function readTls(env: Env, cwd: string, faults: string[]): Settings['tls'] {
  const certFile = env['HEARTHLINE_TLS_CERT_FILE']?.trim() || undefined;
  const keyFile = env['HEARTHLINE_TLS_KEY_FILE']?.trim() || undefined;
  if (certFile !== undefined && keyFile !== undefined)
    return { certFile: resolve(cwd, certFile), keyFile: resolve(cwd, keyFile) };
  if (certFile !== undefined || keyFile !== undefined)
    faults.push('HEARTHLINE_TLS_CERT_FILE and HEARTHLINE_TLS_KEY_FILE: set both, or neither');
  return undefined;
}

/** Whether somebody answers there is for whoever opens it. */
function readStore(
  env: Env,
  cwd: string,
  name: 'HEARTHLINE_POSTGRES' | 'HEARTHLINE_REDIS',
  faults: string[],
): StoreAddress | undefined {
  const address = storeAddressIn(env, name);
  if (!address) return undefined;
  const { url, passwordFile, caFile } = address;
  try {
    (name === 'HEARTHLINE_POSTGRES' ? databaseHost : redisHost)(url);
  } catch (error) {
    if (!(error instanceof StoreAddressFault)) throw error;
    faults.push(error.message);
  }
  return {
    url,
    ...(passwordFile !== undefined && { passwordFile: resolve(cwd, passwordFile) }),
    ...(caFile !== undefined && { caFile: resolve(cwd, caFile) }),
  };
}

export function readSettings(env: Env, cwd: string): Readonly<Settings> {
  const faults: string[] = [];
  const httpPort = readPort(env, 'HEARTHLINE_HTTP_PORT', 8080, faults);
  const publicPort = readPort(env, 'HEARTHLINE_PUBLIC_PORT', 8081, faults);
  const sipPort = readPort(env, 'HEARTHLINE_SIP_PORT', 5060, faults);
  const { rtpFirst, rtpLast } = readRange(env, faults);
  const bind = env['HEARTHLINE_BIND']?.trim() || '0.0.0.0';
  if (!isIPv4(bind))
    faults.push(
      `HEARTHLINE_BIND must be an IPv4 address of this machine, not "${bind}"; 0.0.0.0 is all of them`,
    );
  const named = [
    ['HEARTHLINE_HTTP_PORT', httpPort],
    ['HEARTHLINE_PUBLIC_PORT', publicPort],
    ['HEARTHLINE_SIP_PORT', sipPort],
  ] as const;
  for (const [index, [name, port]] of named.entries()) {
    const other = named.slice(index + 1).find(([, one]) => one === port);
    if (other) faults.push(`${name} and ${other[0]} are both ${port}: choose two ports`);
  }
  if (sipPort >= rtpFirst && sipPort <= rtpLast)
    faults.push(
      `HEARTHLINE_SIP_PORT (${sipPort}) lies inside HEARTHLINE_RTP_PORTS (${rtpFirst}-${rtpLast}): choose another`,
    );
  const tls = readTls(env, cwd, faults);
  const postgres = readStore(env, cwd, 'HEARTHLINE_POSTGRES', faults);
  const redis = readStore(env, cwd, 'HEARTHLINE_REDIS', faults);
  const data = env['HEARTHLINE_DATA']?.trim() || 'var';
  // A control character in a path would break the files and listings that name it.
  if (/\p{Cc}/u.test(data)) faults.push('HEARTHLINE_DATA must be a plain path');
  if (faults.length > 0) throw new SettingsError(faults);
  return Object.freeze({
    dataDir: resolve(cwd, data),
    httpPort,
    publicPort,
    sipPort,
    rtpFirst,
    rtpLast,
    bind,
    ...(tls && { tls }),
    ...(postgres && { postgres }),
    ...(redis && { redis }),
  });
}
