/** How `certificates show` tells it to a person. */
import { existsSync } from 'node:fs';
import type { TlsPlaces } from './places.ts';
import type { CertificateStatus } from './status.ts';

const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);
const row = (label: string, text: string) => `${label.padEnd(14)}${text}`;

function factRows({ facts, daysLeft = 0, isOwn }: CertificateStatus): string[] {
  if (!facts) return [];
  const left = daysLeft < 0 ? 'it has ended' : `${daysLeft} days left`;
  return [
    row('Certificate', facts.subject),
    row('Names', facts.names.join(', ')),
    row('Valid', `${day(facts.fromMs)} to ${day(facts.untilMs)}, ${left}`),
    row('Signed by', isOwn === true ? `${facts.issuer} (the authority of this house)` : facts.issuer),
    row('Fingerprint', facts.fingerprint),
  ];
}

const headlines: Readonly<Record<CertificateStatus['state'], string>> = {
  none: 'There is no certificate. Make one: hearthline certificates make --names NAME,...',
  ok: 'The certificate is in order.',
  'ends-soon': 'The certificate ends soon: hearthline certificates renew, or csr for the bank’s authority.',
  ended: 'The certificate has ended: browsers and televisions refuse the pages.',
  broken: 'The certificate cannot be used.',
};

function servedText(status: CertificateStatus, served: string | undefined): string {
  if (!status.isSwitchedOn)
    return 'switched off: HEARTHLINE_TLS_CERT_FILE and HEARTHLINE_TLS_KEY_FILE are not set';
  if (served === undefined) return 'the server does not answer with TLS now';
  return served === status.facts?.fingerprint
    ? 'the server shows this certificate'
    : 'the server shows ANOTHER certificate: see its log';
}

export function statusText(status: CertificateStatus, places: TlsPlaces, served: string | undefined): string {
  const { authority, fault, files } = status;
  const lines = [headlines[status.state], ...(fault === undefined ? [] : [fault]), ...factRows(status)];
  if (status.state !== 'none') lines.push(row('Files', `${files.certFile}, ${files.keyFile}`));
  lines.push(row('HTTPS', servedText(status, served)));
  if (authority)
    lines.push(
      row(
        'Authority',
        `${authority.subject}, until ${day(authority.untilMs)}; to be trusted: ${places.trustFile}`,
      ),
    );
  if (existsSync(places.requestFile))
    lines.push(row('Request', `${places.requestFile} waits for the authority's answer`));
  return lines.join('\n');
}
