/**
 * Who has a desk open. An agent at no phone whose page is gone cannot be asked for anything: after a while such an agent is
 * Not Ready, so that text goes to somebody who is there. A page that is being reloaded is not gone.
 */
import type { AcdShell } from '../acd-shell.ts';

export const pageGoneAfterMs = 20_000;
/** After a restart of the server pages come back by themselves. */
const afterStartMs = 60_000;

export class DeskPresence {
  readonly #shell: AcdShell;
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(shell: AcdShell) {
    this.#shell = shell;
  }

  /** Those who were logged in before the start. */
  begin(agentIds: Iterable<string>): void {
    for (const agentId of agentIds) this.#await(agentId, afterStartMs);
  }

  changed(agentId: string, isThere: boolean): void {
    clearTimeout(this.#timers.get(agentId));
    this.#timers.delete(agentId);
    if (!isThere) this.#await(agentId, pageGoneAfterMs);
  }

  stop(): void {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #await(agentId: string, ms: number): void {
    const timer = setTimeout(() => {
      this.#timers.delete(agentId);
      const agent = this.#shell.acd.agent(agentId);
      if (agent?.state !== 'ready' || agent.phoneId !== undefined) return;
      this.#shell.run({ type: 'agent.not-ready', agentId, reason: 'connection-lost', isSystemReason: true });
    }, ms);
    timer.unref();
    this.#timers.set(agentId, timer);
  }
}
