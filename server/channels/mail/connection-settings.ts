/**
 * How a mail server is connected to: host, port, kind of TLS, the bank's own certificate authority, and who we are there. TLS
 * is verified always; a server whose certificate does not hold is not spoken to, and there is no setting that changes it.
 */
import { isIP } from 'node:net';
import type { ConnectionOptions } from 'node:tls';
import type { SiteMail, SiteMailbox } from '../../contract/site-text.ts';
import { OauthFault, type OauthTokens } from './oauth-token.ts';
import { SecretFault, type SecretFiles } from '../../lib/secret-files.ts';

type Imap = NonNullable<SiteMailbox['imap']>;
type Smarthost = NonNullable<SiteMail['smarthost']>;
export type Credentials = Imap['auth'];

export interface CredentialSources {
  readonly secrets: SecretFiles;
  readonly tokens: OauthTokens;
}

export interface ServerAddress {
  readonly host: string;
  readonly port: number;
  readonly tls: ConnectionOptions;
}

const ports = { imap: { tls: 993, other: 143 }, smtp: { tls: 465, starttls: 587, other: 25 } };

export function portOf(kind: 'imap' | 'smtp', { port, tls }: Pick<Smarthost, 'port' | 'tls'>): number {
  if (port !== undefined) return port;
  if (tls === 'tls') return ports[kind].tls;
  return kind === 'smtp' && tls === 'starttls' ? ports.smtp.starttls : ports[kind].other;
}

/** Throws SecretFault. */
export async function addressOf(
  kind: 'imap' | 'smtp',
  settings: Imap | Smarthost,
  secrets: SecretFiles,
): Promise<ServerAddress> {
  // URLs put brackets around IPv6, sockets do not.
  const host = settings.host.replace(/^\[|\]$/g, '');
  return {
    host,
    port: portOf(kind, settings),
    tls: {
      minVersion: 'TLSv1.2',
      rejectUnauthorized: true,
      ...(isIP(host) === 0 && { servername: host }),
      ...(settings.ca !== undefined && { ca: [await secrets.bytes(settings.ca)] }),
    },
  };
}

export type SignInAs =
  { readonly user: string; readonly pass: string } | { readonly user: string; readonly accessToken: string };

/** Throws SecretFault or OauthFault. */
export async function signInAs(auth: Credentials, { secrets, tokens }: CredentialSources): Promise<SignInAs> {
  if ('oauth2' in auth) return { user: auth.user, accessToken: await tokens.token(auth.oauth2) };
  return { user: auth.user, pass: await secrets.text(auth.secret) };
}

/** A password or token was not taken: asking again soon makes a locked account, and nothing else. */
export const isRefusedSignIn = (error: unknown): boolean =>
  error instanceof SecretFault || (error instanceof OauthFault && error.isRefused);
