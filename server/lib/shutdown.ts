/**
 * Orderly end of a process: what was started last is stopped first, each within its own bound, so that one
 * hanging part cannot keep the others from being closed. A second signal ends the process at once.
 */
import type { Logger } from './log.ts';

export interface Shutdown {
  add(name: string, stop: () => Promise<void> | void): void;
  /** Safe to call more than once; all callers get the same promise. True when every part stopped in time. */
  run(reason: string): Promise<boolean>;
  /** SIGINT and SIGTERM run it and then leave with 0, or 1 when a part did not stop. */
  listen(): void;
}

async function stopPart(
  part: { name: string; stop: () => Promise<void> | void },
  boundMs: number,
  logger: Logger,
): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const bound = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), boundMs);
  });
  try {
    const outcome = await Promise.race([Promise.resolve(part.stop()).then(() => 'done' as const), bound]);
    if (outcome === 'done') return true;
    logger.error({ part: part.name, boundMs }, 'part did not stop in time');
  } catch (err) {
    logger.error({ err, part: part.name }, 'part failed to stop');
  } finally {
    clearTimeout(timer);
  }
  return false;
}

export function createShutdown(
  logger: Logger,
  options: { partBoundMs?: number; exit?: (code: number) => void } = {},
): Shutdown {
  const { partBoundMs = 5000, exit = (code: number) => process.exit(code) } = options;
  const parts: { name: string; stop: () => Promise<void> | void }[] = [];
  let running: Promise<boolean> | undefined;

  const runAll = async (reason: string) => {
    logger.info({ reason }, 'shutting down');
    let isClean = true;
    for (let part = parts.pop(); part; part = parts.pop()) {
      if (!(await stopPart(part, partBoundMs, logger))) isClean = false;
    }
    logger.info({ reason, isClean }, 'shut down');
    return isClean;
  };
  const run = (reason: string) => (running ??= runAll(reason));

  return {
    add: (name, stop) => void parts.push({ name, stop }),
    run,
    listen() {
      for (const signal of ['SIGINT', 'SIGTERM'] as const) {
        process.on(signal, () => {
          if (running) exit(1);
          else void run(signal).then((isClean) => exit(isClean ? 0 : 1));
        });
      }
    },
  };
}
