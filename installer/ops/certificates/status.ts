/** What is in force: for `certificates show`, and for other commands that tell how a house stands. It changes nothing. */
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { certificatesIn, factsOf, readTlsPair, TlsFault } from '../../../server/lib/tls-pair.ts';
import type { CertificateFacts, TlsFiles } from '../../../server/lib/tls-pair.ts';
import { loopbackOf } from '../../health.ts';
import type { House } from '../../house.ts';
import { daysUntil, hasAuthority, readAuthority } from './authority.ts';
import { tlsPlaces } from './places.ts';

/** Within so many days of its end a certificate is renewed, and told of. */
export const renewWithinDays = 30;

export interface CertificateStatus {
  state: 'none' | 'ok' | 'ends-soon' | 'ended' | 'broken';
  files: TlsFiles;
  /** The settings name these files: without, the pages are plain. */
  isSwitchedOn: boolean;
  /** In words, of a broken pair. */
  fault?: string;
  facts?: CertificateFacts;
  daysLeft?: number;
  /** Signed by the authority of this house. */
  isOwn?: boolean;
  authority?: CertificateFacts & { daysLeft: number };
}

function isSignedByOwn(house: House, certFile: string): boolean {
  const places = tlsPlaces(house);
  if (!hasAuthority(places)) return false;
  const [leaf] = certificatesIn(readFileSync(certFile), certFile);
  return leaf!.verify(readAuthority(places).publicKey);
}

function authorityOf(house: House): Pick<CertificateStatus, 'authority'> {
  const places = tlsPlaces(house);
  if (!existsSync(places.caCert)) return {};
  const facts = factsOf(readAuthority(places));
  return { authority: { ...facts, daysLeft: daysUntil(facts.untilMs) } };
}

export function certificateStatus(house: House, nowMs = Date.now()): CertificateStatus {
  const { certFile, keyFile } = tlsPlaces(house);
  const files = house.settings.tls ?? { certFile, keyFile };
  const base = { files, isSwitchedOn: house.settings.tls !== undefined, ...authorityOf(house) };
  if (!existsSync(files.certFile)) return { ...base, state: 'none' };
  try {
    const { facts } = readTlsPair(files);
    const daysLeft = daysUntil(facts.untilMs, nowMs);
    const state = facts.untilMs <= nowMs ? 'ended' : daysLeft < renewWithinDays ? 'ends-soon' : 'ok';
    return { ...base, state, facts, daysLeft, isOwn: isSignedByOwn(house, files.certFile) };
  } catch (error) {
    if (!(error instanceof TlsFault)) throw error;
    return { ...base, state: 'broken', fault: error.message };
  }
}

const boundMs = 2_000;

/** Of the certificate that the running server shows; undefined where nobody answers with TLS. */
export function servedFingerprint({ settings }: House): Promise<string | undefined> {
  return new Promise((done) => {
    // It is looked at and not trusted.
    const socket = connect({
      host: loopbackOf(settings),
      port: settings.httpPort,
      rejectUnauthorized: false,
      timeout: boundMs,
    });
    const end = (found?: string) => {
      socket.destroy();
      done(found);
    };
    socket.once('secureConnect', () => end(socket.getPeerCertificate().fingerprint256));
    socket.once('timeout', () => end());
    socket.once('error', () => end());
  });
}
