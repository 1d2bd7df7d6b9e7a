/**
 * Reads and writes RTP fixed headers (RFC 3550 §5.1) in place, without allocating.
 * For: the worker's hot path. Pure. A packet whose CSRC list, extension or padding reaches beyond its end is
 * malformed: such a packet must never move a read past the received bytes.
 */

export const RTP_HEADER_BYTES = 12;
/** Larger than any G.711 packet we could be sent in good faith (200 ms and a long extension). */
export const MAX_RTP_BYTES = 2048;

/** Filled by `parseRtp`; one instance is reused for every packet. */
export class RtpHeader {
  payloadType = 0;
  marker = false;
  seq = 0;
  timestamp = 0;
  ssrc = 0;
  payloadOffset = 0;
  payloadLength = 0;
}

export function parseRtp(buf: Uint8Array, length: number, header: RtpHeader): boolean {
  if (length < RTP_HEADER_BYTES || length > MAX_RTP_BYTES) return false;
  const first = buf[0] as number;
  if (first >> 6 !== 2) return false;
  const second = buf[1] as number;
  // 72..76 with the marker are RTCP (RFC 5761 §4): not RTP, and not ours.
  if (second >= 200 && second <= 204) return false;
  let offset = RTP_HEADER_BYTES + (first & 0x0f) * 4;
  if (offset > length) return false;
  if (first & 0x10) {
    if (offset + 4 > length) return false;
    offset += 4 + (((buf[offset + 2] as number) << 8) | (buf[offset + 3] as number)) * 4;
    if (offset > length) return false;
  }
  let end = length;
  if (first & 0x20) {
    const padding = buf[length - 1] as number;
    if (padding === 0 || offset + padding > length) return false;
    end -= padding;
  }
  header.payloadType = second & 0x7f;
  header.marker = (second & 0x80) !== 0;
  header.seq = ((buf[2] as number) << 8) | (buf[3] as number);
  header.timestamp =
    (((buf[4] as number) << 24) |
      ((buf[5] as number) << 16) |
      ((buf[6] as number) << 8) |
      (buf[7] as number)) >>>
    0;
  header.ssrc =
    (((buf[8] as number) << 24) |
      ((buf[9] as number) << 16) |
      ((buf[10] as number) << 8) |
      (buf[11] as number)) >>>
    0;
  header.payloadOffset = offset;
  header.payloadLength = end - offset;
  return true;
}

export function writeRtp(
  buf: Uint8Array,
  at: number,
  payloadType: number,
  marker: boolean,
  seq: number,
  timestamp: number,
  ssrc: number,
): void {
  buf[at] = 0x80;
  buf[at + 1] = marker ? payloadType | 0x80 : payloadType;
  buf[at + 2] = seq >> 8;
  buf[at + 3] = seq;
  buf[at + 4] = timestamp >>> 24;
  buf[at + 5] = timestamp >>> 16;
  buf[at + 6] = timestamp >>> 8;
  buf[at + 7] = timestamp;
  buf[at + 8] = ssrc >>> 24;
  buf[at + 9] = ssrc >>> 16;
  buf[at + 10] = ssrc >>> 8;
  buf[at + 11] = ssrc;
}

/** Signed distance `a - b` of 16-bit sequence numbers. */
export function seqDiff(a: number, b: number): number {
  return ((a - b) << 16) >> 16;
}
