/**
 * Quantiles over the last thousand measurements in a ring of fixed size, so that a screen that runs for
 * a month holds exactly as much as one that runs for a minute (N16).
 */
export interface LatencyWindow {
  add: (valueMs: number) => void;
  count: () => number;
  /** Nearest rank over what is kept; undefined while empty. */
  quantile: (share: number) => number | undefined;
  reset: () => void;
}

export function createLatencyWindow(size = 1000): LatencyWindow {
  const ring = new Float64Array(size);
  let next = 0;
  let filled = 0;
  return {
    add: (valueMs) => {
      ring[next] = valueMs;
      next = (next + 1) % size;
      filled = Math.min(size, filled + 1);
    },
    count: () => filled,
    quantile: (share) => {
      if (filled === 0) return undefined;
      const sorted = ring.slice(0, filled).sort();
      return sorted[Math.min(filled - 1, Math.max(0, Math.ceil(share * filled) - 1))];
    },
    reset: () => {
      next = 0;
      filled = 0;
    },
  };
}
