/** docs/runbook.md: each failure is told in four parts, and what it quotes of logs, alerts, metrics and commands exists. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'chai';
import { usageText } from '../../../installer/cli.ts';
import { codesIn, docText, projectDir } from '../../support/doc-tables.ts';

const page = docText('runbook.md');
/** Told of in docs/operations.md; to be taken out here as soon as the command line has them. */
const partNames = ['Symptom', 'Cause', 'Remedy', 'Provoked by'];

const failures = page
  .split(/^## (?=\d+\. )/m)
  .slice(1)
  .map((text) => {
    const [title = '', ...lines] = text.split('\n');
    const parts = lines
      .join(' ')
      .split(/(?:^|\s)- \*\*(?=[A-Z][a-z ]+\*\*: )/)
      .slice(1)
      .map((part) => part.split('**: ', 2) as [string, string]);
    return { title, parts };
  });

function sourceOf(dir: string): string {
  return readdirSync(join(projectDir, dir), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(projectDir, dir, name), 'utf8'))
    .join('\n');
}

describe('docs/runbook.md', () => {
  it('tells of twenty failures or more, numbered, each in its four parts', () => {
    expect(failures).to.have.length.at.least(20);
    failures.forEach(({ title, parts }, index) => {
      expect(title).to.match(new RegExp(`^${index + 1}\\. `));
      expect(
        parts.map(([name]) => name),
        title,
      ).to.deep.equal(partNames);
      for (const [name, text] of parts) expect(text.trim(), `${title}, ${name}`).to.have.length.above(5);
    });
  });

  it('names tests that provoke each one', () => {
    for (const { title, parts } of failures) {
      const paths = codesIn(parts.at(-1)![1]);
      expect(paths, title).to.have.length.above(0);
      for (const path of paths) {
        expect(path, title).to.match(/^test\/.+\.test\.ts$/);
        expect(existsSync(join(projectDir, path)), `${title}: ${path}`).to.equal(true);
      }
    }
  });

  it('quotes messages that the programs log', () => {
    const source = sourceOf('server') + sourceOf('sip') + sourceOf('installer');
    const quoted = codesIn(page).flatMap((code) => /^msg: ([^]+)$/.exec(code)?.[1] ?? []);
    expect(quoted).to.have.length.above(15);
    for (const message of quoted) expect(source.includes(`'${message}'`), message).to.equal(true);
  });

  it('names alerts and metrics that there are', () => {
    const alerts = readFileSync(join(projectDir, 'docs/monitoring/hearthline-alerts.yaml'), 'utf8');
    const metrics = docText('monitoring.md');
    for (const code of codesIn(page)) {
      if (/^Hearthline[A-Z]\w+$/.test(code)) expect(alerts).to.contain(`alert: ${code}\n`);
      if (/^hearthline_\w+$/.test(code)) expect(metrics).to.contain(`\`${code}\``);
    }
  });

  it('names commands that there are', () => {
    const known = new Set<string | undefined>();
    for (const [, word] of usageText().matchAll(/^ {2}hearthline (\S+)/gm)) known.add(word);
    const told = [...page.matchAll(/(?:`|^ {4})hearthline ([a-z]+)/gm)].map(([, word]) => word!);
    expect(told).to.have.length.above(10);
    for (const word of told) expect(known.has(word), `hearthline ${word}`).to.equal(true);
  });
});
