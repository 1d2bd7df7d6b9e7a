/**
 * The site file: checked as a whole, taken as a whole, in force at once without touching contacts in hand.
 * A fault anywhere leaves everything as it was.
 */
import type { CallControl, SipOutbound, SipSite } from '../../sip/port.ts';
import type { Site } from '../contract/site.ts';
import type { SiteOutbound } from '../contract/site-callbacks.ts';
import type { SiteFileFault } from '../config/site-file.ts';
import type { AcdShell } from './acd-shell.ts';
import { toAcdSite } from '../config/acd-site.ts';
import type { ActiveSite } from './active-site.ts';
import type { PromptPort, ReadSitePort, SiteStorePort, StoredSite } from './ports.ts';

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
  private readonly readSite: ReadSitePort;
  private readonly onApplied: (site: Site) => void;
  /** One import at a time: the second waits and is checked against what the first left. */
  private queue: Promise<unknown> = Promise.resolve();

  constructor(parts: {
    active: ActiveSite;
    store: SiteStorePort;
    shell: AcdShell;
    calls: CallControl;
    prompts: PromptPort;
    readSite: ReadSitePort;
    onApplied: (site: Site) => void;
  }) {
    this.active = parts.active;
    this.store = parts.store;
    this.shell = parts.shell;
    this.calls = parts.calls;
    this.prompts = parts.prompts;
    this.readSite = parts.readSite;
    this.onApplied = parts.onApplied;
  }

  async exportYaml(): Promise<{ version: number; yaml: string; site: Site }> {
    const { site, version, yaml } = this.active;
    return { version, yaml, site };
  }

  async check(yaml: string): Promise<SiteFaultAt[]> {
    const read = await this.read(yaml);
    return 'faults' in read ? read.faults : [];
  }

  /** The whole file, or everything that is wrong with it. */
  private async read(yaml: string): Promise<{ site: Site; yaml: string } | { faults: SiteFaultAt[] }> {
    const read = await this.readSite(yaml);
    const faults = 'faults' in read ? read.faults : faultsOfTrunks(this.calls, read.site);
    if (faults.length > 0 || 'faults' in read) return { faults: faults.map(withPathParts) };
    return read;
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

  private async importNow(text: string, by: string): Promise<ImportResult> {
    const read = await this.read(text);
    if ('faults' in read) return read;
    const { site, yaml } = read;
    await this.prompts.prepare(site);
    const version = await this.store.save(yaml, site, by);
    this.apply({ version, yaml, site });
    return { version };
  }

  /** In force from here. The event goes to the log only where routing has another version yet. */
  apply(stored: StoredSite, isReplayed = false): void {
    const { site, version } = stored;
    this.active.replace(stored);
    this.calls.configure(toSipSite(site));
    this.onApplied(site);
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

const toSipOutbound = ({ host, port, transport, auth }: SiteOutbound): SipOutbound => ({
  host,
  port,
  transport,
  ...(auth && { auth: { username: auth.user, secret: auth.secret } }),
});

export function toSipSite(site: Site): SipSite {
  return {
    realm: site.site.realm,
    digestAlgorithms: algorithms[site.site.digest],
    phones: site.phones.flatMap((p) => (p.digest ? [{ phoneId: p.id, digest: p.digest }] : [])),
    trunks: site.trunks.map(({ id, addresses, maxCalls, outbound }) => ({
      trunkId: id,
      addresses,
      maxCalls,
      ...(outbound && { outbound: toSipOutbound(outbound) }),
    })),
    numbers: site.numbers.map((n) => ({
      number: n.number,
      ...(n.maxCalls !== undefined && { maxCalls: n.maxCalls }),
    })),
  };
}
