/**
 * The firewall of this machine for our ports, as a ruleset of nftables: pure. It has a table of its own, replaces that one alone and
 * touches no table of anybody else. Ports that are not ours are not its business (your own rules hold for them, and for ours
 * as well: what they drop stays dropped). Into ours come the networks that were answered, and what our side opened itself.
 *
 * Ports are those of docs/ports.md. The port of `mail.listener` is not in it: that is the site's, and its list `allow` guards it.
 */
import type { Settings } from '../settings.ts';
import type { HouseNetworks } from './house-networks.ts';

type Ports = Pick<Settings, 'httpPort' | 'publicPort' | 'sipPort' | 'rtpFirst' | 'rtpLast'>;

const isV4 = (network: string): boolean => !network.includes(':');

/** Empty sets cannot be written with elements. */
function setText(name: string, networks: readonly string[]): string[] {
  const families = [
    ['4', 'ipv4_addr', networks.filter(isV4)],
    ['6', 'ipv6_addr', networks.filter((network) => !isV4(network))],
  ] as const;
  return families.flatMap(([suffix, type, list]) => [
    `  set ${name}${suffix} {`,
    `    type ${type}; flags interval; auto-merge`,
    ...(list.length === 0 ? [] : [`    elements = { ${list.join(', ')} }`]),
    '  }',
  ]);
}

const fromSets = (names: readonly string[], match: string): string[] =>
  names.flatMap((name) => [
    `    ip saddr @${name}4 ${match} accept`,
    `    ip6 saddr @${name}6 ${match} accept`,
  ]);

export function firewallText(settings: Ports, networks: HouseNetworks): string {
  const { httpPort, publicPort, sipPort, rtpFirst, rtpLast } = settings;
  const tcp = `{ ${httpPort}, ${publicPort}, ${sipPort} }`;
  const udp = `{ ${sipPort}, ${rtpFirst}-${rtpLast} }`;
  return [
    '#!/usr/sbin/nft -f',
    '# Written by "hearthline networks firewall" out of /etc/hearthline/answers.json and hearthline.env: change those, not this.',
    '# Made first, so that it can be taken away whether it is there or not.',
    'table inet hearthline',
    'delete table inet hearthline',
    'table inet hearthline {',
    ...setText('phones', networks.phones),
    ...setText('trunks', networks.trunks),
    ...setText('users', networks.users),
    ...setText('monitoring', networks.monitoring),
    '  chain input {',
    '    type filter hook input priority filter; policy accept;',
    '    iif lo accept',
    '    # Answers to what our side opened: trunks that we call, audio that we began.',
    '    ct state established,related accept',
    '    # SIP and audio',
    ...fromSets(['phones', 'trunks'], `tcp dport ${sipPort}`),
    ...fromSets(['phones', 'trunks'], `udp dport ${udp}`),
    '    # Pages, boards and the API; chats and forms by your public proxy',
    ...fromSets(['users'], `tcp dport { ${httpPort}, ${publicPort} }`),
    '    # Health and metrics',
    ...fromSets(['monitoring'], `tcp dport ${httpPort}`),
    '    # Everybody else meets a closed door at our ports.',
    `    tcp dport ${tcp} counter drop`,
    `    udp dport ${udp} counter drop`,
    '  }',
    '}',
    '',
  ].join('\n');
}

/**
 * Counts what each of our users sends, by destination, whatever opened it: the kernel's own figures beside those of our programs, questions
 * for names included. It drops nothing. `hearthline residency` shows them where this table is loaded.
 */
export function countersText(users: ReadonlyMap<number, string>): string {
  const ids = [...users.keys()].sort((a, b) => a - b);
  const set = (suffix: string, address: string): string[] => [
    `  set sent${suffix} {`,
    `    typeof meta skuid . ${address} . meta l4proto . th dport`,
    '    size 65535; flags dynamic,timeout; timeout 2d; counter',
    '  }',
  ];
  const rule = (suffix: string, address: string): string =>
    `    meta skuid { ${ids.join(', ')} } oif != lo update @sent${suffix} { meta skuid . ${address} . meta l4proto . th dport counter }`;
  return [
    '#!/usr/sbin/nft -f',
    `# What is sent by ${[...users].map(([id, name]) => `${name} (${id})`).join(', ')}.`,
    'table inet hearthline_sent',
    'delete table inet hearthline_sent',
    'table inet hearthline_sent {',
    ...set('4', 'ip daddr'),
    ...set('6', 'ip6 daddr'),
    '  chain output {',
    '    type filter hook output priority filter; policy accept;',
    rule('4', 'ip daddr'),
    rule('6', 'ip6 daddr'),
    '  }',
    '}',
    '',
  ].join('\n');
}
