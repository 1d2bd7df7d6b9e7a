/**
 * Header field names: compact forms, the ids of those that the engine reads, and the spelling on the wire.
 * Ids are small numbers so that looking a header up is a walk over a number array. Pure.
 * RFC 3261 7.3.1 (names are case-insensitive), 7.3.3 (compact forms), 20.
 */

export const H = {
  other: 0,
  via: 1,
  from: 2,
  to: 3,
  callId: 4,
  cseq: 5,
  contact: 6,
  maxForwards: 7,
  contentLength: 8,
  contentType: 9,
  route: 10,
  recordRoute: 11,
  require: 12,
  supported: 13,
  rseq: 14,
  rack: 15,
  accept: 16,
  expires: 17,
  subscriptionState: 18,
  event: 19,
  sessionExpires: 20,
  minSe: 21,
  pAssertedIdentity: 22,
  contentDisposition: 23,
} as const;

const KNOWN: readonly (readonly [string, number, string?])[] = [
  ['Via', H.via, 'v'],
  ['From', H.from, 'f'],
  ['To', H.to, 't'],
  ['Call-ID', H.callId, 'i'],
  ['CSeq', H.cseq],
  ['Contact', H.contact, 'm'],
  ['Max-Forwards', H.maxForwards],
  ['Content-Length', H.contentLength, 'l'],
  ['Content-Type', H.contentType, 'c'],
  ['Route', H.route],
  ['Record-Route', H.recordRoute],
  ['Require', H.require],
  ['Supported', H.supported, 'k'],
  ['RSeq', H.rseq],
  ['RAck', H.rack],
  ['Accept', H.accept],
  ['Expires', H.expires],
  ['Subscription-State', H.subscriptionState],
  ['Event', H.event, 'o'],
  ['Session-Expires', H.sessionExpires, 'x'],
  ['Min-SE', H.minSe],
  ['P-Asserted-Identity', H.pAssertedIdentity],
  ['Content-Disposition', H.contentDisposition],
  ['Content-Encoding', H.other, 'e'],
  ['Subject', H.other, 's'],
  ['Refer-To', H.other, 'r'],
  ['Referred-By', H.other, 'b'],
  ['Allow-Events', H.other, 'u'],
  ['Accept-Contact', H.other, 'a'],
  ['Reject-Contact', H.other, 'j'],
  ['Request-Disposition', H.other, 'd'],
  ['Identity', H.other, 'y'],
  ['WWW-Authenticate', H.other],
  ['MIME-Version', H.other],
  ['SIP-ETag', H.other],
  ['SIP-If-Match', H.other],
];

const idByExactName = new Map<string, number>();
const spellingByLower = new Map<string, string>();
for (const [name, id, compact] of KNOWN) {
  const lower = name.toLowerCase();
  spellingByLower.set(lower, name);
  for (const form of [name, lower]) idByExactName.set(form, id);
  if (compact !== undefined) {
    spellingByLower.set(compact, name);
    for (const form of [compact, compact.toUpperCase()]) idByExactName.set(form, id);
  }
}

/** The id of a header name in any spelling; 0 for a header that the engine does not read. */
export function headerId(name: string): number {
  const exact = idByExactName.get(name);
  if (exact !== undefined) return exact;
  const lower = name.toLowerCase();
  const folded = idByExactName.get(lower);
  return folded ?? H.other;
}

const SPELLING_CACHE_LIMIT = 2_000;
const spellingCache = new Map<string, string>();

/**
 * How a header is written by us: known ones in their RFC spelling, `X-` ones as given, others with each part
 * capitalised. The cache is bounded because names come from the network too.
 */
export function wireName(name: string): string {
  const hit = spellingCache.get(name);
  if (hit !== undefined) return hit;
  const spelled = spell(name);
  if (spellingCache.size < SPELLING_CACHE_LIMIT) spellingCache.set(name, spelled);
  return spelled;
}

function spell(name: string): string {
  const known = spellingByLower.get(name.toLowerCase());
  if (known !== undefined) return known;
  if (name.startsWith('X-') || name.startsWith('x-')) return name;
  return name
    .split('-')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1))
    .join('-');
}
