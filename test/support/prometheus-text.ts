/**
 * Reads Prometheus' text format 0.0.4 strictly, as `promtool check metrics` would: whatever a scraper or a reviewer would stumble
 * over throws with its line.
 */
export interface Metric {
  name: string;
  type: 'counter' | 'gauge' | 'histogram';
  help: string;
  samples: { name: string; labels: Record<string, string>; value: number }[];
}

const samplePattern =
  /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (NaN|[+-]Inf|[+-]?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/;
const labelPattern = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\["\\n])*)"(,|$)/gy;

function readLabels(text: string, line: string): Record<string, string> {
  const labels: Record<string, string> = {};
  let end = 0;
  for (const [whole, name, value] of text.matchAll(labelPattern)) {
    end += whole.length;
    if (name! in labels) throw new Error(`a label comes twice: ${line}`);
    labels[name!] = value!;
  }
  if (end !== text.length) throw new Error(`labels cannot be read: ${line}`);
  return labels;
}

/** By convention (prometheus.io/docs/practices/naming): units in base, totals of counters. */
function checkName({ name, type }: Metric): void {
  if (!/^hearthline_[a-z0-9_]+$/.test(name)) throw new Error(`${name}: not a name of ours`);
  if (type === 'counter' && !name.endsWith('_total')) throw new Error(`${name}: a counter ends with _total`);
  if (type !== 'counter' && name.endsWith('_total'))
    throw new Error(`${name}: only a counter ends with _total`);
  if (/_(ms|msec|millis|kb|mb|percent|minutes|hours|days)(_|$)/.test(name))
    throw new Error(`${name}: units are seconds, bytes and ratios`);
}

function checkHistogram({ name, samples }: Metric): void {
  const rows = new Map<string, { last: number; count?: number; inf?: number; hasSum?: boolean }>();
  for (const sample of samples) {
    const { le, ...labels } = sample.labels;
    const key = JSON.stringify(labels);
    const row = rows.get(key) ?? { last: 0 };
    rows.set(key, row);
    if (sample.name === `${name}_bucket`) {
      if (le === undefined || sample.value < row.last) throw new Error(`${name}: buckets are not cumulative`);
      row.last = sample.value;
      if (le === '+Inf') row.inf = sample.value;
    } else if (sample.name === `${name}_sum`) row.hasSum = true;
    else row.count = sample.value;
  }
  for (const row of rows.values())
    if (row.inf === undefined || row.inf !== row.count || !row.hasSum)
      throw new Error(`${name}: a histogram needs +Inf, sum and count that agree`);
}

export function readPrometheusText(text: string): Map<string, Metric> {
  const metrics = new Map<string, Metric>();
  const seen = new Set<string>();
  let current: Metric | undefined;
  let help: { name: string; text: string } | undefined;
  if (!text.endsWith('\n')) throw new Error('the last line has no end');
  for (const line of text.slice(0, -1).split('\n')) {
    if (line === '') throw new Error('there is an empty line');
    const [, helpName, helpText] = /^# HELP (\S+) (.+)$/.exec(line) ?? [];
    const [, typeName, type] = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line) ?? [];
    if (helpName !== undefined) help = { name: helpName, text: helpText! };
    else if (typeName !== undefined) {
      if (help?.name !== typeName) throw new Error(`type without help: ${line}`);
      if (metrics.has(typeName)) throw new Error(`a metric comes twice: ${typeName}`);
      current = { name: typeName, type: type as Metric['type'], help: help.text, samples: [] };
      checkName(current);
      metrics.set(typeName, current);
    } else {
      const [, name, labels = '', value] = samplePattern.exec(line) ?? [];
      if (name === undefined) throw new Error(`this is no sample: ${line}`);
      const suffixes = current?.type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
      if (!current || !suffixes.some((suffix) => name === `${current!.name}${suffix}`))
        throw new Error(`a sample stands outside its metric: ${line}`);
      const series = `${name}{${labels}}`;
      if (seen.has(series)) throw new Error(`a sample comes twice: ${series}`);
      seen.add(series);
      const number = value === '+Inf' ? Infinity : value === '-Inf' ? -Infinity : Number(value);
      current.samples.push({ name, labels: readLabels(labels, line), value: number });
    }
  }
  for (const metric of metrics.values()) if (metric.type === 'histogram') checkHistogram(metric);
  return metrics;
}

/** Names of ours in an expression of PromQL, without the suffixes of histograms. */
export function metricsInQuery(query: string): string[] {
  return [...new Set(query.match(/\bhearthline_[a-z0-9_]+/g) ?? [])].map((name) =>
    name.replace(/_(bucket|sum|count)$/, ''),
  );
}
