/**
 * How far the server's clock is from ours, from pings (the idea of NTP, RFC 5905 §8): of the last few
 * samples the one with the shortest round trip is the least wrong, and half that trip bounds its error.
 * A television's own clock is often minutes off, so nothing on a board may use it bare.
 */
const keptSamples = 8;

export interface ClockOffset {
  /** One ping: when it was sent and answered by our clock, and the server's clock in between. */
  addSample: (sentAt: number, receivedAt: number, serverAt: number) => void;
  /** Before the first pong: a message's own stamp, which is late by the one-way delay. */
  addHint: (receivedAt: number, serverAt: number) => void;
  /** Server's clock minus ours, ms. */
  offsetMs: () => number;
  /** Half the round trip of the sample in use; Infinity with none. */
  errorMs: () => number;
  reset: () => void;
}

export function createClockOffset(): ClockOffset {
  let samples: { offsetMs: number; tripMs: number }[] = [];
  let hintMs: number | undefined;
  const best = () =>
    samples.reduce<{ offsetMs: number; tripMs: number } | undefined>(
      (least, sample) => (least === undefined || sample.tripMs < least.tripMs ? sample : least),
      undefined,
    );
  return {
    addSample: (sentAt, receivedAt, serverAt) => {
      const tripMs = receivedAt - sentAt;
      if (tripMs < 0) return;
      samples = [
        ...samples.slice(1 - keptSamples),
        { offsetMs: serverAt - (sentAt + receivedAt) / 2, tripMs },
      ];
    },
    addHint: (receivedAt, serverAt) => {
      const offsetMs = serverAt - receivedAt;
      // The largest hint is the one that travelled fastest.
      if (hintMs === undefined || offsetMs > hintMs) hintMs = offsetMs;
    },
    offsetMs: () => best()?.offsetMs ?? hintMs ?? 0,
    errorMs: () => {
      const sample = best();
      return sample ? sample.tripMs / 2 : Number.POSITIVE_INFINITY;
    },
    reset: () => {
      samples = [];
      hintMs = undefined;
    },
  };
}
