/**
 * The model of one site: everything `site.yaml` may say. The text file, the database and every screen
 * use this one schema, so nothing can be set in one place and refused in another. Cross references are
 * checked in `checkReferences`, which names the path of each fault.
 */
import { z } from 'zod';
import { systemReasons } from './events.ts';
import {
  agentRouting,
  callerSchema,
  queueRouting,
  routingSchema,
  skillSchema,
  wishes,
} from './site-routing.ts';
import { callbacksSchema, outboundSchema } from './site-callbacks.ts';
import { displaysSchema, shiftSchema, teamSchema } from './site-figures.ts';
import { textChannels } from './site-text.ts';
import { checkHours, holidayCalendarSchema, hoursSchema, isTimeZone } from './site-hours.ts';
import { agentNumber, dialled, id, language, name, seconds } from './site-values.ts';

export { hoursSchema, weekdays } from './site-hours.ts';
export { languages } from './site-values.ts';
export type { Language } from './site-values.ts';
export type { SiteHours } from './site-hours.ts';

export const promptSchema = z.strictObject({
  id,
  /** Spoken by the built-in voice, by language. */
  text: z.partialRecord(language, z.string().min(1).max(2000)).optional(),
  /** A WAV file (PCM, mono, 8 or 16 kHz) in the data directory's prompts/custom, by language. */
  file: z.partialRecord(language, z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]*\.wav$/)).optional(),
});

export const numberSchema = z.strictObject({
  ...wishes,
  number: dialled,
  name: name.optional(),
  queue: id,
  language: language.optional(),
  greeting: z.array(id).max(10).default([]),
  hours: id.optional(),
  closedMessage: id.optional(),
  maxCalls: z.number().int().min(1).max(10000).optional(),
});

export const queueSchema = z.strictObject({
  id,
  name,
  ...queueRouting,
  ringSec: seconds(300).min(3).default(15),
  maxWaitSec: seconds(86400).default(1800),
  maxLength: z.number().int().min(0).max(100000).default(1000),
  overflowMessage: id.default('all-busy'),
  serviceLevel: z
    .strictObject({ percent: z.number().min(1).max(100), withinSec: seconds(3600).min(1) })
    .default({ percent: 80, withinSec: 20 }),
  /** Abandons with a shorter wait are counted apart as short. */
  shortAbandonSec: seconds(60).default(5),
  /** Mails and chats of this queue are answered in these hours: their time to the first answer counts in them alone. */
  businessHours: id.optional(),
  announcePositionEverySec: seconds(3600).default(30),
  /** Says the estimated wait with the place, while it can be trusted. */
  announceWait: z.boolean().default(false),
  music: id.default('music'),
  record: z.boolean().default(true),
});

export const agentSchema = z.strictObject({
  id: agentNumber,
  name,
  /** 4-12 digits, or the scrypt hash an export shows. */
  pin: z
    .string()
    .regex(/^\d{4,12}$|^scrypt\$/, 'a PIN is 4-12 digits')
    .optional(),
  language: language.optional(),
  queues: z.array(id).max(200).default([]),
  team: id.optional(),
  ...agentRouting,
  /** Tied to this phone: logged in and Ready as soon as it registers. */
  phone: id.optional(),
  wrapUp: z
    .discriminatedUnion('mode', [
      z.strictObject({ mode: z.literal('none') }),
      z.strictObject({
        mode: z.literal('timed'),
        sec: seconds(3600).min(1),
        /** The agent may add `extendSec` so many times, by *15. */
        extendSec: seconds(3600).min(1).optional(),
        extensions: z.number().int().min(1).max(20).optional(),
      }),
      z.strictObject({ mode: z.literal('until-released') }),
    ])
    .default({ mode: 'timed', sec: 10 }),
});

export const phoneSchema = z.strictObject({
  id,
  name: name.optional(),
  /** Clear text when written by hand; an export shows `digest` instead. */
  password: z.string().min(8).max(128).optional(),
  /** H(user:realm:password) per algorithm, RFC 7616 §3.4.2; the realm is the site's. */
  digest: z
    .strictObject({ md5: z.string().regex(/^[0-9a-f]{32}$/), sha256: z.string().regex(/^[0-9a-f]{64}$/) })
    .optional(),
  language: language.optional(),
});

export const trunkSchema = z.strictObject({
  id,
  name: name.optional(),
  /** Calls from these addresses are this trunk's; `10.0.0.1`, `10.0.0.0/24`, with an optional `:port` for one address. */
  addresses: z
    .array(z.string().regex(/^[0-9a-fA-F.:[\]/]+$/))
    .min(1)
    .max(64),
  /** Both ways. */
  maxCalls: z.number().int().min(1).max(10000).default(200),
  /** Where calls of our own go out. */
  outbound: outboundSchema.optional(),
});

export const notReadyReasonSchema = z.strictObject({ code: z.string().regex(/^\d{1,2}$/), id, name });

export const siteSchema = z.strictObject({
  site: z.strictObject({
    name,
    timeZone: z.string().default('UTC'),
    language: language.default('en'),
    /** SIP digest realm; changing it makes every stored phone digest void. */
    realm: z
      .string()
      .regex(/^[A-Za-z0-9.-]{1,64}$/)
      .default('hearthline'),
    /**
     * How phones prove their password: MD5 works with every desk phone; SHA-256 (RFC 8760) with newer ones;
     * both are offered at once only where every phone is known to understand it, since many refuse the pair.
     */
    digest: z.enum(['md5', 'sha-256', 'both']).default('md5'),
  }),
  routing: routingSchema.default({ seed: 1 }),
  skills: z.array(skillSchema).max(500).default([]),
  numbers: z.array(numberSchema).max(10000).default([]),
  callers: z.array(callerSchema).max(10000).default([]),
  queues: z.array(queueSchema).max(1000).default([]),
  teams: z.array(teamSchema).max(1000).default([]),
  agents: z.array(agentSchema).max(20000).default([]),
  phones: z.array(phoneSchema).max(20000).default([]),
  trunks: z.array(trunkSchema).max(500).default([]),
  prompts: z.array(promptSchema).max(2000).default([]),
  hours: z.array(hoursSchema).max(500).default([]),
  ...textChannels,
  callbacks: callbacksSchema.optional(),
  /** iCal files of holidays that hours may name. */
  holidayCalendars: z.array(holidayCalendarSchema).max(20).optional(),
  shifts: z.array(shiftSchema).max(50).default([]),
  displays: displaysSchema.default({ agentNames: false }),
  notReadyReasons: z
    .array(notReadyReasonSchema)
    .max(99)
    .default([
      { code: '1', id: 'break', name: 'Break' },
      { code: '2', id: 'lunch', name: 'Lunch' },
      { code: '3', id: 'meeting', name: 'Meeting' },
      { code: '4', id: 'training', name: 'Training' },
    ]),
});
export type Site = z.infer<typeof siteSchema>;
export type SiteNumber = Site['numbers'][number];
export type SiteQueue = Site['queues'][number];
export type SiteCaller = Site['callers'][number];
export type SiteAgent = Site['agents'][number];
export type SitePhone = Site['phones'][number];
export type SiteTrunk = Site['trunks'][number];
export type SitePrompt = Site['prompts'][number];

/** A fault in a site: where (path into the model) and what. */
export interface SiteFault {
  path: (string | number)[];
  message: string;
}

/** Prompts every installation has, rendered in every language. */
export const builtInPrompts = ['welcome', 'all-busy', 'closed', 'please-wait', 'music', 'goodbye'] as const;

function duplicates(list: readonly string[], at: string, field: string): SiteFault[] {
  const seen = new Map<string, number>();
  const faults: SiteFault[] = [];
  list.forEach((value, index) => {
    const first = seen.get(value);
    if (first === undefined) seen.set(value, index);
    else faults.push({ path: [at, index, field], message: `"${value}" is already used by ${at}[${first}]` });
  });
  return faults;
}

/** Everything a schema cannot see: duplicates and references to what is not there. */
export function checkReferences(site: Site): SiteFault[] {
  const faults: SiteFault[] = [
    ...duplicates(
      site.numbers.map((n) => n.number),
      'numbers',
      'number',
    ),
    ...duplicates(
      site.queues.map((q) => q.id),
      'queues',
      'id',
    ),
    ...duplicates(
      site.skills.map((k) => k.id),
      'skills',
      'id',
    ),
    ...duplicates(
      site.callers.map((c) => c.from),
      'callers',
      'from',
    ),
    ...duplicates(
      site.agents.map((a) => a.id),
      'agents',
      'id',
    ),
    ...duplicates(
      site.teams.map((t) => t.id),
      'teams',
      'id',
    ),
    ...duplicates(
      site.shifts.map((s) => s.id),
      'shifts',
      'id',
    ),
    ...duplicates(
      site.phones.map((p) => p.id),
      'phones',
      'id',
    ),
    ...duplicates(
      site.trunks.map((t) => t.id),
      'trunks',
      'id',
    ),
    ...duplicates(
      site.prompts.map((p) => p.id),
      'prompts',
      'id',
    ),
    ...duplicates(
      site.hours.map((h) => h.id),
      'hours',
      'id',
    ),
    ...duplicates(
      (site.holidayCalendars ?? []).map((c) => c.id),
      'holidayCalendars',
      'id',
    ),
    ...duplicates(
      site.notReadyReasons.map((r) => r.code),
      'notReadyReasons',
      'code',
    ),
    ...duplicates(
      site.notReadyReasons.map((r) => r.id),
      'notReadyReasons',
      'id',
    ),
    ...site.notReadyReasons.flatMap(({ id: reasonId }, i) =>
      systemReasons.some((reason) => reason === reasonId)
        ? [{ path: ['notReadyReasons', i, 'id'], message: `"${reasonId}" is a reason of the system's own` }]
        : [],
    ),
  ];
  const need = (set: Set<string>, value: string | undefined, kind: string, path: (string | number)[]) => {
    if (value !== undefined && !set.has(value))
      faults.push({ path, message: `there is no ${kind} "${value}"` });
  };
  const queues = new Set(site.queues.map((q) => q.id));
  const phones = new Set(site.phones.map((p) => p.id));
  const teams = new Set(site.teams.map((t) => t.id));
  const hours = new Set(site.hours.map((h) => h.id));
  const prompts = new Set<string>([...builtInPrompts, ...site.prompts.map((p) => p.id)]);
  site.numbers.forEach((n, i) => {
    need(queues, n.queue, 'queue', ['numbers', i, 'queue']);
    need(hours, n.hours, 'hours', ['numbers', i, 'hours']);
    need(prompts, n.closedMessage, 'prompt', ['numbers', i, 'closedMessage']);
    n.greeting.forEach((p, k) => need(prompts, p, 'prompt', ['numbers', i, 'greeting', k]));
    if (phones.has(n.number))
      faults.push({ path: ['numbers', i, 'number'], message: `"${n.number}" is also a phone` });
  });
  site.queues.forEach((q, i) => {
    need(prompts, q.overflowMessage, 'prompt', ['queues', i, 'overflowMessage']);
    need(prompts, q.music, 'prompt', ['queues', i, 'music']);
    need(hours, q.businessHours, 'hours', ['queues', i, 'businessHours']);
  });
  const tied = new Map<string, number>();
  site.agents.forEach((a, i) => {
    need(phones, a.phone, 'phone', ['agents', i, 'phone']);
    need(teams, a.team, 'team', ['agents', i, 'team']);
    a.queues.forEach((q, k) => need(queues, q, 'queue', ['agents', i, 'queues', k]));
    if (a.phone !== undefined) {
      const other = tied.get(a.phone);
      if (other === undefined) tied.set(a.phone, i);
      else
        faults.push({
          path: ['agents', i, 'phone'],
          message: `phone "${a.phone}" is already tied to agents[${other}]`,
        });
    }
  });
  site.phones.forEach((p, i) => {
    if (p.password === undefined && p.digest === undefined)
      faults.push({ path: ['phones', i], message: `phone "${p.id}" has no password` });
  });
  site.prompts.forEach((p, i) => {
    if (!p.text && !p.file)
      faults.push({ path: ['prompts', i], message: `prompt "${p.id}" has neither text nor file` });
  });
  if (!isTimeZone(site.site.timeZone))
    faults.push({
      path: ['site', 'timeZone'],
      message: `"${site.site.timeZone}" is not a time zone; use a name such as Europe/Rome`,
    });
  faults.push(...checkHours(site));
  return faults;
}
