/**
 * Session descriptions (RFC 8866, RFC 3264) of one G.711 audio stream with RFC 4733 events. Pure.
 * Parsing and writing is sdp-transform's, the parser that drachtio-srf itself stands on.
 */
import { parse, type MediaDescription, type SessionDescription } from 'sdp-transform';
import type { Codec, Direction } from '../media/protocol.ts';

export interface RemoteMedia {
  ip: string;
  port: number;
  codec: Codec;
  codecPt: number;
  dtmfPt: number | null;
  /** As the peer said it: what the peer does with its audio. */
  direction: Direction;
}
export type SdpFault = 'malformed' | 'no-audio' | 'no-common-codec' | 'no-address';

const codecNames = new Map<string, Codec>([
  ['PCMU', 'PCMU'],
  ['PCMA', 'PCMA'],
]);
const staticTypes = new Map<number, Codec>([
  [0, 'PCMU'],
  [8, 'PCMA'],
]);
const maxSdpBytes = 16_384;

/** What the peer wants: its first codec that we speak. */
export function readSdp(body: string): RemoteMedia | SdpFault {
  if (body.length > maxSdpBytes) return 'malformed';
  let sdp: SessionDescription;
  try {
    sdp = parse(body);
  } catch {
    return 'malformed';
  }
  const media = sdp.media?.find((m) => m.type === 'audio' && m.port !== 0);
  if (!media) return 'no-audio';
  const ip = media.connection?.ip ?? sdp.connection?.ip;
  if (!ip || media.port < 1 || media.port > 65_535) return 'no-address';
  const codec = chooseCodec(media);
  if (!codec) return 'no-common-codec';
  const event = media.rtp.find(
    (r) => r.codec.toLowerCase() === 'telephone-event' && (r.rate ?? 8000) === 8000,
  );
  // RFC 2543 hold: an address of zeros means that the peer wants no audio.
  const isNullAddress = ip === '0.0.0.0' || ip === '::';
  const said = media.direction ?? sdp.direction ?? 'sendrecv';
  return {
    ip,
    port: media.port,
    ...codec,
    dtmfPt: event?.payload ?? null,
    direction: isNullAddress ? withoutReceiving(said) : said,
  };
}

function chooseCodec(media: MediaDescription): { codec: Codec; codecPt: number } | undefined {
  for (const text of String(media.payloads ?? '').split(' ')) {
    const pt = Number(text);
    const map = media.rtp.find((r) => r.payload === pt);
    const codec = map
      ? (map.rate ?? 8000) === 8000
        ? codecNames.get(map.codec.toUpperCase())
        : undefined
      : staticTypes.get(pt);
    if (codec) return { codec, codecPt: pt };
  }
  return undefined;
}

const withoutReceiving = (d: Direction): Direction =>
  d === 'sendrecv' || d === 'sendonly' ? 'sendonly' : 'inactive';

/** Our side of a direction that the peer stated (RFC 3264 §6.1). */
export function answerDirection(peer: Direction): Direction {
  if (peer === 'sendonly') return 'recvonly';
  if (peer === 'recvonly') return 'sendonly';
  return peer;
}

export interface LocalMedia {
  ip: string;
  port: number;
  sessionId: number;
  version: number;
  direction: Direction;
  /** Codecs in order of preference; one when answering. */
  codecs: { codec: Codec; pt: number }[];
  dtmfPt: number | null;
}

/** Written by hand, not by the library: it is on the path of every call and its shape never varies. */
export function writeSdp(local: LocalMedia): string {
  const family = local.ip.includes(':') ? 'IP6' : 'IP4';
  const pts = local.codecs.map((c) => c.pt);
  if (local.dtmfPt !== null) pts.push(local.dtmfPt);
  const lines = [
    'v=0',
    `o=hearthline ${local.sessionId} ${local.version} IN ${family} ${local.ip}`,
    's=-',
    `c=IN ${family} ${local.ip}`,
    't=0 0',
    `m=audio ${local.port} RTP/AVP ${pts.join(' ')}`,
    ...local.codecs.map((c) => `a=rtpmap:${c.pt} ${c.codec}/8000`),
  ];
  if (local.dtmfPt !== null)
    lines.push(`a=rtpmap:${local.dtmfPt} telephone-event/8000`, `a=fmtp:${local.dtmfPt} 0-15`);
  lines.push('a=ptime:20', `a=${local.direction}`);
  return lines.join('\r\n') + '\r\n';
}

/** What we offer when the choice is ours: A-law first, as most of the world's trunks do. */
export const offeredCodecs: LocalMedia['codecs'] = [
  { codec: 'PCMA', pt: 8 },
  { codec: 'PCMU', pt: 0 },
];
export const offeredDtmfPt = 101;
