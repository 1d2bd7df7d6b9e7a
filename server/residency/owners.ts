/**
 * Whose a connection is: a pure function of the site in force, of who is registered, and of what the process says. What "leaving the
 * building" means for a telephone system is decided here:
 *
 * - What our own side opens leaves the building, and must be a connector's of the site.
 * - What goes to whoever came first is an answer: phones that registered, callers, strangers who are turned away.
 * - Audio goes to where the call's SDP says. It is the phone's or the trunk's whose address it is; other audio is an answer to a
 *   call, unless the bank's networks are known and it leads out of them.
 * - A question for a name goes to the resolver: allowed while a connector has a name, nobody's otherwise.
 */
import { isIP } from 'node:net';
import type { LedgerRow } from '../../sip/system/ledger/connection-ledger.ts';
import type { EgressRow } from '../contract/rest-channels.ts';
import type { ResidencyOwner } from '../contract/rest-residency.ts';
import type { Site } from '../contract/site.ts';
import { ipBytes, NetworkMap, parseNetwork, type Network } from '../lib/network.ts';

export interface Owned {
  owner: ResidencyOwner;
  usedBy: string[];
  isAnswer: boolean;
}

/** The networks of the bank, where the installation knows them. */
export interface HouseNetworks {
  phones: readonly string[];
  trunks: readonly string[];
}

export interface OwnerFacts {
  /** What the site, and rules of alerts, have us open; what they no longer do stays in it for a moment. */
  egress: readonly EgressRow[];
  resolvers: readonly string[];
  /** Registered phones by address. */
  phones: ReadonlyMap<string, string>;
  trunks: NetworkMap<string>;
  networks?: { phones: NetworkMap<true>; trunks: NetworkMap<true> };
}

/** What is asked about; `names` of the process that sent it. */
export interface Question {
  process: string;
  row: Pick<LedgerRow, 'protocol' | 'address' | 'port' | 'hosts' | 'isAnswer'>;
  name?: string | undefined;
}

const unknown: Owned = { owner: 'unknown', usedBy: [], isAnswer: false };
const answer = (owner: ResidencyOwner, usedBy: string[] = []): Owned => ({ owner, usedBy, isAnswer: true });

export function ownerOf({ process, row, name }: Question, facts: OwnerFacts): Owned {
  const isQuestion = row.protocol === 'dns' || (row.port === 53 && facts.resolvers.includes(row.address));
  if (isQuestion) return facts.egress.some(hasName) ? { ...unknown, owner: 'resolver' } : unknown;
  const known = new Set([row.address, ...row.hosts, ...(name === undefined ? [] : [name])]);
  const isHost = ({ host }: EgressRow) => known.has(host) || known.has(host.toLowerCase());
  const connectors = facts.egress.filter(
    (one) => isHost(one) && one.port === row.port && isSameTransport(one, row.protocol),
  );
  if (connectors.length > 0) return connector(connectors);
  if (process !== 'sip' && process !== 'media') return row.isAnswer ? answer('stranger') : unknown;
  // A trunk answers from other ports, and its audio has others still.
  const trunks = facts.egress.filter((one) => one.purpose === 'trunk' && isHost(one));
  if (trunks.length > 0) return connector(trunks);
  return telephony(process, row, facts);
}

const hasName = ({ host }: EgressRow): boolean => isIP(host) === 0;

const isSameTransport = ({ protocol }: EgressRow, seen: LedgerRow['protocol']): boolean =>
  seen === (protocol === 'sip-udp' ? 'udp' : 'tcp');

function connector(rows: readonly EgressRow[]): Owned {
  const [first] = rows as [EgressRow];
  const same = rows.filter(({ purpose }) => purpose === first.purpose);
  return {
    owner: first.purpose,
    usedBy: [...new Set(same.flatMap(({ usedBy }) => usedBy))],
    isAnswer: false,
  };
}

function telephony(process: string, row: Question['row'], facts: OwnerFacts): Owned {
  const phoneId = facts.phones.get(row.address);
  if (phoneId !== undefined) return answer('phone', [phoneId]);
  const bytes = ipBytes(row.address);
  const trunkIds = bytes ? facts.trunks.of(bytes) : [];
  if (trunkIds.length > 0) return answer('trunk', [...new Set(trunkIds)]);
  const { networks } = facts;
  const isIn = (map: NetworkMap<true> | undefined) => bytes !== undefined && (map?.of(bytes).length ?? 0) > 0;
  if (isIn(networks?.phones)) return answer('phone');
  if (isIn(networks?.trunks)) return answer('trunk');
  if (process === 'media') return networks ? unknown : answer('call');
  return row.isAnswer ? answer('stranger') : unknown;
}

/** `10.0.0.1`, `10.0.0.1:5060`, `10.0.0.0/24`. */
const networkOf = (address: string): Network | undefined => parseNetwork(address.replace(/:\d+$/, ''));

/** Of the trunks of a site, by their addresses. */
export function trunkNetworks({ trunks }: Pick<Site, 'trunks'>): NetworkMap<string> {
  const map = new NetworkMap<string>();
  for (const { id, addresses } of trunks)
    for (const address of addresses) {
      const network = networkOf(address);
      if (network) map.set(network, id);
    }
  return map;
}

export function networksOf({ phones, trunks }: HouseNetworks): NonNullable<OwnerFacts['networks']> {
  const mapOf = (list: readonly string[]): NetworkMap<true> => {
    const map = new NetworkMap<true>();
    for (const text of list) {
      const network = parseNetwork(text);
      if (network) map.set(network, true);
    }
    return map;
  };
  return { phones: mapOf(phones), trunks: mapOf(trunks) };
}
