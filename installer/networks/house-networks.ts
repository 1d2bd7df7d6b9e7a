/**
 * What the bank's networks are (`networks` in /etc/hearthline/answers.json), and what the enabled connectors need (`egress.json`, written
 * by the server). Both are read whole and checked; every fault names its place. Nothing is guessed: a network that cannot be read
 * would be one that is shut out, or let in.
 */
import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { z } from 'zod';
import { egressPurposes } from '../../server/contract/rest-channels.ts';
import { networkText, parseNetwork } from '../../server/lib/network.ts';

export class NetworksFault extends Error {}

/** `10.1.0.0/16`, as it is always written; undefined for what is none. An address alone is a network of one. */
export function plainNetwork(text: string): string | undefined {
  const trimmed = text.trim();
  // parseNetwork takes a lone IPv6 address for its whole /64: too much to let in.
  const network = parseNetwork(isIP(trimmed) === 6 ? `${trimmed}/128` : trimmed);
  if (!network) return undefined;
  const plain = networkText(network);
  return plain.includes('/') ? plain : `${plain}/32`;
}

const network = z.string().transform((text, context) => {
  const plain = plainNetwork(text);
  if (plain !== undefined) return plain;
  context.addIssue({ code: 'custom', message: `must be a network such as 10.20.0.0/16, not "${text}"` });
  return z.NEVER;
});
export const networksSchema = z.array(network).max(1000).default([]);

/** Who may reach this machine, and be answered. */
export const houseNetworksSchema = z.object({
  phones: networksSchema,
  users: networksSchema,
  trunks: networksSchema,
  monitoring: networksSchema,
});
export type HouseNetworks = z.infer<typeof houseNetworksSchema>;

const answersSchema = z.object({ networks: houseNetworksSchema.prefault({}) });

const egressSchema = z.object({
  version: z.literal(1),
  egress: z.array(
    z.object({
      host: z.string(),
      port: z.number().int(),
      protocol: z.string(),
      purpose: z.enum(egressPurposes),
      usedBy: z.array(z.string()),
      /** Of a name those that it led to. */
      addresses: z.array(z.string().refine((text) => isIP(text) !== 0, 'must be an address')),
    }),
  ),
  /** Who of the site comes to us by themselves. */
  ingress: z.array(
    z.object({
      network,
      service: z.enum(['sip', 'server']),
      purpose: z.string(),
      usedBy: z.array(z.string()),
    }),
  ),
});
export type EgressNeeds = z.infer<typeof egressSchema>;

function parsed<T>(schema: z.ZodType<T>, text: string, file: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new NetworksFault(`${file} is not JSON: ${(error as Error).message}`);
  }
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  const faults = read.error.issues.map(
    ({ path, message }) => `  ${path.join('.') || 'the whole'}: ${message}`,
  );
  throw new NetworksFault(`${file} has faults:\n${faults.join('\n')}`);
}

function textOf(file: string, remedy: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new NetworksFault(
      `${file} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown'}): ${remedy}`,
    );
  }
}

export const parseHouseNetworks = (text: string, file: string): HouseNetworks =>
  parsed(answersSchema, text, file).networks;
export const parseEgressNeeds = (text: string, file: string): EgressNeeds => parsed(egressSchema, text, file);

export const readHouseNetworks = (file: string): HouseNetworks =>
  parseHouseNetworks(textOf(file, 'the installer writes it; name another with --answers'), file);
/** Before the first start of the server there is none: nothing is switched on yet. */
export const readEgressNeeds = (file: string): EgressNeeds =>
  existsSync(file)
    ? parseEgressNeeds(textOf(file, 'run it as root'), file)
    : { version: 1, egress: [], ingress: [] };
