/**
 * The way out: our answers over the bank's relay (RFC 5321), through a pool of a few connections.
 *
 * What comes of a mail is said once and not repeated here; the desk repeats. A refusal for good of this mail (5xx to its
 * sender, recipient or content) is `failed`; everything else is `later`: a 4xx, a relay that hangs or is gone, a sign-in that
 * is refused, a certificate that does not hold. A connection that drops after DATA is `later` as well: whether the relay took
 * the mail is not known, and the repeat bears the same Message-ID, by which mailboxes show one. So it waits for the answer
 * for longer than a relay may think about a mail (RFC 5321 §4.5.3.2.6), and the desk for as long as it does.
 *
 * It may not log an address or what the relay said; the fault goes back to the desk, which shows it to those who may read the
 * message.
 */
import { createTransport, type Transporter } from 'nodemailer';
import type { ChannelHealth, SendResult } from '../../app/text/channel.ts';
import type { SiteMail } from '../../contract/site-text.ts';
import type { Logger } from '../../lib/log.ts';
import { backOffMs, backOffTimes, type BackOffTimes } from './back-off.ts';
import { addressOf, isRefusedSignIn, signInAs, type CredentialSources } from './connection-settings.ts';
import { faultWord } from './fault-word.ts';
import type { ComposedMail } from './mail-compose.ts';
import { OauthFault } from './oauth-token.ts';
import { createPartHealth } from './part-health.ts';
import { SecretFault } from '../../lib/secret-files.ts';

export type SmarthostSettings = NonNullable<SiteMail['smarthost']>;

export interface SenderTimes extends BackOffTimes {
  readonly connectMs: number;
  /** Without a byte; RFC 5321 §4.5.3.2.6 lets a relay think for ten minutes after the dot. */
  readonly silentMs: number;
  /** For one mail, whatever the relay does: a large one on its way, and then the silence. */
  readonly mailMs: number;
}

export const senderTimes: SenderTimes = {
  ...backOffTimes,
  firstMs: 15_000,
  longestMs: 300_000,
  connectMs: 20_000,
  silentMs: 660_000,
  mailMs: 1_200_000,
};

export interface SenderParts extends CredentialSources {
  readonly now: () => number;
  readonly logger: Logger;
}

export interface MailSender {
  /** `signal`: nobody waits for it any more; its connection is closed. */
  send(mail: ComposedMail, signal: AbortSignal): Promise<SendResult>;
  health(): ChannelHealth;
  close(): Promise<void>;
}

export const relayConnections = 5;
const maxFaultChars = 300;

interface SmtpError {
  code?: string;
  responseCode?: number;
  response?: string;
}

/** One line of what the relay said, or a word. */
function faultOf(error: unknown): string {
  const { response } = error as SmtpError;
  if (error instanceof SecretFault || error instanceof OauthFault) return error.message;
  if (response === undefined) return faultWord(error);
  return response
    .replace(/[\p{Cc}\p{Cf}]+/gu, ' ')
    .trim()
    .slice(0, maxFaultChars);
}

function detailOf(error: unknown, host: string): string {
  if (error instanceof SecretFault || error instanceof OauthFault) return error.message;
  const { code, responseCode } = error as SmtpError;
  const said = responseCode === undefined ? '' : ` (${responseCode})`;
  if (code === 'EAUTH') return `${host} refuses the user or the password${said}`;
  if (code === 'ETLS') return `${host} offers no TLS that holds`;
  return `${host} takes no mails (${code ?? faultWord(error)}${said})`;
}

const ofTheMail = new Set(['EENVELOPE', 'EMESSAGE']);

function isForGood(error: unknown): boolean {
  const { code, responseCode } = error as SmtpError;
  if (code === undefined || !ofTheMail.has(code)) return false;
  // Without a code of the relay it is nodemailer's own: larger than the relay said it takes, or no address.
  return responseCode === undefined || (responseCode >= 500 && responseCode < 600);
}

async function openTransport(settings: SmarthostSettings, parts: SenderParts, times: SenderTimes) {
  const { auth } = settings;
  const { host, port, tls } = await addressOf('smtp', settings, parts.secrets);
  const signIn = auth && (await signInAs(auth, parts));
  const transport = createTransport({
    pool: true,
    maxConnections: relayConnections,
    // The desk repeats, and knows what it repeats.
    maxRequeues: 0,
    host,
    port,
    secure: settings.tls === 'tls',
    requireTLS: settings.tls === 'starttls',
    ignoreTLS: settings.tls === 'none',
    tls,
    ...(signIn && {
      auth:
        'accessToken' in signIn ? { type: 'OAuth2', ...signIn } : { user: signIn.user, pass: signIn.pass },
    }),
    connectionTimeout: times.connectMs,
    greetingTimeout: times.connectMs,
    dnsTimeout: times.connectMs,
    socketTimeout: times.silentMs,
    disableFileAccess: true,
    disableUrlAccess: true,
    logger: false,
  });
  // Of idle connections that are closed by the relay; those that send tell it by their mail.
  transport.on('error', () => undefined);
  if (auth && 'oauth2' in auth)
    // Asked for at each new connection, so that a pool outlives a token.
    transport.set('oauth2_provision_cb', (_user: string, isRenewal: boolean, answer: TokenAnswer) => {
      if (isRenewal) parts.tokens.forget(auth.oauth2);
      parts.tokens.token(auth.oauth2).then(
        (token) => answer(null, token),
        (error: unknown) => answer(error instanceof Error ? error : new Error('no token')),
      );
    });
  return transport;
}

type TokenAnswer = (error: Error | null, token?: string) => void;

export function createMailSender(
  settings: SmarthostSettings,
  parts: SenderParts,
  times: SenderTimes = senderTimes,
): MailSender {
  const health = createPartHealth(parts.now);
  let transport: Transporter | undefined;
  let opening: Promise<Transporter> | undefined;
  let isClosed = false;
  let tries = 0;
  /** Nothing is tried before the probe is: each try would be another wrong password. */
  let isSignInRefused = false;
  let probe: NodeJS.Timeout | undefined;

  function open(): Promise<Transporter> {
    opening ??= openTransport(settings, parts, times).then(
      (opened) => (transport = opened),
      (error: unknown) => {
        opening = undefined;
        throw error;
      },
    );
    return opening;
  }

  /** A new secret or certificate counts with the next connection. */
  function drop(): void {
    const old = transport;
    transport = undefined;
    opening = undefined;
    old?.close();
  }

  function isUp(): void {
    tries = 0;
    isSignInRefused = false;
    clearTimeout(probe);
    probe = undefined;
    if (!isClosed) health.up();
  }

  function isDown(error: unknown): void {
    if (isClosed) return;
    const { code } = error as SmtpError;
    const oauth = settings.auth && 'oauth2' in settings.auth ? settings.auth.oauth2 : undefined;
    if (oauth && code === 'EAUTH') parts.tokens.forget(oauth);
    // A token may have been revoked before its time: the next one is tried soon.
    const isRefused = isRefusedSignIn(error) || (code === 'EAUTH' && !(oauth && tries === 0));
    const detail = detailOf(error, settings.host);
    if (health.get().state !== 'down') parts.logger.warn({ fault: detail }, 'no mails can be sent');
    health.worse('down', detail);
    isSignInRefused = isRefused;
    if (isRefused || code === 'EAUTH') drop();
    if (probe) return;
    tries += 1;
    probe = setTimeout(
      () => {
        probe = undefined;
        void check();
      },
      backOffMs(tries, isRefused, times),
    );
    probe.unref();
  }

  async function check(): Promise<void> {
    try {
      await (await open()).verify();
      isUp();
    } catch (error) {
      drop();
      isDown(error);
    }
  }

  health.worse('degraded', `connecting to ${settings.host}`);
  void check();

  return {
    async send(mail, signal) {
      const known = health.get();
      if (isSignInRefused && 'detail' in known) return { outcome: 'later', fault: known.detail };
      try {
        const ended = AbortSignal.any([signal, AbortSignal.timeout(times.mailMs)]);
        await (await open()).sendMail({ ...mail, signal: ended });
        isUp();
        return { outcome: 'sent', externalId: mail.messageId.slice(1, -1) };
      } catch (error) {
        const fault = faultOf(error);
        if (isForGood(error)) {
          isUp();
          return { outcome: 'failed', fault };
        }
        const { responseCode, code } = error as SmtpError;
        // A 4xx to a mail is an answer; the relay is there.
        if (responseCode === undefined || code === 'EAUTH' || code === 'ETLS') isDown(error);
        return { outcome: 'later', fault };
      }
    },
    health: () => health.get(),
    close() {
      isClosed = true;
      clearTimeout(probe);
      drop();
      health.off();
      return Promise.resolve();
    },
  };
}
