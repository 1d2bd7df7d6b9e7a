/**
 * Remembers an answer for a moment, for what many ask at once and takes long to say. Only where an answer that is that old
 * does no harm.
 */
const keptMs = 100;

export function briefly<T>(clock: { monotonicMs(): number }, answer: () => T): () => T {
  let kept: { value: T; atMs: number } | undefined;
  return () => {
    const nowMs = clock.monotonicMs();
    if (!kept || nowMs - kept.atMs >= keptMs) kept = { value: answer(), atMs: nowMs };
    return kept.value;
  };
}
