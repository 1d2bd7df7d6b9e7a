/**
 * `hearthline certificates`: from an authority of the house's own or from the bank's, the certificate of the pages is asked
 * for, checked, put in force and renewed. The running server takes up a new one by itself. Nothing secret is printed.
 */
import { writeWhole } from '../system-files.ts';
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { CliError } from '../admin-socket.ts';
import type { OpsCommand } from '../cli.ts';
import type { CliIo } from '../cli-io.ts';
import type { House } from '../house.ts';
import type { ToldEvent } from '../../server/audit/told-events.ts';
import { checkPair, factsOf, readTlsPair, TlsFault } from '../../server/lib/tls-pair.ts';
import { authorityDays, hasAuthority, issueServer, makeAuthority } from './certificates/authority.ts';
import { chainOf, leafFaults, readCertificates } from './certificates/check.ts';
import { readNames } from './certificates/names.ts';
import { certificateRequest, commonName, newKey, type Subject } from './certificates/openssl.ts';
import { directory, placePair, tlsPlaces, type TlsPlaces } from './certificates/places.ts';
import { certificateStatus, renewWithinDays, servedFingerprint } from './certificates/status.ts';
import { statusText } from './certificates/status-text.ts';
import { readOptions } from './read-options.ts';
import { tellAudit } from './tell-audit.ts';

const usage = `Usage:
  hearthline certificates show [--json]
      what is in force: for which names, until when, signed by whom
  hearthline certificates make --names NAME,ADDRESS,... [--new-authority]
      an authority of this house's own, and a certificate signed by it
  hearthline certificates renew [--now]
      a new one from that authority, once ${renewWithinDays} days or fewer are left; for a timer
  hearthline certificates csr --names NAME,ADDRESS,... [--rsa] [--organization O] [--unit OU]
                              [--locality L] [--state ST] [--country C]
      a key and a request for the bank's authority
  hearthline certificates install --cert FILE [--chain FILE] [--key FILE] [--names NAME,...]
      checks what the authority sent, and puts it in force; the key of the request is found by itself`;

const takeUpMs = 15_000;

function changeOf(house: House): ToldEvent {
  const { certFile, keyFile } = tlsPlaces(house);
  const { facts } = readTlsPair({ certFile, keyFile });
  const until = new Date(facts.untilMs).toISOString();
  const names = facts.names.join(' ').slice(0, 300);
  const details = { names, until, fingerprint: facts.fingerprint, issuer: facts.issuer.slice(0, 300) };
  return { action: 'certificate.changed', target: 'certificate:pages', details };
}

/** Says whether the running server has taken it up; not being running, or not using it, is no fault. */
async function tellTakenUp(house: House, io: CliIo): Promise<void> {
  await tellAudit(house, changeOf(house), io);
  const { settings } = house;
  const places = tlsPlaces(house);
  if (settings.tls?.certFile !== places.certFile) {
    const where = house.machine?.settingsFile ?? 'the environment of npm start';
    io.out(
      `To use it, put these two lines into ${where} and start the server anew:\n  HEARTHLINE_TLS_CERT_FILE=${places.certFile}\n  HEARTHLINE_TLS_KEY_FILE=${places.keyFile}`,
    );
    return;
  }
  const wanted = certificateStatus(house).facts?.fingerprint;
  const endAt = performance.now() + takeUpMs;
  for (;;) {
    const served = await servedFingerprint(house);
    if (served === undefined)
      return io.out('The server does not answer now; it will use the certificate when it starts.');
    if (served === wanted) return io.out('The server has taken it up; connections that stand go on.');
    if (performance.now() > endAt)
      throw new CliError(
        'The server still shows another certificate: its log says why (the new certificate cannot be used).',
      );
    await new Promise((wake) => setTimeout(wake, 250));
  }
}

const namesText = (names: readonly string[]) => names.join(', ');

async function make(args: string[], house: House, io: CliIo): Promise<number> {
  const options = readOptions(
    args,
    { names: { type: 'string', multiple: true }, 'new-authority': { type: 'boolean' } },
    usage,
  );
  const names = readNames(options.names ?? []);
  const places = tlsPlaces(house);
  const isNew = options['new-authority'] === true || !hasAuthority(places);
  if (isNew) await makeAuthority(places, names[0]!);
  await issueServer(places, names);
  if (isNew)
    io.out(
      `Made an authority of this house for ${Math.floor(authorityDays / 365)} years. Browsers, televisions and monitoring have to trust it once: give them ${places.trustFile}.\nIts key is ${places.caKey}: readable by root alone, and in no need of ever leaving this machine.`,
    );
  io.out(`Made a certificate for ${namesText(names)}.`);
  await tellTakenUp(house, io);
  return 0;
}

async function renew(args: string[], house: House, io: CliIo): Promise<number> {
  const { now } = readOptions(args, { now: { type: 'boolean' } }, usage);
  const places = tlsPlaces(house);
  const status = certificateStatus(house);
  if (status.state === 'none' && !status.isSwitchedOn) {
    io.out('There is no certificate: the pages are served without TLS.');
    return 0;
  }
  if (!status.facts) throw new CliError(`${status.fault ?? `there is no file ${status.files.certFile}`}.`);
  const { facts, daysLeft = 0 } = status;
  if (!status.isOwn) {
    const told = `The certificate is signed by ${facts.issuer} and has ${daysLeft} days left.`;
    if (status.state === 'ok') {
      io.out(told);
      return 0;
    }
    throw new CliError(
      `${told} Only that authority can renew it: hearthline certificates csr --names ${facts.names.join(',')}`,
    );
  }
  if (now !== true && status.state === 'ok') {
    io.out(`Nothing to do: the certificate has ${daysLeft} days left.`);
    return 0;
  }
  if (status.authority && status.authority.daysLeft < 365)
    io.error(
      `The authority of this house has ${status.authority.daysLeft} days left. Make a new one in time (certificates make --new-authority) and have browsers and televisions trust it.`,
    );
  await issueServer(places, facts.names);
  io.out(`Renewed the certificate for ${namesText(facts.names)}.`);
  await tellTakenUp(house, io);
  return 0;
}

const subjectOptions = {
  country: 'C',
  state: 'ST',
  locality: 'L',
  organization: 'O',
  unit: 'OU',
} as const;

function subjectOf(options: { [key in keyof typeof subjectOptions]?: string | undefined }): Subject {
  return Object.entries(subjectOptions).flatMap(([name, attribute]) => {
    const text = options[name as keyof typeof subjectOptions]?.trim();
    if (text === undefined) return [];
    if (text === '' || text.length > 64 || /\p{Cc}/u.test(text))
      throw new CliError(`--${name} must have 1 to 64 signs`);
    if (name === 'country' && !/^[A-Z]{2}$/.test(text))
      throw new CliError('--country must be two capital letters, such as IT');
    return [[attribute, text] as const];
  });
}

async function csr(args: string[], house: House, io: CliIo): Promise<number> {
  const text = { type: 'string' } as const;
  const options = readOptions(
    args,
    {
      names: { type: 'string', multiple: true },
      rsa: { type: 'boolean' },
      organization: text,
      unit: text,
      locality: text,
      state: text,
      country: text,
    },
    usage,
  );
  const names = readNames(options.names ?? []);
  const subject = [...subjectOf(options), ...commonName(names[0]!)];
  const places = tlsPlaces(house);
  directory(places.dir, places.dirMode);
  if (existsSync(places.requestDir)) {
    // The authority may still answer the one before: its key is needed then.
    const aside = `${places.requestDir}-until-${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}`;
    renameSync(places.requestDir, aside);
    io.error(`A request was open already; it lies in ${aside} now.`);
  }
  directory(places.requestDir, 0o700);
  const kind = options.rsa === true ? 'rsa' : 'ec';
  const key = newKey(kind);
  const request = await certificateRequest(places.requestDir, { key, kind, subject, names });
  writeWhole({ path: places.requestKey, text: key, mode: 0o600 });
  writeWhole({ path: `${places.requestDir}/names`, text: `${names.join('\n')}\n`, mode: 0o600 });
  writeWhole({ path: places.requestFile, text: request, mode: 0o644 });
  io.out(
    `Give ${places.requestFile} to the bank's authority, as for a web server. The key stays here.\nThen: hearthline certificates install --cert FILE --chain FILE`,
  );
  return 0;
}

function readFileNamed(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${(error as Error).message}`);
  }
}

interface FoundKey {
  file: string;
  key: string;
}

/** The one named, else of the open request, else the one in force. */
function keyFor(cert: string, certFile: string, named: string | undefined, places: TlsPlaces): FoundKey {
  const candidates = named === undefined ? [places.requestKey, places.keyFile].filter(existsSync) : [named];
  const faults: string[] = [];
  for (const file of candidates) {
    const key = readFileNamed(file).toString('latin1');
    try {
      checkPair(cert, key, { certFile, keyFile: file });
      return { file, key };
    } catch (error) {
      if (!(error instanceof TlsFault)) throw error;
      faults.push(`${error.message}.`);
    }
  }
  throw new CliError(
    faults.length > 0
      ? faults.join('\n')
      : 'There is no key here: name the one that the certificate was asked for with --key FILE.',
  );
}

async function install(args: string[], house: House, io: CliIo): Promise<number> {
  const text = { type: 'string' } as const;
  const options = readOptions(
    args,
    { cert: text, chain: text, key: text, names: { type: 'string', multiple: true } },
    usage,
  );
  const { cert: certFile, chain: chainFile } = options;
  if (certFile === undefined) throw new CliError(`install needs --cert FILE.\n${usage}`);
  const nowMs = Date.now();
  const [leaf, ...more] = readCertificates(readFileNamed(certFile), certFile);
  const others = chainFile === undefined ? [] : readCertificates(readFileNamed(chainFile), chainFile);
  const places = tlsPlaces(house);
  const found = keyFor(leaf!.toString(), certFile, options.key, places);
  const isRequested = found.file === places.requestKey;
  const expected = options.names ? readNames(options.names) : isRequested ? requestedNames(places) : [];
  const faults = leafFaults(leaf!, expected, nowMs);
  if (faults.length > 0)
    throw new CliError(`The certificate cannot be used: ${faults.join('; ')}. Nothing was changed.`);
  const { sent, outerIssuer } = chainOf(leaf!, [...more, ...others], nowMs);
  placePair(places, { cert: sent.map((one) => one.toString()).join(''), key: found.key });
  if (isRequested) rmSync(places.requestDir, { recursive: true });
  const { names, untilMs } = factsOf(leaf!);
  io.out(
    `In force: a certificate for ${namesText(names)}, until ${new Date(untilMs).toISOString().slice(0, 10)}.`,
  );
  if (outerIssuer !== undefined)
    io.out(
      `Browsers and televisions have to know its authority, ${outerIssuer}. If that one is between it and the bank's root, give its certificate too: --chain FILE.`,
    );
  await tellTakenUp(house, io);
  return 0;
}

const requestedNames = ({ requestDir }: TlsPlaces): string[] =>
  existsSync(`${requestDir}/names`)
    ? readNames([readFileSync(`${requestDir}/names`, 'utf8').trim().replaceAll('\n', ',')])
    : [];

async function show(args: string[], house: House, io: CliIo): Promise<number> {
  const { json } = readOptions(args, { json: { type: 'boolean' } }, usage);
  const status = certificateStatus(house);
  const served = status.facts && status.isSwitchedOn ? await servedFingerprint(house) : undefined;
  io.out(
    json === true
      ? JSON.stringify({ ...status, servedFingerprint: served }, null, 2)
      : statusText(status, tlsPlaces(house), served),
  );
  return status.state === 'ended' || status.state === 'broken' ? 1 : 0;
}

const subcommands: Readonly<Record<string, (args: string[], house: House, io: CliIo) => Promise<number>>> = {
  show,
  make,
  renew,
  csr,
  install,
};

export const certificatesCommand: OpsCommand = async (args, house, io) => {
  const [name = 'show', ...rest] = args;
  if (name === '--help' || name === '-h' || rest.includes('--help')) {
    io.out(usage);
    return 0;
  }
  const run = Object.hasOwn(subcommands, name) ? subcommands[name] : undefined;
  if (!run) throw new CliError(`certificates knows no "${name}".\n${usage}`);
  return run(rest, house, io);
};
