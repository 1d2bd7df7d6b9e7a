/** Heavy questions one after the other: a bounded line, so that whoever asks again and again cannot fill the server. */
export class OneAtATime {
  readonly #waitingAtMost: number;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(waitingAtMost: number) {
    this.#waitingAtMost = waitingAtMost;
  }

  /** Undefined where the line is full; then nothing is done. */
  run<T>(work: () => Promise<T>): Promise<T> | undefined {
    if (this.#waiting > this.#waitingAtMost) return undefined;
    this.#waiting += 1;
    const mine = this.#last.then(work).finally(() => (this.#waiting -= 1));
    this.#last = mine.catch(() => undefined);
    return mine;
  }
}
