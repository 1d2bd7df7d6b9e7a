/** What may be late: it is tried again while the database is away; after a crash whoever asked makes good for it at the start. */
import type { LoggerPort } from '../ports.ts';

const retryMs = 1000;
/** Some hours; what is left then waits for the next start. */
const triesAtMost = 500;

export function behind(logger: LoggerPort, work: () => Promise<void>, tries = 1): void {
  work().catch((err: unknown) => {
    logger.warn({ err, tries }, 'a change of a text contact could not be written down yet');
    if (tries >= triesAtMost) return;
    setTimeout(() => behind(logger, work, tries + 1), Math.min(tries, 30) * retryMs).unref();
  });
}
