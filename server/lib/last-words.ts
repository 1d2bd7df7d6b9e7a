/**
 * What nobody caught ends the process, and whoever supervises it starts it again: a house in an unknown state routes no calls.
 * Its last line is one of the log, so that it is found there, and without what Node would print of an error: all its fields,
 * of one of the database the customer's data too.
 */
import type { Logger } from './log.ts';

export function logLastWords(logger: Logger): void {
  // A promise that nobody caught comes here as well.
  process.on('uncaughtException', (err: unknown, origin) => {
    logger.fatal({ err, origin }, 'a fault that nobody caught ends the server');
    process.exit(1);
  });
}
