/** What cannot run on this machine is skipped, and says why. */
import type { Context } from 'mocha';
import { SystemdMachine } from '../../support/systemd-machine.ts';

/** `fault`: why it cannot; undefined: it can. */
export function skipFor(context: Context, fault: string | undefined): void {
  if (fault === undefined) return;
  process.stdout.write(`      skipped: ${fault}\n`);
  context.skip();
}

export async function bootOrSkip(context: Context, root: string): Promise<SystemdMachine> {
  const machine = await SystemdMachine.boot({ root }).catch((error: unknown) => String(error));
  if (typeof machine !== 'string') return machine;
  skipFor(context, machine);
  throw new Error(machine);
}
