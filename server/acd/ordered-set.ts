/**
 * An ordered set that also knows ranks: a B+ tree whose nodes count what is below them. Insert, remove, rank and
 * "the first few" cost O(log n), which a sorted array (O(n) to insert) or a heap (no rank) cannot give; wide nodes keep
 * it to two or three of them from root to leaf where a binary tree has twenty, each a miss of the cache.
 * No randomness: a replay does the same work, and the order of items depends on `compare` alone.
 */
interface Node<T> {
  /** Of a leaf: the items. Else, for each child, a bound that none of its items lies before (it may be gone itself). */
  items: T[];
  /** Absent in a leaf. */
  children: Node<T>[] | undefined;
  /** Items below. */
  size: number;
  /** Of the shares of all items below. */
  sum: number;
}

/** Most items or children of a node; with fewer than a quarter it looks for a neighbour to join. */
const width = 32;

const leaf = <T>(): Node<T> => ({ items: [], children: undefined, size: 0, sum: 0 });

export class OrderedSet<T> {
  readonly #compare: (a: T, b: T) => number;
  readonly #shareOf: (item: T) => number;
  #root: Node<T> = leaf();

  /**
   * `compare` must tell any two different items apart (never 0 for two items). `shareOf`: for draws; whole and above 0.
   */
  constructor(compare: (a: T, b: T) => number, shareOf: (item: T) => number = () => 1) {
    this.#compare = compare;
    this.#shareOf = shareOf;
  }

  get size(): number {
    return this.#root.size;
  }

  /** False when it was there already. */
  add(item: T): boolean {
    const before = this.#root.size;
    this.#insert(this.#root, item);
    const right = this.#split(this.#root);
    if (right) {
      const left = this.#root;
      this.#root = { items: [left.items[0]!, right.items[0]!], children: [left, right], size: 0, sum: 0 };
      this.#recount(this.#root);
    }
    return this.#root.size > before;
  }

  /** False when it was not there. */
  delete(item: T): boolean {
    const before = this.#root.size;
    this.#remove(this.#root, item);
    while (this.#root.children?.length === 1) this.#root = this.#root.children[0]!;
    return this.#root.size < before;
  }

  /** How many items stand before this one; undefined when it is not in the set. */
  rank(item: T): number | undefined {
    let before = 0;
    let node = this.#root;
    while (node.children) {
      const index = this.#childFor(node, item);
      before += sizeBefore(node.children, index);
      node = node.children[index]!;
    }
    const index = this.#lowerBound(node.items, item);
    return this.#isAt(node.items, index, item) ? before + index : undefined;
  }

  /** How many items stand before where this one is or would be. */
  countBefore(item: T): number {
    let before = 0;
    let node = this.#root;
    while (node.children) {
      const index = this.#childFor(node, item);
      before += sizeBefore(node.children, index);
      node = node.children[index]!;
    }
    return before + this.#lowerBound(node.items, item);
  }

  first(): T | undefined {
    return firstOf(this.#root);
  }

  /** The first item for which `isAfter` holds, which must be false for some first ones and true for all the rest. */
  firstWhere(isAfter: (item: T) => boolean): T | undefined {
    let node = this.#root;
    /** Where the search goes on if nothing of the child fits: every item there is after its bound. */
    let next: Node<T> | undefined;
    while (node.children) {
      let index = 0;
      while (index + 1 < node.children.length && !isAfter(node.items[index + 1]!)) index += 1;
      next = node.children[index + 1] ?? next;
      node = node.children[index]!;
    }
    return node.items.find(isAfter) ?? (next && firstOf(next));
  }

  /** Draws by share: `fraction` (0 to below 1) of the sum of all shares falls to this item. */
  draw(fraction: number): T | undefined {
    let node = this.#root;
    let left = fraction * node.sum;
    while (node.children) {
      let index = 0;
      for (; index + 1 < node.children.length && left >= node.children[index]!.sum; index++)
        left -= node.children[index]!.sum;
      node = node.children[index]!;
    }
    let index = 0;
    for (; index + 1 < node.items.length && left >= this.#shareOf(node.items[index]!); index++)
      left -= this.#shareOf(node.items[index]!);
    return node.items[index];
  }

  /** The first `count` items in order: O(log n + count). */
  firstFew(count: number): T[] {
    const found: T[] = [];
    collect(this.#root, count, found);
    return found;
  }

  [Symbol.iterator](): Iterator<T> {
    return walk(this.#root);
  }

  /** Of the sorted `items`, how many lie before this one. */
  #lowerBound(items: readonly T[], item: T): number {
    let low = 0;
    let high = items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#compare(items[middle]!, item) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #isAt(items: readonly T[], index: number, item: T): boolean {
    return index < items.length && this.#compare(items[index]!, item) === 0;
  }

  /** The child below which this item is, or belongs: the last whose bound does not lie after it. */
  #childFor({ items }: Node<T>, item: T): number {
    const index = this.#lowerBound(items, item);
    return this.#isAt(items, index, item) ? index : Math.max(0, index - 1);
  }

  /** Whether it was added. A node may be one too wide afterwards. */
  #insert(node: Node<T>, item: T): boolean {
    if (!node.children) {
      const index = this.#lowerBound(node.items, item);
      if (this.#isAt(node.items, index, item)) return false;
      node.items.splice(index, 0, item);
    } else {
      const index = this.#childFor(node, item);
      const child = node.children[index]!;
      if (!this.#insert(child, item)) return false;
      const right = this.#split(child);
      if (right) {
        node.items.splice(index + 1, 0, right.items[0]!);
        node.children.splice(index + 1, 0, right);
      }
      // Only the first bound may lie after what is added, and it must not.
      if (index === 0) node.items[0] = child.items[0]!;
    }
    node.size += 1;
    node.sum += this.#shareOf(item);
    return true;
  }

  /** The right half of a node that is too wide, cut off from it. */
  #split(node: Node<T>): Node<T> | undefined {
    if (node.items.length <= width) return undefined;
    const half = node.items.length >> 1;
    const right: Node<T> = {
      items: node.items.splice(half),
      children: node.children?.splice(half),
      size: 0,
      sum: 0,
    };
    this.#recount(right);
    node.size -= right.size;
    node.sum -= right.sum;
    return right;
  }

  #recount(node: Node<T>): void {
    if (node.children)
      for (const { size, sum } of node.children) {
        node.size += size;
        node.sum += sum;
      }
    else
      for (const item of node.items) {
        node.size += 1;
        node.sum += this.#shareOf(item);
      }
  }

  /** Whether it was removed. */
  #remove(node: Node<T>, item: T): boolean {
    if (!node.children) {
      const index = this.#lowerBound(node.items, item);
      if (!this.#isAt(node.items, index, item)) return false;
      node.items.splice(index, 1);
    } else {
      const index = this.#childFor(node, item);
      const child = node.children[index]!;
      if (!this.#remove(child, item)) return false;
      if (child.items.length < width / 4) join(node, index);
    }
    node.size -= 1;
    node.sum -= this.#shareOf(item);
    return true;
  }
}

function sizeBefore<T>(children: readonly Node<T>[], index: number): number {
  let size = 0;
  for (let i = 0; i < index; i++) size += children[i]!.size;
  return size;
}

function firstOf<T>(node: Node<T>): T | undefined {
  let first = node;
  while (first.children) first = first.children[0]!;
  return first.items[0];
}

/** An empty child goes; one that became narrow joins a neighbour, where both fit into one with room to grow. */
function join<T>(parent: Node<T>, index: number): void {
  const children = parent.children!;
  if (children.length === 1) return;
  if (children[index]!.size === 0) {
    children.splice(index, 1);
    parent.items.splice(index, 1);
    return;
  }
  for (const at of [index - 1, index]) {
    const left = children[at];
    const right = children[at + 1];
    if (!left || !right || left.items.length + right.items.length > width * 0.75) continue;
    left.items.push(...right.items);
    left.children?.push(...right.children!);
    left.size += right.size;
    left.sum += right.sum;
    children.splice(at + 1, 1);
    parent.items.splice(at + 1, 1);
    return;
  }
}

function collect<T>({ items, children }: Node<T>, count: number, found: T[]): void {
  if (children)
    for (const child of children) {
      if (found.length >= count) return;
      collect(child, count, found);
    }
  else for (let i = 0; i < items.length && found.length < count; i++) found.push(items[i]!);
}

function* walk<T>(node: Node<T>): Generator<T, undefined> {
  if (!node.children) yield* node.items;
  else for (const child of node.children) yield* walk(child);
  return undefined;
}
