/** Cuts stretches of time at whole lengths of the clock, so that each part is counted where it lies. Pure. */

/** Tells the parts of [from, to) in order: where each begins and how long it is, ms. Lengths begin at the epoch. */
export function eachPart(
  from: number,
  to: number,
  lengthMs: number,
  tell: (at: number, ms: number) => void,
): void {
  let at = from;
  while (at < to) {
    const end = Math.min(to, at - (at % lengthMs) + lengthMs);
    tell(at, end - at);
    at = end;
  }
}
