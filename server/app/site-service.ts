/**
 * The site file: checked as a whole, taken as a whole, in force at once without touching contacts in hand.
 * A fault anywhere leaves everything as it was.
 */
import type { CallControl, SipSite } from '../../sip/port.ts';
import type { Site } from '../contract/site.ts';
import { formatSite, parseSite, secureSite, type SiteFileFault } from '../config/site-file.ts';
import type { AcdShell } from './acd-shell.ts';
import { toAcdSite, type ActiveSite } from './active-site.ts';
import type { PromptPort, SiteStorePort } from './ports.ts';

/** A fault as screens and the command line show it. */
export interface SiteFaultAt {
  path: (string | number)[];
  message: string;
  line: number;
  column: number;
}
export type ImportResult = { version: number } | { faults: SiteFaultAt[] } | { currentVersion: number };

export class SiteService {
  private readonly active: ActiveSite;
  private readonly store: SiteStorePort;
  private readonly shell: AcdShell;
  private readonly calls: CallControl;
  private readonly prompts: PromptPort;
  private readonly onApplied: (site: Site, version: number) => void;
  /** One import at a time: the second waits and is checked against what the first left. */
  private queue: Promise<unknown> = Promise.resolve();

  constructor(parts: {
    active: ActiveSite;
    store: SiteStorePort;
    shell: AcdShell;
    calls: CallControl;
    prompts: PromptPort;
    onApplied: (site: Site, version: number) => void;
  }) {
    this.active = parts.active;
    this.store = parts.store;
    this.shell = parts.shell;
    this.calls = parts.calls;
    this.prompts = parts.prompts;
    this.onApplied = parts.onApplied;
  }

  async exportYaml(): Promise<{ version: number; yaml: string; site: Site }> {
    const { site, version } = this.active;
    return { version, yaml: formatSite(site), site };
  }

  async check(yaml: string): Promise<SiteFaultAt[]> {
    const read = this.read(yaml);
    return Array.isArray(read) ? read : [];
  }

  /** The whole file, or everything that is wrong with it. */
  private read(yaml: string): Site | SiteFaultAt[] {
    const parsed = parseSite(yaml);
    const faults = 'faults' in parsed ? parsed.faults : faultsOfTrunks(this.calls, parsed.site);
    if (faults.length > 0 || 'faults' in parsed) return faults.map(withPathParts);
    return parsed.site;
  }

  /** `ifVersion`: refused when somebody else's import came in between. */
  import(yaml: string, by: string, ifVersion?: number): Promise<ImportResult> {
    const turn = this.queue.then(() =>
      ifVersion !== undefined && ifVersion !== this.active.version
        ? { currentVersion: this.active.version }
        : this.importNow(yaml, by),
    );
    this.queue = turn.catch(() => undefined);
    return turn;
  }

  private async importNow(yaml: string, by: string): Promise<ImportResult> {
    const read = this.read(yaml);
    if (Array.isArray(read)) return { faults: read };
    const site = await secureSite(read);
    await this.prompts.prepare(site);
    const version = await this.store.save(formatSite(site), site, by);
    this.apply(site, version);
    return { version };
  }

  /** In force from here. The event goes to the log only where routing has another version yet. */
  apply(site: Site, version: number, isReplayed = false): void {
    this.active.replace(site, version);
    this.calls.configure(toSipSite(site));
    this.onApplied(site, version);
    if (!isReplayed) this.shell.run({ type: 'site.apply', site: toAcdSite(site, version) });
  }
}

/** `queues[0].ringSec` -> ['queues', 0, 'ringSec']. */
const withPathParts = (fault: SiteFileFault): SiteFaultAt => ({
  ...fault,
  path: (fault.path.match(/[^.[\]]+/g) ?? []).map((part) => (/^\d+$/.test(part) ? Number(part) : part)),
});

/** Addresses have one parser, telephony's: what it cannot read is a fault of the file. */
function faultsOfTrunks(calls: CallControl, site: Site): SiteFileFault[] {
  return site.trunks.flatMap((trunk, i) =>
    trunk.addresses.flatMap((address, k) =>
      calls.isTrunkAddress(address)
        ? []
        : [
            {
              line: 1,
              column: 1,
              path: `trunks[${i}].addresses[${k}]`,
              message: `"${address}" is not an IP address, a network (10.0.0.0/24) or an address with a port`,
            },
          ],
    ),
  );
}

const algorithms: Record<Site['site']['digest'], SipSite['digestAlgorithms']> = {
  md5: ['MD5'],
  'sha-256': ['SHA-256'],
  both: ['SHA-256', 'MD5'],
};

export function toSipSite(site: Site): SipSite {
  return {
    realm: site.site.realm,
    digestAlgorithms: algorithms[site.site.digest],
    phones: site.phones.flatMap((p) => (p.digest ? [{ phoneId: p.id, digest: p.digest }] : [])),
    trunks: site.trunks.map((t) => ({ trunkId: t.id, addresses: t.addresses, maxCalls: t.maxCalls })),
    numbers: site.numbers.map((n) => ({
      number: n.number,
      ...(n.maxCalls !== undefined && { maxCalls: n.maxCalls }),
    })),
  };
}
