/**
 * A small registry of Prometheus metrics and its text form (exposition format 0.0.4). Labels must come from
 * small closed sets (a queue, a state), never from a caller or an id that grows: each combination is kept
 * for ever. `onCollect` hooks read gauges at scrape time instead of keeping them up to date.
 */
export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  inc(by?: number, labels?: Labels): void;
  /** A total that something else counts. */
  set(total: number, labels?: Labels): void;
}
export interface Gauge {
  set(value: number, labels?: Labels): void;
  /** What is unknown now is left out, and not 0. */
  remove(labels?: Labels): void;
  clear(): void;
}
export interface Histogram {
  observe(value: number, labels?: Labels): void;
}
export interface MetricsRegistry {
  counter(name: string, help: string): Counter;
  gauge(name: string, help: string): Gauge;
  /** `buckets`: ascending upper bounds; +Inf is added. */
  histogram(name: string, help: string, buckets: readonly number[]): Histogram;
  onCollect(hook: () => void): void;
  text(): string;
}

/** Seconds, from 1 ms to 10 s: fits waits of I/O and of event loops. */
export const secondsBuckets = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10,
] as const;

const escapeValue = (value: string) =>
  value
    .replaceAll('\\', String.raw`\\`)
    .replaceAll('"', String.raw`\"`)
    .replaceAll('\n', String.raw`\n`);

function labelText(labels: Labels | undefined): string {
  if (!labels) return '';
  const parts = Object.keys(labels)
    .sort()
    .map((key) => `${key}="${escapeValue(labels[key]!)}"`);
  return parts.join(',');
}
const series = (name: string, labels: string) => (labels === '' ? name : `${name}{${labels}}`);
const number = (value: number) =>
  value === Infinity ? '+Inf' : value === -Infinity ? '-Inf' : String(value);

class Plain implements Counter, Gauge {
  readonly values = new Map<string, number>();
  inc(by = 1, labels?: Labels): void {
    const key = labelText(labels);
    this.values.set(key, (this.values.get(key) ?? 0) + by);
  }
  set(value: number, labels?: Labels): void {
    this.values.set(labelText(labels), value);
  }
  remove(labels?: Labels): void {
    this.values.delete(labelText(labels));
  }
  clear(): void {
    this.values.clear();
  }
  lines(name: string): string[] {
    return [...this.values].map(([labels, value]) => `${series(name, labels)} ${number(value)}`);
  }
}

class Buckets implements Histogram {
  readonly bounds: readonly number[];
  readonly rows = new Map<string, { counts: number[]; sum: number; count: number }>();
  constructor(bounds: readonly number[]) {
    this.bounds = bounds;
  }
  observe(value: number, labels?: Labels): void {
    const key = labelText(labels);
    let row = this.rows.get(key);
    if (!row) this.rows.set(key, (row = { counts: this.bounds.map(() => 0), sum: 0, count: 0 }));
    row.sum += value;
    row.count += 1;
    const index = this.bounds.findIndex((bound) => value <= bound);
    if (index >= 0) row.counts[index]! += 1;
  }
  lines(name: string): string[] {
    const lines: string[] = [];
    for (const [labels, row] of this.rows) {
      const lead = labels === '' ? '' : `${labels},`;
      let sum = 0;
      this.bounds.forEach((bound, index) => {
        sum += row.counts[index]!;
        lines.push(`${name}_bucket{${lead}le="${bound}"} ${sum}`);
      });
      lines.push(`${name}_bucket{${lead}le="+Inf"} ${row.count}`);
      lines.push(`${series(`${name}_sum`, labels)} ${number(row.sum)}`);
      lines.push(`${series(`${name}_count`, labels)} ${row.count}`);
    }
    return lines;
  }
}

export function createMetrics(): MetricsRegistry {
  const metrics = new Map<string, { kind: string; help: string; body: Plain | Buckets }>();
  const hooks: (() => void)[] = [];
  const add = <T extends Plain | Buckets>(name: string, kind: string, help: string, body: T): T => {
    if (!/^[a-z_][a-z0-9_]*$/.test(name)) throw new Error(`not a metric name: ${name}`);
    if (metrics.has(name)) throw new Error(`metric is already there: ${name}`);
    metrics.set(name, { kind, help, body });
    return body;
  };
  return {
    counter: (name, help) => add(name, 'counter', help, new Plain()),
    gauge: (name, help) => add(name, 'gauge', help, new Plain()),
    histogram: (name, help, buckets) => add(name, 'histogram', help, new Buckets(buckets)),
    onCollect: (hook) => void hooks.push(hook),
    text() {
      for (const hook of hooks) hook();
      const lines: string[] = [];
      for (const [name, { kind, help, body }] of metrics) {
        lines.push(
          `# HELP ${name} ${help.replaceAll('\n', ' ')}`,
          `# TYPE ${name} ${kind}`,
          ...body.lines(name),
        );
      }
      return `${lines.join('\n')}\n`;
    },
  };
}
