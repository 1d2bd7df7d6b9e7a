/**
 * The events the writer still answers for, encoded, as a queue without holes: taken in at the end, let go
 * at the front once Redis has them and history too. No I/O and no clock.
 */
export class RetainedEvents {
  #texts: string[] = [];
  #head = 0;
  #firstSeq: number;

  constructor(nextSeq: number) {
    this.#firstSeq = nextSeq;
  }

  /** Seq of the oldest one kept; when none is kept, the next to come. */
  get firstSeq(): number {
    return this.#firstSeq;
  }
  get lastSeq(): number {
    return this.#firstSeq + this.size - 1;
  }
  get size(): number {
    return this.#texts.length - this.#head;
  }

  push(text: string): void {
    this.#texts.push(text);
  }

  at(seq: number): string | undefined {
    return seq < this.#firstSeq ? undefined : this.#texts[this.#head + seq - this.#firstSeq];
  }

  /** Those from `seq` on, at most `count`. */
  slice(seq: number, count: number): string[] {
    const start = this.#head + Math.max(0, seq - this.#firstSeq);
    return this.#texts.slice(start, start + count);
  }

  /** Lets everything up to and with `seq` go. */
  dropThrough(seq: number): void {
    const count = Math.min(seq - this.#firstSeq + 1, this.size);
    if (count <= 0) return;
    this.#texts.fill('', this.#head, this.#head + count);
    this.#head += count;
    this.#firstSeq += count;
    // Shifting an array per event would be quadratic; cut it off once half of it is empty.
    if (this.#head > 4096 && this.#head * 2 > this.#texts.length) {
      this.#texts = this.#texts.slice(this.#head);
      this.#head = 0;
    }
  }

  /** Only while nothing is kept: the numbering goes on after `seq`. */
  skipTo(seq: number): void {
    if (this.size === 0) this.#firstSeq = Math.max(this.#firstSeq, seq + 1);
  }
}
