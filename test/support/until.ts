/** Waits for a condition with a bound, instead of a fixed sleep. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  boundMs = 10_000,
): Promise<void> {
  const endAt = performance.now() + boundMs;
  while (!(await condition())) {
    if (performance.now() > endAt) throw new Error(`not within ${boundMs} ms: ${what}`);
    await new Promise((wake) => setTimeout(wake, 10));
  }
}
