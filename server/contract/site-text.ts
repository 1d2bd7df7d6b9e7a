/**
 * The text channels in the site model: mailboxes, chat widgets, forms, connectors. What is not named here is off: it opens
 * no connection and no page shows it. Secrets are never in the site file: `secret: NAME` is the file of that name in the
 * data directory's `secrets` folder.
 */
import { z } from 'zod';
import { retentionSchema } from './site-retention.ts';
import { syslogSchema } from './site-syslog.ts';
import { host, id, language, name, port, seconds, secretName } from './site-values.ts';

const mailAddress = z.email().max(254);
/** By language. */
const texts = z.partialRecord(language, z.string().min(1).max(2000));

/** `tls`: from the first byte. `starttls`: demanded. `none`: in clear, for servers in the same room. */
const connection = {
  host,
  port: port.optional(),
  tls: z.enum(['tls', 'starttls', 'none']).default('tls'),
  /** A certificate authority of the bank's own: a PEM file in the secrets folder. */
  ca: secretName.optional(),
};
const password = { user: z.string().min(1).max(254), secret: secretName };
const credentials = z.union([
  z.strictObject(password),
  /** OAuth2, by refresh token or client credentials. */
  z.strictObject({
    user: z.string().min(1).max(254),
    oauth2: z.strictObject({
      tokenUrl: z.url({ protocol: /^https?$/ }),
      clientId: z.string().min(1).max(200),
      clientSecret: secretName.optional(),
      refreshToken: secretName.optional(),
      scope: z.string().max(500).optional(),
    }),
  }),
]);

export const mailboxSchema = z.strictObject({
  id,
  name,
  address: mailAddress,
  /** Other addresses that are delivered here. */
  aliases: z.array(mailAddress).max(50).default([]),
  queue: id,
  language: language.optional(),
  /** Where its mails are fetched from; absent: they come to the listener. */
  imap: z
    .strictObject({
      ...connection,
      auth: credentials,
      folder: z.string().min(1).max(200).default('INBOX'),
      /** What becomes of a mail that is kept. */
      afterwards: z.enum(['mark-seen', 'delete']).default('mark-seen'),
    })
    .optional(),
  /** The name that customers see; absent: `name`. */
  senderName: name.optional(),
  signature: texts.optional(),
  /** False: the mail system does not deliver help+anything@ to help@; answers are then known by their subject and ids. */
  plusAddressing: z.boolean().optional(),
  /** Words in the subject that lead to another queue. */
  topics: z
    .array(z.strictObject({ words: z.array(z.string().min(2).max(80)).min(1).max(20), queue: id }))
    .max(50)
    .default([]),
});

export const mailSchema = z.strictObject({
  /** Our own listener, for the bank's relay. */
  listener: z
    .strictObject({
      port,
      bind: z.string().max(60).default('127.0.0.1'),
      /** Relays that may deliver: addresses and networks. */
      allow: z
        .array(z.string().regex(/^[0-9a-fA-F.:]+(?:\/\d{1,3})?$/, 'not an address or network'))
        .min(1)
        .max(100),
      /** Certificate and key in the secrets folder: STARTTLS is offered. */
      certificate: secretName.optional(),
      key: secretName.optional(),
    })
    .optional(),
  /** The relay that takes our answers. */
  smarthost: z.strictObject({ ...connection, auth: credentials.optional() }).optional(),
  maxMegabytes: z.number().int().min(1).max(100).default(25),
  mailboxes: z.array(mailboxSchema).min(1).max(200),
});

const topic = z.strictObject({ id, name: texts, queue: id });
const consent = z.strictObject({ version: z.string().min(1).max(40), text: texts });

/** What the house says to who waits for the first agent of a chat, each text once, so long after the first line. */
const waitingTexts = z
  .array(
    z.strictObject({
      afterSec: z.number().int().min(1).max(86_400),
      text: texts.refine((known) => Object.keys(known).length > 0, 'write it in one language at least'),
    }),
  )
  .max(10)
  .superRefine((list, context) => {
    list.forEach(({ afterSec }, i) => {
      if (i === 0 || afterSec > list[i - 1]!.afterSec) return;
      const message = 'each text needs a later time than the one before';
      context.addIssue({ code: 'custom', path: [i, 'afterSec'], message });
    });
  })
  .default([]);

export const widgetSchema = z.strictObject({
  id,
  queue: id,
  /** Web sites on which it may be shown, such as https://www.bank.example. */
  origins: z
    .array(z.string().regex(/^https?:\/\/[A-Za-z0-9.-]+(?::\d{1,5})?$/, 'an origin: https://host'))
    .min(1)
    .max(50),
  hours: id.optional(),
  title: texts.optional(),
  welcome: texts.optional(),
  waiting: waitingTexts,
  offlineText: texts.optional(),
  /** The form that is shown while closed: its id under `forms`. */
  offlineForm: id.optional(),
  colour: z
    .string()
    .regex(/^#[0-9a-fA-F]{6}$/)
    .default('#0b5fa5'),
  theme: z.enum(['light', 'dark', 'auto']).default('auto'),
  asks: z
    .strictObject({
      name: z.enum(['no', 'may', 'must']).default('may'),
      email: z.enum(['no', 'may', 'must']).default('no'),
    })
    .default({ name: 'may', email: 'no' }),
  topics: z.array(topic).max(30).default([]),
  consent: consent.optional(),
  attachments: z.boolean().default(true),
  transcript: z.boolean().default(true),
  /** A customer who says nothing for so long is warned, and after as long again the chat is closed. 0: never. */
  idleSec: seconds(86_400).default(600),
});

export const formSchema = z.strictObject({
  id,
  queue: id,
  /** Where answers to it come from and go to: a mailbox's id. */
  mailbox: id.optional(),
  origins: z
    .array(z.string().regex(/^https?:\/\/[A-Za-z0-9.-]+(?::\d{1,5})?$/))
    .min(1)
    .max(50),
  wants: z
    .array(z.enum(['mail', 'call']))
    .min(1)
    .default(['mail']),
  topics: z.array(topic).max(30).default([]),
  consent: consent.optional(),
});

export const webhookSchema = z.strictObject({
  id,
  name,
  queue: id,
  work: z.enum(['chat', 'mail']).default('chat'),
  /** Where answers are posted to. */
  url: z.url({ protocol: /^https?$/ }),
  /** Signs both ways (HMAC-SHA256). */
  secret: secretName,
});

export const fileRulesSchema = z.strictObject({
  maxMegabytes: z.number().int().min(1).max(100).default(20),
  /** Endings that are never handed on. */
  refuse: z
    .array(z.string().regex(/^[a-z0-9]{1,10}$/))
    .max(200)
    .default([
      'exe',
      'com',
      'bat',
      'cmd',
      'scr',
      'pif',
      'msi',
      'vbs',
      'js',
      'jse',
      'wsf',
      'hta',
      'lnk',
      'jar',
      'ps1',
      'dll',
      'cpl',
      'reg',
    ]),
  /** The bank's virus scanner: clamd over TCP or a Unix socket. What cannot be asked is kept, and not opened. */
  clamd: z
    .union([z.strictObject({ host, port }), z.strictObject({ socket: z.string().regex(/^\//).max(100) })])
    .optional(),
});

export const dispositionSchema = z.strictObject({ id, name });

export const textChannels = {
  mail: mailSchema.optional(),
  widgets: z.array(widgetSchema).max(50).optional(),
  forms: z.array(formSchema).max(50).optional(),
  webhooks: z.array(webhookSchema).max(50).optional(),
  files: fileRulesSchema.optional(),
  dispositions: z.array(dispositionSchema).max(200).optional(),
  retention: retentionSchema.optional(),
  syslog: syslogSchema.optional(),
};
export type SiteMail = z.infer<typeof mailSchema>;
export type SiteMailbox = z.infer<typeof mailboxSchema>;
export type SiteWidget = z.infer<typeof widgetSchema>;
export type SiteForm = z.infer<typeof formSchema>;
export type SiteWebhook = z.infer<typeof webhookSchema>;
export type SiteFileRules = z.infer<typeof fileRulesSchema>;
