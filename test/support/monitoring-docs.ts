/**
 * Writes the list of metrics in docs/monitoring.md and the Grafana dashboard. Run as a program it asks a house of its own and
 * writes the files; the test compares, so that page, dashboard and code cannot part.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { dashboard } from './grafana-dashboard.ts';
import { readPrometheusText, type Metric } from './prometheus-text.ts';

const root = new URL('../../', import.meta.url);
export const monitoringPage = fileURLToPath(new URL('docs/monitoring.md', root));
export const dashboardFile = fileURLToPath(new URL('docs/monitoring/hearthline-dashboard.json', root));
export const alertsFile = fileURLToPath(new URL('docs/monitoring/hearthline-alerts.yaml', root));
const [begin, end] = ['<!-- metrics: begin -->', '<!-- metrics: end -->'];

function table(metrics: Iterable<Metric>): string {
  const lines = [...metrics]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, type, help }) => `| \`${name}\` | ${type} | ${help} |`);
  return ['| metric | type | what it says |', '| --- | --- | --- |', ...lines].join('\n');
}

/** The page as it must be for these metrics. */
export async function monitoringText(metricsText: string): Promise<string> {
  const page = readFileSync(monitoringPage, 'utf8');
  const [before, rest = ''] = page.split(begin);
  const after = rest.split(end)[1];
  if (before === undefined || after === undefined) throw new Error('docs/monitoring.md has lost its marks');
  const text = `${before}${begin}\n\n${table(readPrometheusText(metricsText).values())}\n\n${end}${after}`;
  return format(text, { parser: 'markdown', printWidth: 120 });
}

export const dashboardText = (): Promise<string> => format(JSON.stringify(dashboard()), { parser: 'json' });

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { startStack } = await import('./stack.ts');
  const stack = await startStack();
  try {
    const text = await (await fetch(`${stack.httpUrl}/metrics`)).text();
    writeFileSync(monitoringPage, await monitoringText(text));
    writeFileSync(dashboardFile, await dashboardText());
  } finally {
    await stack.stop();
  }
}
