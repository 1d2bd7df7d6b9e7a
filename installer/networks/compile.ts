/**
 * Which networks each service may speak to, for systemd (`IPAddressAllow=`): pure. Packets to and from everything else are dropped by
 * the kernel, whatever the program wants. The units deny all (`IPAddressDeny=any`) and let loopback through; what is added
 * here is what the installation answered, and what the site has switched on. Nothing of it is a port: systemd knows none, the
 * firewall does (firewall.ts).
 */
import { isIP } from 'node:net';
import { type EgressNeeds, type HouseNetworks, plainNetwork } from './house-networks.ts';

/** `settle` speaks to the bank's own Postgres, where there is one, and to nobody else. */
export const limitedServices = ['server', 'sip', 'media', 'settle'] as const;
export type LimitedService = (typeof limitedServices)[number];

export interface AllowedNetwork {
  network: string;
  /** For whom it is open, for whoever reads the file. */
  why: string[];
}
export type AllowList = Record<LimitedService, AllowedNetwork[]>;

class Gathered {
  readonly #why = new Map<string, Set<string>>();

  add(networks: readonly string[], why: string): void {
    for (const text of networks) {
      const network = plainNetwork(text);
      if (network === undefined) continue;
      this.#why.set(network, (this.#why.get(network) ?? new Set()).add(why));
    }
  }

  list(): AllowedNetwork[] {
    return [...this.#why]
      .map(([network, why]) => ({ network, why: [...why].sort() }))
      .sort((a, b) => (a.network < b.network ? -1 : 1));
  }
}

const named = (purpose: string, usedBy: readonly string[]): string =>
  usedBy.length === 0 ? purpose : `${purpose} ${usedBy.join(', ')}`;

/** `resolvers`: of /etc/resolv.conf; open to a service while a connector that it speaks to has a name. */
export function compileNetworks(
  networks: HouseNetworks,
  needs: EgressNeeds,
  resolvers: readonly string[],
): AllowList {
  const lists = {
    server: new Gathered(),
    sip: new Gathered(),
    media: new Gathered(),
    settle: new Gathered(),
  };
  const telephony = [lists.sip, lists.media];
  for (const list of telephony) {
    list.add(networks.phones, 'phones');
    list.add(networks.trunks, 'trunks');
  }
  lists.server.add(networks.users, 'users');
  lists.server.add(networks.monitoring, 'monitoring');
  for (const { host, addresses, purpose, usedBy } of needs.egress) {
    const why = named(purpose, usedBy);
    const isTrunk = purpose === 'trunk';
    const speaks = isTrunk ? telephony : [lists.server, ...(purpose === 'postgres' ? [lists.settle] : [])];
    for (const list of speaks) list.add(addresses, why);
    if (isIP(host) !== 0) continue;
    if (purpose === 'postgres') lists.settle.add(resolvers, 'the name of the database');
    // The server looks at the way to a trunk, for its audio, and at the addresses of all names, for this list.
    lists.server.add(resolvers, 'names of connectors');
    if (isTrunk) lists.sip.add(resolvers, 'names of trunks');
  }
  for (const { network, service, purpose, usedBy } of needs.ingress) {
    const why = named(purpose, usedBy);
    for (const list of service === 'sip' ? telephony : [lists.server]) list.add([network], why);
  }
  return {
    server: lists.server.list(),
    sip: lists.sip.list(),
    media: lists.media.list(),
    settle: lists.settle.list(),
  };
}

/** A comment may not end a line early or begin a setting: rules of alerts have names that people chose. */
const commentText = (text: string): string => text.replace(/[^\p{L}\p{N} .,:@/_()+-]/gu, '?').slice(0, 200);

/** The drop-in of one unit. */
export function dropInText(service: LimitedService, list: readonly AllowedNetwork[]): string {
  const lines = list.flatMap(({ network, why }) => [
    `# ${commentText(why.join('; '))}`,
    `IPAddressAllow=${network}`,
  ]);
  return [
    `# Networks that hearthline-${service} may speak to, beside loopback. Written by "hearthline networks apply" out of`,
    '# /etc/hearthline/answers.json and the connectors that the site has switched on: change those, not this.',
    '',
    '[Service]',
    ...lines,
    '',
  ].join('\n');
}

/** The networks that a drop-in lets through. */
export const allowedIn = (text: string): string[] =>
  [...text.matchAll(/^IPAddressAllow=(\S+)$/gm)].map(([, network = '']) => network);
