// A queue of what arrived on one connection or socket: take the next within a bound, or see what is left.

export class Arrivals<T> {
  readonly #items: T[] = [];
  #waiting: (() => void) | null = null;
  #isEnded = false;

  push(item: T): void {
    this.#items.push(item);
    this.#wake();
  }

  end(): void {
    this.#isEnded = true;
    this.#wake();
  }

  get length(): number {
    return this.#items.length;
  }

  peekAll(): readonly T[] {
    return this.#items;
  }

  putBack(item: T): void {
    this.#items.unshift(item);
  }

  takeAll(): T[] {
    return this.#items.splice(0);
  }

  /** The next item, or undefined when none came in time or none can come any more. */
  async next(withinMs: number): Promise<T | undefined> {
    const deadline = performance.now() + withinMs;
    while (this.#items.length === 0 && !this.#isEnded) {
      const left = deadline - performance.now();
      if (left <= 0) return undefined;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#waiting = () => {
          clearTimeout(timer);
          resolve();
        };
      });
      this.#waiting = null;
    }
    return this.#items.shift();
  }

  /** The next item that satisfies the test; those before it are dropped. */
  async nextWhere(test: (item: T) => boolean, withinMs: number): Promise<T | undefined> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const item = await this.next(Math.max(0, deadline - performance.now()));
      if (item === undefined || test(item)) return item;
    }
  }

  /** The first item that satisfies the test; all others stay, in their order. */
  async pick(test: (item: T) => boolean, withinMs: number): Promise<T | undefined> {
    const deadline = performance.now() + withinMs;
    const passed: T[] = [];
    try {
      for (;;) {
        const item = await this.next(Math.max(0, deadline - performance.now()));
        if (item === undefined || test(item)) return item;
        passed.push(item);
      }
    } finally {
      this.#items.unshift(...passed);
    }
  }

  #wake(): void {
    this.#waiting?.();
  }
}
