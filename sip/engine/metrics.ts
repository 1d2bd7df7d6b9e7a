/**
 * Counters and gauges of the engine, written as Prometheus text. Counting is an increment of a number.
 */

export class Metrics {
  readonly #counters = new Map<string, number>();
  readonly #gauges = new Map<string, () => number>();

  count(name: string, by = 1): void {
    this.#counters.set(name, (this.#counters.get(name) ?? 0) + by);
  }

  value(name: string): number {
    return this.#counters.get(name) ?? 0;
  }

  gauge(name: string, read: () => number): void {
    this.#gauges.set(name, read);
  }

  text(): string {
    let out = '';
    for (const [name, value] of this.#counters) {
      out += `# TYPE hearthline_sip_${name} counter\nhearthline_sip_${name} ${value}\n`;
    }
    for (const [name, read] of this.#gauges) {
      out += `# TYPE hearthline_sip_${name} gauge\nhearthline_sip_${name} ${read()}\n`;
    }
    return out;
  }
}
