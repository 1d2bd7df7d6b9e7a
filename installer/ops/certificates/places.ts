/**
 * Where the certificates of a house lie, and how a new one is put in force: in a directory of its own below `pairs/`, to
 * which one link leads. Exchanging that link is one step of the file system, so whoever reads finds a certificate and a key
 * that fit, also after a power cut; and the pair before stays beside it.
 *
 *     tls/server.crt -> current/server.crt      tls/current -> pairs/20260728T101500123Z-3fa1
 *     tls/server.key -> current/server.key      tls/ca/{ca.crt,ca.key}      tls/request/{server.csr,server.key}
 */
import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  rmSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { linkTo, writeWhole } from '../../system-files.ts';
import { serviceUsers, type House } from '../../house.ts';
import { accountNamed, isRoot, type RunAs } from '../../privilege.ts';

export interface TlsPlaces {
  dir: string;
  /** Of `dir`: the server's user has to come in where that is another one. */
  dirMode: number;
  certFile: string;
  keyFile: string;
  currentLink: string;
  pairsDir: string;
  caDir: string;
  caCert: string;
  caKey: string;
  /** The authority's certificate for everybody to take: to be trusted by browsers, televisions and monitoring. */
  trustFile: string;
  requestDir: string;
  requestFile: string;
  requestKey: string;
  /** Who reads the key; undefined where that is whoever runs the command. */
  owner: RunAs | undefined;
}

export function tlsPlaces(house: House): TlsPlaces {
  const dir = house.machine?.tlsDir ?? join(house.layout.dataDir, 'tls');
  const [caDir, requestDir] = [join(dir, 'ca'), join(dir, 'request')];
  return {
    dir,
    dirMode: house.kind === 'installed' ? 0o755 : 0o700,
    certFile: join(dir, 'server.crt'),
    keyFile: join(dir, 'server.key'),
    currentLink: join(dir, 'current'),
    pairsDir: join(dir, 'pairs'),
    caDir,
    caCert: join(caDir, 'ca.crt'),
    caKey: join(caDir, 'ca.key'),
    trustFile: join(dir, 'hearthline-ca.crt'),
    requestDir,
    requestFile: join(requestDir, 'server.csr'),
    requestKey: join(requestDir, 'server.key'),
    owner: house.kind === 'installed' && isRoot() ? accountNamed(serviceUsers.server) : undefined,
  };
}

/** Earlier pairs that stay, for who has to look or to go back. */
const keptPairs = 2;

/** `mode` also of one that is there already. */
export function directory(path: string, mode: number): void {
  mkdirSync(path, { recursive: true, mode });
  chmodSync(path, mode);
}

const isPlainFile = (path: string) => lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
const stamp = () => new Date().toISOString().replace(/[-:.]/g, '');

/** Names sort by age. */
function newPairDir({ pairsDir }: TlsPlaces): string {
  const dir = join(pairsDir, `${stamp()}-${randomBytes(2).toString('hex')}`);
  // The key in it has a mode of its own; the way to it is open to the server's user.
  directory(dir, 0o755);
  return dir;
}

/** What an administrator put there as plain files becomes the pair before. */
function adoptPlainFiles(places: TlsPlaces): void {
  if (!isPlainFile(places.certFile) || !isPlainFile(places.keyFile)) return;
  const dir = newPairDir(places);
  copyFileSync(places.certFile, join(dir, 'server.crt'));
  copyFileSync(places.keyFile, join(dir, 'server.key'));
  chmodSync(join(dir, 'server.key'), 0o600);
  if (places.owner) chownSync(join(dir, 'server.key'), places.owner.uid, places.owner.gid);
  linkTo(places.currentLink, join('pairs', basename(dir)));
}

function dropOldPairs({ pairsDir, currentLink }: TlsPlaces): void {
  const current = basename(readlinkSync(currentLink));
  const others = readdirSync(pairsDir).filter((name) => name !== current);
  for (const name of others.sort().slice(0, Math.max(0, others.length - keptPairs)))
    rmSync(join(pairsDir, name), { recursive: true, force: true });
}

/** Puts a pair in force; the one before stays below `pairs/`. */
export function placePair(places: TlsPlaces, pair: { cert: string; key: string }): void {
  const { owner } = places;
  directory(places.dir, places.dirMode);
  directory(places.pairsDir, 0o755);
  adoptPlainFiles(places);
  const dir = newPairDir(places);
  writeWhole({ path: join(dir, 'server.crt'), text: pair.cert, mode: 0o644 });
  writeWhole({ path: join(dir, 'server.key'), text: pair.key, mode: 0o600, owner });
  linkTo(places.currentLink, join('pairs', basename(dir)));
  linkTo(places.certFile, join('current', 'server.crt'));
  linkTo(places.keyFile, join('current', 'server.key'));
  dropOldPairs(places);
}
