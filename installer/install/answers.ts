/**
 * What an installation has to know, as one JSON file (`--answers`), asked for on the terminal where there is none. What was
 * answered is kept in /etc/hearthline/answers.json, so that a second run and an upgrade ask nothing.
 */
import { readFileSync } from 'node:fs';
import { hostname, networkInterfaces } from 'node:os';
import { isIP, isIPv4 } from 'node:net';
import { createInterface } from 'node:readline/promises';
import { z } from 'zod';
import { houseNetworksSchema, networksSchema, plainNetwork } from '../networks/house-networks.ts';
import { readSettings, SettingsError } from '../settings.ts';
import { storeAnswer, storeSettings } from './bank-stores.ts';

const port = z.int().min(1).max(65_535);

const hostName = z
  .string()
  .max(253)
  .refine((text) => isIP(text) !== 0 || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i.test(text), {
    message: 'must be a host name or an address',
  });

export const answersSchema = z.strictObject({
  /** By which people and phones call this machine; the first is shown to them. All are in the certificate. */
  names: z.array(hostName).min(1),
  bind: z.string().refine(isIPv4, { message: 'must be an IPv4 address of this machine' }).default('0.0.0.0'),
  ports: z
    .strictObject({
      web: port.default(8443),
      public: port.default(8444),
      sip: port.default(5060),
      rtp: z
        .string()
        .regex(/^\d+-\d+$/)
        .default('20000-23999'),
    })
    .prefault({}),
  /** Who may reach it; whatever is in none of them meets a closed door (firewall, systemd). */
  networks: z.strictObject(houseNetworksSchema.shape).prefault({}),
  /** `csr`: our own certificate until the bank's is installed; the request for it is written. */
  certificate: z.enum(['own-ca', 'csr', 'none']).default('own-ca'),
  /** The bank's own in place of ours, by address. Of answers files alone: nobody is asked for them. */
  postgres: storeAnswer('postgres'),
  redis: storeAnswer('redis'),
  firewall: z.boolean().default(true),
  start: z.boolean().default(true),
});

export type Answers = z.infer<typeof answersSchema>;

export class AnswersError extends Error {}

/** The settings file of the services; throws SettingsError where ports clash. */
export function settingsText(answers: Answers): string {
  const { bind, ports, certificate } = answers;
  const values: Record<string, string> = {
    HEARTHLINE_HTTP_PORT: String(ports.web),
    HEARTHLINE_PUBLIC_PORT: String(ports.public),
    HEARTHLINE_SIP_PORT: String(ports.sip),
    HEARTHLINE_RTP_PORTS: ports.rtp,
    HEARTHLINE_BIND: bind,
    ...(certificate !== 'none' && {
      HEARTHLINE_TLS_CERT_FILE: '/etc/hearthline/tls/server.crt',
      HEARTHLINE_TLS_KEY_FILE: '/etc/hearthline/tls/server.key',
    }),
    ...storeSettings(answers),
  };
  readSettings(values, '/');
  const lines = Object.entries(values).map(([name, value]) => `${name}=${value}`);
  return [
    '# Settings of the Hearthline services (docs/install.md). Restart hearthline.target after a change.',
    ...lines,
    '',
  ].join('\n');
}

export function parseAnswers(text: string, file: string): Answers {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new AnswersError(`${file} is not JSON: ${(error as Error).message}`);
  }
  const parsed = answersSchema.safeParse(value);
  if (!parsed.success) {
    const faults = parsed.error.issues.map(
      ({ path, message }) => `  ${path.join('.') || 'the whole'}: ${message}`,
    );
    throw new AnswersError(`${file} has faults:\n${faults.join('\n')}`);
  }
  try {
    settingsText(parsed.data);
  } catch (error) {
    if (error instanceof SettingsError) throw new AnswersError(`${file}: ${error.message}`);
    throw error;
  }
  return parsed.data;
}

export function readAnswers(file: string): Answers {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new AnswersError(`${file} cannot be read: ${(error as Error).message}`);
  }
  return parseAnswers(text, file);
}

/** The usual answers: this machine's names and addresses, and the networks that it is in. */
export function usualAnswers(): Answers {
  const own = Object.values(networkInterfaces())
    .flat()
    .filter((one) => one !== undefined && one.family === 'IPv4' && !one.internal);
  const addresses = own.map((one) => one!.address);
  const near = [...new Set(own.map((one) => plainNetwork(one!.cidr!)))];
  return answersSchema.parse({
    names: [hostname(), ...addresses].filter((name) => hostName.safeParse(name).success),
    networks: { phones: near, users: near },
  });
}

const list = (text: string) => text.split(/[\s,]+/).filter((word) => word !== '');

/** On the terminal; an empty line takes what is shown in brackets, and what cannot be is asked again. */
export async function askAnswers(usual: Answers): Promise<Answers> {
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  const ask = async <T>(
    question: string,
    shown: string,
    schema: z.ZodType<T>,
    read: (text: string) => unknown,
  ) => {
    for (;;) {
      const text = (await reader.question(`${question} [${shown}]: `)).trim() || shown;
      const parsed = schema.safeParse(read(text));
      if (parsed.success) return parsed.data;
      process.stderr.write(`  ${parsed.error.issues[0]?.message ?? 'that cannot be'}\n`);
    }
  };
  try {
    const names = await ask(
      'Names and addresses of this machine, the one that people use first',
      usual.names.join(', '),
      answersSchema.shape.names,
      list,
    );
    const phones = await ask(
      'Networks of the phones',
      usual.networks.phones.join(', '),
      networksSchema,
      list,
    );
    const users = await ask(
      'Networks of the people and televisions',
      usual.networks.users.join(', '),
      networksSchema,
      list,
    );
    const trunks = await ask('Networks or addresses of the trunks', '', networksSchema, list);
    const certificate = await ask(
      'Certificate: own-ca, csr (a request for your own CA), none',
      usual.certificate,
      answersSchema.shape.certificate,
      (text) => text,
    );
    return { ...usual, names, networks: { ...usual.networks, phones, users, trunks }, certificate };
  } finally {
    reader.close();
  }
}
