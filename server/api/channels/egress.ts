/**
 * Every connection that the site, or a rule of an alert, has the appliance open to others (S17): a pure function of the site, for the page and for the
 * bank's firewall. There is one reader for each place of the site model that names a machine; a test walks the model and
 * fails where a new place has no reader. Our own listeners are not in it, nor answers to whoever connected to us.
 */
import { portOf } from '../../channels/mail/connection-settings.ts';
import type { EgressProtocol, EgressPurpose, EgressRow } from '../../contract/rest-channels.ts';
import type { Site } from '../../contract/site.ts';
import { syslogPort } from '../../contract/site-syslog.ts';
import type { SiteMail, SiteMailbox } from '../../contract/site-text.ts';

type Connection = Pick<NonNullable<SiteMail['smarthost']>, 'host' | 'port' | 'tls'>;
type Auth = NonNullable<SiteMailbox['imap']>['auth'];

/** URLs put brackets around IPv6, firewalls do not. */
const bare = (host: string): string => host.replace(/^\[|\]$/g, '');

function mailServer(
  kind: 'imap' | 'smtp',
  connection: Connection,
  purpose: EgressPurpose,
  usedBy: string[],
): EgressRow {
  const protocol: EgressProtocol = connection.tls === 'none' ? kind : `${kind}-${connection.tls}`;
  return { host: bare(connection.host), port: portOf(kind, connection), protocol, purpose, usedBy };
}

function webServer(text: string, purpose: EgressPurpose, usedBy: string[]): EgressRow {
  const { hostname, port, protocol } = new URL(text);
  const isTls = protocol === 'https:';
  return {
    host: bare(hostname),
    port: port === '' ? (isTls ? 443 : 80) : Number(port),
    protocol: isTls ? 'https' : 'http',
    purpose,
    usedBy,
  };
}

const tokenServer = (auth: Auth | undefined, purpose: EgressPurpose, usedBy: string[]): EgressRow[] =>
  auth && 'oauth2' in auth ? [webServer(auth.oauth2.tokenUrl, purpose, usedBy)] : [];

/** By the place in the site model, lists without their numbers. */
const readers: Readonly<Record<string, (site: Site) => EgressRow[]>> = {
  'mail.smarthost.host': ({ mail }) =>
    mail?.smarthost ? [mailServer('smtp', mail.smarthost, 'mail-relay', [])] : [],
  'mail.smarthost.auth.oauth2.tokenUrl': ({ mail }) => tokenServer(mail?.smarthost?.auth, 'relay-token', []),
  'mail.mailboxes.imap.host': ({ mail }) =>
    (mail?.mailboxes ?? []).flatMap(({ id, imap }) =>
      imap ? [mailServer('imap', imap, 'mailbox', [id])] : [],
    ),
  'mail.mailboxes.imap.auth.oauth2.tokenUrl': ({ mail }) =>
    (mail?.mailboxes ?? []).flatMap(({ id, imap }) => tokenServer(imap?.auth, 'mailbox-token', [id])),
  'webhooks.url': ({ webhooks = [] }) => webhooks.map(({ id, url }) => webServer(url, 'connector', [id])),
  'files.clamd.host': ({ files }) =>
    files?.clamd && 'host' in files.clamd
      ? [
          {
            host: bare(files.clamd.host),
            port: files.clamd.port,
            protocol: 'clamd',
            purpose: 'virus-scanner',
            usedBy: [],
          },
        ]
      : [],
  'trunks.outbound.host': ({ trunks }) =>
    trunks.flatMap(({ id, outbound }) =>
      outbound
        ? [
            {
              host: outbound.host,
              port: outbound.port,
              protocol: `sip-${outbound.transport}` as const,
              purpose: 'trunk' as const,
              usedBy: [id],
            },
          ]
        : [],
    ),
  'syslog.host': ({ syslog }) =>
    syslog
      ? [
          {
            host: bare(syslog.host),
            port: syslogPort(syslog),
            protocol: `syslog-${syslog.transport}` as const,
            purpose: 'siem' as const,
            usedBy: [],
          },
        ]
      : [],
};
/** Where a rule posts its alerts. */
export interface AlertWebhookTarget {
  readonly url: string;
  /** Its name. */
  readonly rule: string;
}

export const egressPlaces: readonly string[] = Object.keys(readers);

/** In the order of `egressPlaces`, alerts last; what several use for the same is one row. */
export function egressOf(site: Site, alerts: readonly AlertWebhookTarget[] = []): EgressRow[] {
  const rows = new Map<string, EgressRow>();
  const ofRules = alerts.map(({ url, rule }) => webServer(url, 'alerts', [rule]));
  for (const row of [...Object.values(readers).flatMap((read) => read(site)), ...ofRules]) {
    const key = JSON.stringify([row.host.toLowerCase(), row.port, row.protocol, row.purpose]);
    const known = rows.get(key);
    if (known) known.usedBy.push(...row.usedBy);
    else rows.set(key, row);
  }
  return [...rows.values()];
}
