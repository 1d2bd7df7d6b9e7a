/** What a long command is at, and how long each part of it took: told while it runs, and again as figures. */
import { sizeText } from './durable.ts';

export interface StepTime {
  name: string;
  sec: number;
  bytes: number | undefined;
}

export class Steps {
  readonly times: StepTime[] = [];
  private readonly say: (text: string) => void;
  private readonly startedAt = performance.now();

  constructor(say: (text: string) => void) {
    this.say = say;
  }

  /** `work` may answer how many bytes it moved; then the speed is told too. */
  async run<T>(name: string, work: () => Promise<T>, bytesOf?: (result: T) => number): Promise<T> {
    this.say(`${name} ...`);
    const startedAt = performance.now();
    const result = await work();
    const sec = (performance.now() - startedAt) / 1000;
    this.times.push({ name, sec, bytes: bytesOf?.(result) });
    return result;
  }

  get totalSec(): number {
    return (performance.now() - this.startedAt) / 1000;
  }

  lines(): string[] {
    const width = Math.max(...this.times.map(({ name }) => name.length));
    return this.times.map(({ name, sec, bytes }) => {
      const amount = bytes === undefined ? '' : `  ${sizeText(bytes)}, ${speedText(bytes, sec)}`;
      return `  ${name.padEnd(width)}  ${sec.toFixed(1).padStart(7)} s${amount}`;
    });
  }
}

export function speedText(bytes: number, sec: number): string {
  return `${(bytes / 1e6 / Math.max(sec, 0.001)).toFixed(0)} MB/s`;
}
