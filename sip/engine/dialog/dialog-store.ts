/**
 * All dialogs, found by the id that apps use and by Call-ID and tags as messages carry them. No I/O.
 * Forks of one INVITE of ours share id, Call-ID and local tag: they hang in a chain, and the id means the one
 * added last, or the one that was answered.
 */
import type { Dialog } from './dialog.ts';

export class DialogStore {
  readonly #byId = new Map<string, Dialog>();
  readonly #byLocal = new Map<string, Dialog>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(dialog: Dialog): void {
    this.#byId.set(dialog.id, dialog);
    const key = localKey(dialog.callId, dialog.localTag);
    dialog.nextFork = this.#byLocal.get(key);
    this.#byLocal.set(key, dialog);
    this.#size++;
  }

  byId(id: string): Dialog | undefined {
    return this.#byId.get(id);
  }

  /** Makes this fork the one that the id means. */
  prefer(dialog: Dialog): void {
    this.#byId.set(dialog.id, dialog);
  }

  find(callId: string, localTag: string, remoteTag: string): Dialog | undefined {
    let dialog = this.#byLocal.get(localKey(callId, localTag));
    while (dialog !== undefined && dialog.remoteTag !== remoteTag) dialog = dialog.nextFork;
    return dialog;
  }

  findLocal(callId: string, localTag: string): Dialog | undefined {
    return this.#byLocal.get(localKey(callId, localTag));
  }

  remove(dialog: Dialog): void {
    const key = localKey(dialog.callId, dialog.localTag);
    let previous: Dialog | undefined;
    let at = this.#byLocal.get(key);
    while (at !== undefined && at !== dialog) {
      previous = at;
      at = at.nextFork;
    }
    if (at === undefined) return;
    this.#size--;
    if (previous !== undefined) previous.nextFork = dialog.nextFork;
    else if (dialog.nextFork !== undefined) this.#byLocal.set(key, dialog.nextFork);
    else this.#byLocal.delete(key);
    dialog.nextFork = undefined;
    if (this.#byId.get(dialog.id) !== dialog) return;
    const other = this.#byLocal.get(key);
    if (other !== undefined && other.id === dialog.id) this.#byId.set(dialog.id, other);
    else this.#byId.delete(dialog.id);
  }

  *[Symbol.iterator](): IterableIterator<Dialog> {
    for (const head of this.#byLocal.values()) {
      let at: Dialog | undefined = head;
      while (at !== undefined) {
        const next: Dialog | undefined = at.nextFork;
        yield at;
        at = next;
      }
    }
  }
}

function localKey(callId: string, localTag: string): string {
  return `${callId}\n${localTag}`;
}
