/**
 * Waits for a condition with a bound, instead of a fixed sleep; the usual one is that of a machine with other work. A question
 * that the product counts (a form, a log-in) is asked more rarely than `everyMs` stands at, or its limit answers from then on.
 */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  boundMs = 25_000,
  everyMs = 10,
): Promise<void> {
  const endAt = performance.now() + boundMs;
  while (!(await condition())) {
    if (performance.now() > endAt) throw new Error(`not within ${boundMs} ms: ${what}`);
    await new Promise((wake) => setTimeout(wake, everyMs));
  }
}
