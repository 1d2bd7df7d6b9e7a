/**
 * Certificates and requests are made by the system's openssl: Node reads X.509 and cannot write it, and a program that Debian
 * keeps up to date (postgresql brings it along) is better than another library. Keys are made here and reach it as files
 * that only we can read; nothing secret stands in a command line.
 */
import { execFile } from 'node:child_process';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from '../../admin-socket.ts';
import { alternativeNames } from './names.ts';

const boundMs = 30_000;

/** Resolves to what it wrote. Throws CliError in words, also where it is missing. */
function openssl(args: string[], cwd: string): Promise<string> {
  // Its own settings file could change what is made.
  const env = { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', OPENSSL_CONF: '/dev/null' };
  return new Promise((done, fail) => {
    execFile('openssl', args, { cwd, env, timeout: boundMs }, (error, stdout, stderr) => {
      if (!error) done(stdout);
      else if (error.code === 'ENOENT')
        fail(new CliError('The program openssl is missing. Install it: apt-get install openssl'));
      else fail(new CliError(`openssl could not do it: ${stderr.trim().slice(0, 500) || error.message}`));
    });
  });
}

/** In a directory of its own that only we can enter, gone afterwards. */
async function inPrivateDir<T>(parent: string, work: (dir: string) => Promise<T>): Promise<T> {
  const dir = mkdtempSync(join(parent, 'work-'));
  try {
    return await work(dir);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

export type KeyKind = 'ec' | 'rsa';

export function newKey(kind: KeyKind): string {
  const encoding = { type: 'pkcs8', format: 'pem' } as const;
  const { privateKey } =
    kind === 'ec'
      ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
      : generateKeyPairSync('rsa', { modulusLength: 3072 });
  return privateKey.export(encoding).toString();
}

/** Parts of a name by their X.500 attribute, in order. */
export type Subject = readonly (readonly [string, string])[];

/** Of X.520: longer ones are refused by authorities. */
const longestCommonName = 64;
export const commonName = (text: string): Subject =>
  // The names that count are the alternative ones.
  [['CN', text.length <= longestCommonName ? text : 'Hearthline']];

/** Every sign but letters and digits is written so that it means itself. */
const escaped = (text: string) => text.replace(/[!-/:-@[-`{-~]/g, String.raw`\$&`);

function requestConfig(subject: Subject, extensions: readonly string[]): string {
  return [
    '[req]',
    'prompt = no',
    'utf8 = yes',
    'string_mask = utf8only',
    'default_md = sha256',
    'distinguished_name = dn',
    'req_extensions = ext',
    'x509_extensions = ext',
    '[dn]',
    ...subject.map(([attribute, text]) => `${attribute} = ${escaped(text)}`),
    '[ext]',
    ...extensions,
    '',
  ].join('\n');
}

/** 127 bits, as RFC 5280 §4.1.2.2 allows: positive and not to be guessed. */
const serial = () => `0x${(BigInt(`0x${randomBytes(16).toString('hex')}`) >> 1n).toString(16)}`;

const serverExtensions = (names: readonly string[]) => [
  'basicConstraints = critical,CA:FALSE',
  'keyUsage = critical,digitalSignature',
  'extendedKeyUsage = serverAuth',
  `subjectAltName = ${alternativeNames(names)}`,
];

export function selfSignedAuthority(parent: string, key: string, subject: Subject, days: number) {
  return inPrivateDir(parent, async (dir) => {
    const extensions = [
      'basicConstraints = critical,CA:TRUE,pathlen:0',
      'keyUsage = critical,keyCertSign,cRLSign',
      'subjectKeyIdentifier = hash',
    ];
    writeFileSync(join(dir, 'key'), key, { mode: 0o600 });
    writeFileSync(join(dir, 'config'), requestConfig(subject, extensions));
    const how = ['-config', 'config', '-key', 'key', '-set_serial', serial(), '-days', String(days)];
    return openssl(['req', '-x509', '-new', ...how], dir);
  });
}

export interface ServerRequest {
  key: string;
  kind: KeyKind;
  subject: Subject;
  names: readonly string[];
}

/** PKCS#10 (RFC 2986), as PEM. */
export function certificateRequest(
  parent: string,
  { key, kind, subject, names }: ServerRequest,
): Promise<string> {
  return inPrivateDir(parent, async (dir) => {
    writeFileSync(join(dir, 'key'), key, { mode: 0o600 });
    const extensions = serverExtensions(names).map((line) =>
      // The key exchange of old RSA clients; authorities expect it to be asked for.
      kind === 'rsa' ? line.replace('digitalSignature', 'digitalSignature,keyEncipherment') : line,
    );
    writeFileSync(join(dir, 'config'), requestConfig(subject, extensions));
    return openssl(['req', '-new', '-config', 'config', '-key', 'key'], dir);
  });
}

export interface SignBy {
  caCert: string;
  caKey: string;
  days: number;
}

export async function signedCertificate(
  parent: string,
  request: ServerRequest,
  { caCert, caKey, days }: SignBy,
): Promise<string> {
  const csr = await certificateRequest(parent, request);
  return inPrivateDir(parent, async (dir) => {
    const extensions = [
      ...serverExtensions(request.names),
      'subjectKeyIdentifier = hash',
      'authorityKeyIdentifier = keyid',
    ];
    writeFileSync(join(dir, 'csr'), csr);
    writeFileSync(join(dir, 'extensions'), `${extensions.join('\n')}\n`);
    const by = ['-CA', caCert, '-CAkey', caKey, '-set_serial', serial(), '-days', String(days), '-sha256'];
    return openssl(['x509', '-req', '-in', 'csr', '-extfile', 'extensions', ...by], dir);
  });
}
