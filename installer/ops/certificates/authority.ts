/**
 * The authority of this house, for who has none of their own: it signs the server's certificate, and its own certificate is
 * what browsers and televisions are told to trust. Its key stays with root (0600) and signs nothing else.
 */
import { writeWhole } from '../../system-files.ts';
import { existsSync, readFileSync, renameSync } from 'node:fs';
import { X509Certificate } from 'node:crypto';
import { CliError } from '../../admin-socket.ts';
import { commonName, newKey, selfSignedAuthority, signedCertificate } from './openssl.ts';
import { directory, placePair, type TlsPlaces } from './places.ts';

const dayMs = 24 * 3_600_000;
export const authorityDays = 3650;
/** Browsers refuse longer ones from authorities that everybody trusts; some look at all alike. */
export const serverDays = 397;

export const daysUntil = (untilMs: number, nowMs = Date.now()): number =>
  Math.floor((untilMs - nowMs) / dayMs);

export const hasAuthority = ({ caCert, caKey }: TlsPlaces): boolean =>
  existsSync(caCert) && existsSync(caKey);

export const readAuthority = ({ caCert }: TlsPlaces): X509Certificate =>
  new X509Certificate(readFileSync(caCert));

/** The one before stays aside: what it signed is valid still wherever it is trusted. */
export async function makeAuthority(places: TlsPlaces, firstName: string): Promise<void> {
  directory(places.dir, places.dirMode);
  if (existsSync(places.caDir)) {
    const aside = `${places.caDir}-until-${new Date().toISOString().replace(/[-:]|\.\d+/g, '')}`;
    renameSync(places.caDir, aside);
  }
  directory(places.caDir, 0o700);
  const key = newKey('ec');
  const subject = commonName(`Hearthline CA of ${firstName}`.slice(0, 64));
  const cert = await selfSignedAuthority(places.caDir, key, subject, authorityDays);
  writeWhole({ path: places.caKey, text: key, mode: 0o600 });
  writeWhole({ path: places.caCert, text: cert, mode: 0o644 });
  writeWhole({ path: places.trustFile, text: cert, mode: 0o644 });
}

/** A new key and a certificate for it, put in force. Throws CliError where the authority is about to end. */
export async function issueServer(places: TlsPlaces, names: readonly string[]): Promise<void> {
  const days = Math.min(serverDays, daysUntil(Date.parse(readAuthority(places).validTo)));
  if (days < 1)
    throw new CliError(
      `The authority of this house has ended. Make a new one (hearthline certificates make --new-authority --names ${names.join(',')}) and have browsers and televisions trust it.`,
    );
  const key = newKey('ec');
  const { caCert, caKey, caDir } = places;
  const request = { key, kind: 'ec', subject: commonName(names[0]!), names } as const;
  const cert = await signedCertificate(caDir, request, { caCert, caKey, days });
  placePair(places, { cert, key });
}
