/**
 * `<data>/egress.json`: what the site lets us open, for `hearthline networks apply`, which compiles what systemd lets through out of it. It is
 * written when it is another. Where names are looked up (an installed house), their addresses stand beside them: systemd knows no
 * names. An address stays for a day after it was last an answer, since what was found a moment ago may still be in use; what the file
 * holds when the server starts was found a moment ago.
 * Race stopped: systemd does not hear of a change while the command is still at work on the one before (hearthline-networks.path starts
 * nothing twice). So each change is told again, the last time when whatever was at work then has ended for sure: that is TimeoutStartSec
 * of hearthline-networks.service later. Who runs meanwhile began after the change, and has read it.
 */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { z } from 'zod';
import type { EgressRow } from '../contract/rest-channels.ts';
import type { Site } from '../contract/site.ts';

/** Networks from which the site expects somebody: trunks that call us, relays that bring mails. */
export interface IngressRow {
  network: string;
  service: 'sip' | 'server';
  purpose: 'trunk' | 'mail-relay';
  usedBy: string[];
}

export function ingressOf({ trunks, mail }: Pick<Site, 'trunks' | 'mail'>): IngressRow[] {
  const ofTrunks = trunks.flatMap(({ id, addresses }) =>
    addresses.map((address) => ({
      network: address.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1'),
      service: 'sip' as const,
      purpose: 'trunk' as const,
      usedBy: [id],
    })),
  );
  const relays = (mail?.listener?.allow ?? []).map((network) => ({
    network,
    service: 'server' as const,
    purpose: 'mail-relay' as const,
    usedBy: [],
  }));
  return [...ofTrunks, ...relays];
}

export interface EgressFileParts {
  file: string;
  /** Who of the site comes to us by themselves. */
  ingress: () => readonly IngressRow[];
  /** Rejects where there is none. Absent: names are not looked up. */
  resolve?: (host: string) => Promise<string[]>;
  now: () => number;
  logger: { warn(fields: object, message: string): void };
}

const resolveEveryMs = 300_000;
const resolveAgainMs = 15_000;
const keptMs = 86_400_000;
const addressesAtMost = 64;
/** After a change. The first heals nearly all, the last everything. */
const toldAgainAfterMs = [10_000, 70_000] as const;

const fileSchema = z.object({
  egress: z.array(z.object({ host: z.string(), addresses: z.array(z.string()) })),
});

interface Found {
  /** By address: until when it counts. */
  addresses: Map<string, number>;
  askAgainAt: number;
  isAsking: boolean;
}

export class EgressFile {
  readonly #parts: EgressFileParts;
  readonly #names = new Map<string, Found>();
  #kept = '';
  /** In order; empty once everybody has heard. */
  #tellAgainAt: number[] = [];

  private constructor(parts: EgressFileParts) {
    this.#parts = parts;
  }

  /** With the addresses that a former process found. */
  static async open(parts: EgressFileParts): Promise<EgressFile> {
    const opened = new EgressFile(parts);
    const text = await readFile(parts.file, 'utf8').catch(() => '');
    if (parts.resolve) opened.#remember(text);
    return opened;
  }

  /** What cannot be read is written anew. */
  #remember(text: string): void {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return;
    }
    const until = this.#parts.now() + keptMs;
    for (const { host, addresses } of fileSchema.safeParse(value).data?.egress ?? [])
      if (isIP(host) === 0)
        this.#names.set(host, {
          addresses: new Map(addresses.map((address) => [address, until])),
          askAgainAt: 0,
          isAsking: false,
        });
  }

  /** Writes the file if it must; names that are due are asked for, and stand in it the next time. */
  async keep(rows: readonly EgressRow[]): Promise<void> {
    const now = this.#parts.now();
    const hosts = new Set(rows.map(({ host }) => host).filter((host) => isIP(host) === 0));
    for (const host of this.#names.keys()) if (!hosts.has(host)) this.#names.delete(host);
    for (const host of hosts) this.#askFor(host, now);
    const egress = rows.map((row) => ({ ...row, addresses: this.#addressesOf(row.host, now) }));
    const text = `${JSON.stringify({ version: 1, egress, ingress: this.#parts.ingress() }, undefined, 2)}\n`;
    const isAnother = text !== this.#kept;
    if (isAnother) this.#tellAgainAt = toldAgainAfterMs.map((afterMs) => now + afterMs);
    else if ((this.#tellAgainAt[0] ?? Infinity) > now) return;
    else this.#tellAgainAt = this.#tellAgainAt.filter((at) => at > now);
    const { file } = this.#parts;
    // Readable by the group of the services: root without its privileges reads it (systemd/hearthline-networks.service).
    await writeFile(`${file}.part`, text, { mode: 0o640 });
    await rename(`${file}.part`, file);
    this.#kept = text;
  }

  #addressesOf(host: string, now: number): string[] {
    if (isIP(host) !== 0) return [host];
    const known = this.#names.get(host);
    if (!known) return [];
    for (const [address, until] of known.addresses) if (until < now) known.addresses.delete(address);
    return [...known.addresses.keys()].sort();
  }

  #askFor(host: string, now: number): void {
    const { resolve, logger } = this.#parts;
    if (!resolve) return;
    const known = this.#names.get(host) ?? { addresses: new Map(), askAgainAt: 0, isAsking: false };
    this.#names.set(host, known);
    if (known.isAsking || now < known.askAgainAt) return;
    known.isAsking = true;
    resolve(host)
      .then((addresses) => {
        const at = this.#parts.now();
        for (const address of addresses.slice(0, addressesAtMost)) known.addresses.set(address, at + keptMs);
        known.askAgainAt = at + resolveEveryMs;
      })
      .catch((err: unknown) => {
        known.askAgainAt = this.#parts.now() + resolveAgainMs;
        logger.warn({ err, host }, 'a connector has a name that cannot be found');
      })
      .finally(() => (known.isAsking = false));
  }
}
