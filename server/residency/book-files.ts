/**
 * Where the book of a day lies until its statement is signed: `<data>/residency/watch/YYYY-MM-DD.json`, a file a day. A file that cannot
 * be read is put aside, never thrown away: what it held is then missing in the statement, which its gap in `watched` shows.
 */
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { type StoredBook, storedBookSchema } from './day-book.ts';

const bookPattern = /^\d{4}-\d{2}-\d{2}\.json$/;

export class BookFiles {
  readonly #dir: string;

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Oldest first; `onFault` is told of what was put aside. */
  async load(onFault: (file: string) => void): Promise<StoredBook[]> {
    await mkdir(this.#dir, { recursive: true, mode: 0o700 });
    const books: StoredBook[] = [];
    for (const name of (await readdir(this.#dir)).filter((one) => bookPattern.test(one)).sort()) {
      const path = join(this.#dir, name);
      const book = await readBook(path);
      if (book) books.push(book);
      else {
        await rename(path, `${path}.unreadable`);
        onFault(path);
      }
    }
    return books;
  }

  /** In place of the former one, whole or not at all. */
  async keep(book: StoredBook): Promise<void> {
    const path = join(this.#dir, `${book.day}.json`);
    const beside = `${path}.part`;
    const handle = await open(beside, 'w', 0o600);
    try {
      await handle.writeFile(JSON.stringify(book));
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(beside, path);
  }

  async drop(day: string): Promise<void> {
    await rm(join(this.#dir, `${day}.json`), { force: true });
  }
}

async function readBook(path: string): Promise<StoredBook | undefined> {
  try {
    return storedBookSchema.parse(JSON.parse(await readFile(path, 'utf8')));
  } catch {
    return undefined;
  }
}
