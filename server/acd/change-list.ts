/**
 * Whose record changed, in order: written once for all pools of a queue, and read by each pool from where it last
 * stopped, when it is asked. Most agents change again before anybody asks. What has become too old is dropped.
 */
const kept = 1024;

export class ChangeList {
  readonly #agentIds: string[] = [];
  #dropped = 0;

  /** One past the newest. */
  get end(): number {
    return this.#dropped + this.#agentIds.length;
  }

  note(agentId: string): void {
    if (this.#agentIds.length === 2 * kept) {
      this.#agentIds.splice(0, kept);
      this.#dropped += kept;
    }
    this.#agentIds.push(agentId);
  }

  /** Those noted from `start` on, some perhaps twice; undefined when the first of them are no longer known. */
  since(start: number): readonly string[] | undefined {
    return start < this.#dropped ? undefined : this.#agentIds.slice(start - this.#dropped);
  }
}
