/**
 * Is a certificate that an authority sent one that browsers and televisions will take? Everything that can be told without
 * asking anybody is told before it is put in force: names, dates, purpose, key and the chain up to its authority.
 */
import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { CliError } from '../../admin-socket.ts';
import { certificatesIn, factsOf, TlsFault } from '../../../server/lib/tls-pair.ts';

const forServers = '1.3.6.1.5.5.7.3.1';
const forAnything = '2.5.29.37.0';
const clockSlackMs = 5 * 60_000;
const curves = new Set(['prime256v1', 'secp384r1', 'secp521r1']);

const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);

function keyFault({ publicKey }: X509Certificate): string | undefined {
  const { asymmetricKeyType: kind, asymmetricKeyDetails: details } = publicKey;
  if (kind === 'rsa')
    return (details?.modulusLength ?? 0) >= 2048 ? undefined : 'its RSA key is shorter than 2048 bits';
  if (kind === 'ec')
    return curves.has(details?.namedCurve ?? '')
      ? undefined
      : 'its key is of a curve that browsers do not know';
  return `browsers do not take keys of the kind ${kind ?? 'unknown'}`;
}

function dateFault(certificate: X509Certificate, nowMs: number): string | undefined {
  const { fromMs, untilMs } = factsOf(certificate);
  if (untilMs <= nowMs) return `it ended on ${day(untilMs)}`;
  if (fromMs > nowMs + clockSlackMs) return `it begins only on ${day(fromMs)}`;
  return undefined;
}

/** Of the server's own certificate; in words that follow "The certificate cannot be used:". */
export function leafFaults(leaf: X509Certificate, expected: readonly string[], nowMs: number): string[] {
  const faults: (string | undefined)[] = [dateFault(leaf, nowMs), keyFault(leaf)];
  if (leaf.ca) faults.push('it is the certificate of an authority, not of a server');
  const { names } = factsOf(leaf);
  if (names.length === 0)
    faults.push('it names no host (subjectAltName), and browsers do not look at its subject');
  const isNamed = (name: string) =>
    names.includes(name) || (isIP(name) === 0 ? leaf.checkHost(name) : leaf.checkIP(name)) !== undefined;
  const missing = expected.filter((name) => !isNamed(name));
  if (names.length > 0 && missing.length > 0)
    faults.push(`it is for ${names.join(', ')}, and not for ${missing.join(', ')}`);
  // Node calls the extended usage so.
  const usage = leaf.keyUsage as readonly string[] | undefined;
  if (usage && !usage.includes(forServers) && !usage.includes(forAnything))
    faults.push('it is not meant for servers (extendedKeyUsage serverAuth)');
  return faults.filter((fault) => fault !== undefined);
}

const isSignedBy = (certificate: X509Certificate, authority: X509Certificate): boolean => {
  try {
    return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
  } catch {
    return false;
  }
};

export const isSelfSigned = (certificate: X509Certificate): boolean => isSignedBy(certificate, certificate);

export interface Chain {
  /** What the server sends: its own certificate and those between it and the authority that is trusted. */
  sent: X509Certificate[];
  /** The last of the chain when it is not in the files: browsers have to know it. */
  outerIssuer: string | undefined;
}

/** In order from the server's to its authority. Throws CliError where a certificate does not belong. */
export function chainOf(leaf: X509Certificate, others: readonly X509Certificate[], nowMs: number): Chain {
  const pool = new Map(others.map((one) => [one.fingerprint256, one]));
  pool.delete(leaf.fingerprint256);
  const sent = [leaf];
  let isComplete = false;
  for (;;) {
    const last = sent.at(-1)!;
    if (isSelfSigned(last)) {
      isComplete = true;
      // A browser that does not know the root is not convinced by being sent it.
      if (sent.length > 1) sent.pop();
      break;
    }
    const issuer = [...pool.values()].find((one) => isSignedBy(last, one));
    if (!issuer) break;
    const fault = issuer.ca ? dateFault(issuer, nowMs) : 'it may not sign others';
    if (fault)
      throw new CliError(
        `The certificate of ${factsOf(issuer).subject} in the chain cannot be used: ${fault}.`,
      );
    pool.delete(issuer.fingerprint256);
    sent.push(issuer);
  }
  if (pool.size > 0)
    throw new CliError(
      `These certificates have nothing to do with the server's: ${[...pool.values()].map((one) => factsOf(one).subject).join('; ')}. Was the chain of another authority taken?`,
    );
  return { sent, outerIssuer: isComplete ? undefined : factsOf(sent.at(-1)!).issuer };
}

/** Throws CliError. */
export function readCertificates(content: Buffer, file: string): X509Certificate[] {
  try {
    return certificatesIn(content, file);
  } catch (error) {
    if (error instanceof TlsFault) throw new CliError(`${error.message}.`);
    throw error;
  }
}
