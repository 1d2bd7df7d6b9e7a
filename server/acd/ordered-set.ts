/**
 * An ordered set that also knows ranks: a treap whose nodes count their subtrees. Insert, remove, rank and
 * "the first few" cost O(log n), which a sorted array (O(n) to insert) or a heap (no rank) cannot give.
 * It may not draw randomness: node priorities are a hash of an insertion counter, so a replay does the
 * same work, and the order of items depends on `compare` alone, never on the tree's shape.
 */
interface Node<T> {
  item: T;
  weight: number;
  size: number;
  /** Of the shares of the whole subtree. */
  sum: number;
  share: number;
  left: Node<T> | undefined;
  right: Node<T> | undefined;
}

/** Spreads 1, 2, 3 ... over 32 bits (finalizer of MurmurHash3), which keeps the treap balanced. */
function scramble(n: number): number {
  let h = n | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

const sizeOf = <T>(node: Node<T> | undefined): number => (node ? node.size : 0);

function recount<T>(node: Node<T>): Node<T> {
  node.size = 1 + sizeOf(node.left) + sizeOf(node.right);
  node.sum = node.share + (node.left?.sum ?? 0) + (node.right?.sum ?? 0);
  return node;
}

function merge<T>(a: Node<T> | undefined, b: Node<T> | undefined): Node<T> | undefined {
  if (!a) return b;
  if (!b) return a;
  if (a.weight >= b.weight) {
    a.right = merge(a.right, b);
    return recount(a);
  }
  b.left = merge(a, b.left);
  return recount(b);
}

export class OrderedSet<T> {
  readonly #compare: (a: T, b: T) => number;
  readonly #shareOf: (item: T) => number;
  #root: Node<T> | undefined;
  #inserted = 0;

  /** `compare` must tell any two different items apart (never 0 for two items). `shareOf`: for draws; above 0. */
  constructor(compare: (a: T, b: T) => number, shareOf: (item: T) => number = () => 1) {
    this.#compare = compare;
    this.#shareOf = shareOf;
  }

  get size(): number {
    return sizeOf(this.#root);
  }

  /** False when it was there already. */
  add(item: T): boolean {
    if (this.has(item)) return false;
    const fresh: Node<T> = {
      item,
      weight: scramble(++this.#inserted),
      size: 1,
      sum: this.#shareOf(item),
      share: this.#shareOf(item),
      left: undefined,
      right: undefined,
    };
    this.#root = this.#insert(this.#root, fresh);
    return true;
  }

  /** False when it was not there. */
  delete(item: T): boolean {
    if (!this.has(item)) return false;
    this.#root = this.#remove(this.#root, item);
    return true;
  }

  has(item: T): boolean {
    let node = this.#root;
    while (node) {
      const order = this.#compare(item, node.item);
      if (order === 0) return true;
      node = order < 0 ? node.left : node.right;
    }
    return false;
  }

  /** How many items stand before this one; undefined when it is not in the set. */
  rank(item: T): number | undefined {
    let before = 0;
    let node = this.#root;
    while (node) {
      const order = this.#compare(item, node.item);
      if (order === 0) return before + sizeOf(node.left);
      if (order < 0) node = node.left;
      else {
        before += sizeOf(node.left) + 1;
        node = node.right;
      }
    }
    return undefined;
  }

  /** How many items stand before where this one is or would be. */
  countBefore(item: T): number {
    let before = 0;
    let node = this.#root;
    while (node) {
      if (this.#compare(item, node.item) <= 0) node = node.left;
      else {
        before += sizeOf(node.left) + 1;
        node = node.right;
      }
    }
    return before;
  }

  first(): T | undefined {
    let node = this.#root;
    while (node?.left) node = node.left;
    return node?.item;
  }

  /** The first item for which `isAfter` holds, which must be false for some first ones and true for all the rest. */
  firstWhere(isAfter: (item: T) => boolean): T | undefined {
    let found: T | undefined;
    let node = this.#root;
    while (node) {
      if (isAfter(node.item)) {
        found = node.item;
        node = node.left;
      } else node = node.right;
    }
    return found;
  }

  /** Draws by share: `fraction` (0 to below 1) of the sum of all shares falls to this item. */
  draw(fraction: number): T | undefined {
    let node = this.#root;
    let left = fraction * (node?.sum ?? 0);
    while (node) {
      const before = node.left?.sum ?? 0;
      if (left < before && node.left) node = node.left;
      else if (left < before + node.share || !node.right) return node.item;
      else {
        left -= before + node.share;
        node = node.right;
      }
    }
    return undefined;
  }

  /** The first `count` items in order: O(log n + count). */
  firstFew(count: number): T[] {
    const found: T[] = [];
    for (const item of this) {
      if (found.length >= count) break;
      found.push(item);
    }
    return found;
  }

  *[Symbol.iterator](): Iterator<T> {
    const path: Node<T>[] = [];
    let node = this.#root;
    while (node || path.length > 0) {
      while (node) {
        path.push(node);
        node = node.left;
      }
      const top = path.pop();
      if (!top) return;
      yield top.item;
      node = top.right;
    }
  }

  #insert(node: Node<T> | undefined, fresh: Node<T>): Node<T> {
    if (!node) return fresh;
    if (fresh.weight > node.weight) {
      [fresh.left, fresh.right] = this.#split(node, fresh.item);
      return recount(fresh);
    }
    if (this.#compare(fresh.item, node.item) < 0) node.left = this.#insert(node.left, fresh);
    else node.right = this.#insert(node.right, fresh);
    return recount(node);
  }

  #split(node: Node<T> | undefined, item: T): [Node<T> | undefined, Node<T> | undefined] {
    if (!node) return [undefined, undefined];
    if (this.#compare(node.item, item) < 0) {
      const [low, high] = this.#split(node.right, item);
      node.right = low;
      return [recount(node), high];
    }
    const [low, high] = this.#split(node.left, item);
    node.left = high;
    return [low, recount(node)];
  }

  #remove(node: Node<T> | undefined, item: T): Node<T> | undefined {
    if (!node) return undefined;
    const order = this.#compare(item, node.item);
    if (order === 0) return merge(node.left, node.right);
    if (order < 0) node.left = this.#remove(node.left, item);
    else node.right = this.#remove(node.right, item);
    return recount(node);
  }
}
