/** A program in another network namespace, told what to do by lines of JSON and answering with such lines. */
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { until } from '../until.ts';

type Work = Record<string, (told: Record<string, unknown>) => Promise<unknown>>;

/** Within the program: does what it is told, one after the other, until its input ends. */
export async function obey(ready: unknown, work: Work, end: () => Promise<void>): Promise<void> {
  const say = (line: object) => void process.stdout.write(`${JSON.stringify(line)}\n`);
  say({ id: 0, done: ready });
  for await (const line of createInterface({ input: process.stdin })) {
    const { id, word, ...told } = JSON.parse(line) as { id: number; word: string } & Record<string, unknown>;
    try {
      say({ id, done: (await work[word]!(told)) ?? true });
    } catch (error) {
      say({ id, fault: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    }
  }
  await end();
  process.exit(0);
}

export class LineProgram {
  readonly #child: ChildProcess;
  readonly #answers = new Map<number, { done?: unknown; fault?: string }>();
  #said = '';
  #last = 0;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#said += text));
    createInterface({ input: child.stdout! }).on('line', (line) => {
      if (!line.startsWith('{"id":')) return void (this.#said += `${line}\n`);
      const { id, ...answer } = JSON.parse(line) as { id: number; done?: unknown; fault?: string };
      this.#answers.set(id, answer);
    });
  }

  async #answer<T>(id: number, what: string, boundMs: number): Promise<T> {
    await until(
      what,
      () => {
        if (this.#child.exitCode !== null)
          throw new Error(`it ended with ${this.#child.exitCode}: ${this.#said}`);
        return this.#answers.has(id);
      },
      boundMs,
    );
    const { done, fault } = this.#answers.get(id)!;
    if (fault !== undefined) throw new Error(fault);
    return done as T;
  }

  ready<T>(boundMs = 60_000): Promise<T> {
    return this.#answer(0, 'the program is ready', boundMs);
  }

  tell<T>(word: string, told: object = {}, boundMs = 60_000): Promise<T> {
    const id = ++this.#last;
    this.#child.stdin!.write(`${JSON.stringify({ id, word, ...told })}\n`);
    return this.#answer(id, word, boundMs);
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const gone = new Promise<void>((done) => this.#child.once('exit', () => done()));
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 30_000);
    this.#child.stdin!.end();
    await gone;
    clearTimeout(timer);
  }
}
