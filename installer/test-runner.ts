/**
 * `npm test`: the build, then mocha for each folder of test/, several files side by side and those that measure time or put the
 * machine under load by themselves, each run under a time bound, all under one budget; lint, format and types beside the first.
 * A check that fails, a folder without tests, a run that hangs or crashes each count as a failure. The output ends with the files
 * that took longest, and one line: what passed, failed and was skipped.
 * `npm test -- unit flow` runs these folders only; `npm test -- test/unit/acd` what lies there. What installs whole machines
 * (`install`) runs where it is named, and with `npm test -- all`.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { projectRoot } from './program.ts';
import { endTestLeftovers } from './test-leftovers.ts';

const budgetMs = 80 * 60_000;

/** Of what the processes of `flow` run as well: that takes another minute and a half. */
const isCoverageWhole = process.env['HEARTHLINE_COVERAGE'] === '1';

interface Folder {
  name: string;
  limitMs: number;
  hasCoverage: boolean;
  /** How many files run side by side: more than processors where tests mostly wait. */
  jobs: number;
  /** Parts that run by themselves, and how many of their files at once: they kill and wait (2), or measure (1). */
  alone: Record<string, number>;
  isByName?: boolean;
}
const folders: Folder[] = [
  { name: 'unit', limitMs: 600_000, hasCoverage: true, jobs: 2, alone: {} },
  { name: 'flow', limitMs: 900_000, hasCoverage: isCoverageWhole, jobs: 4, alone: {} },
  { name: 'sip', limitMs: 1_500_000, hasCoverage: false, jobs: 3, alone: { faults: 2, media: 1 } },
  { name: 'e2e', limitMs: 900_000, hasCoverage: false, jobs: 3, alone: {} },
  { name: 'install', limitMs: 1_800_000, hasCoverage: false, jobs: 1, alone: {}, isByName: true },
];
/** Those that take longest go first, so that none is left to run when all others are done; the list at the end of a run tells. */
const longest = [
  'unit/server/acd/property',
  'unit/server/channels/mail/read-mail',
  'unit/server/stats/fairness',
  'unit/server/channels/mail/mail-reader',
  'flow/installer/own-stores',
  'flow/systemd/units',
  'flow/server/figures/reconcile',
  'flow/installer/backup/kills',
  'flow/installer/backup/backup-restore',
  'flow/installer/backup/point-in-time',
  'flow/text/chat',
  'flow/text/kills',
  'flow/channels/mail-corpus',
  'flow/installer/start',
  'flow/text/hostile-races',
  'flow/text/hostile-http',
  'flow/text/undelivered',
  'flow/residency/proof',
  'flow/installer/prompts',
  'flow/server/api/fuzz',
  'flow/server/db/projector',
  'flow/text/mail',
  'flow/channels/mail-imap',
  'flow/text/webhook-sample',
  'flow/text/return',
  'flow/server/acd/replay',
  'flow/server/api/fairness',
  'flow/installer/supervisor',
  'flow/server/redis/event-log',
  'sip/call/flows',
  'sip/call/callback',
  'sip/conformance/transcripts',
  'sip/conformance/torture',
  'sip/call/transfer',
  'sip/call/routing-rules',
  'sip/conformance/mutated-dialogs',
  'sip/faults/figures-through-faults',
  'sip/faults/drift',
  'sip/faults/drift-restarts',
  'sip/faults/kill-stores',
  'sip/faults/random-calls',
  'sip/faults/burst',
  'sip/faults/kill-server',
  'sip/faults/kill-unanswered',
  'e2e/wallboard-boards',
  'e2e/agent-desk',
  'e2e/widget',
  'e2e/live/emergency',
  'e2e/live/agents',
  'e2e/live/returns',
  'e2e/wallboard',
  'e2e/live/doors',
  'e2e/console',
  'e2e/boards',
  'e2e/live/display',
  'e2e/live/recordings',
  'e2e/agent-customers',
  'e2e/live/site',
].map((name) => `test/${name}.test.ts`);
/** Of these nearly all is waiting: each has a lane of its own beside the others of its part. */
const mostlyWaiting = ['test/sip/faults/figures-through-faults.test.ts'];
const checks = [
  { title: 'lint', command: ['oxlint/bin/oxlint', '--type-aware'] },
  { title: 'format', command: ['prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'] },
  { title: 'types', command: ['typescript/bin/tsc', '-p', 'tsconfig.json'] },
];

interface Count {
  passed: number;
  failed: number;
  skipped: number;
}

const total: Count = { passed: 0, failed: 0, skipped: 0 };
const problems: string[] = [];
const startedAt = performance.now();
const runId = randomBytes(4).toString('hex');
const workDir = join(projectRoot, 'coverage');
const running = new Set<ChildProcess>();
const times: { file: string; sec: number; cpu: number }[] = [];

const heading = (text: string) => console.log(`\n=== ${text}`);
const remainingMs = () => Math.max(1000, budgetMs - (performance.now() - startedAt));

const checkLimitMs = () => Math.min(240_000, remainingMs());

function endGroup(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
  } catch {
    // Gone already.
  }
}

/** Runs in a process group of its own; "hung" when the bound was reached. With `hear` its output goes there. */
function run(
  args: string[],
  env: NodeJS.ProcessEnv,
  limitMs: number,
  hear?: (text: string) => void,
): Promise<number | 'hung'> {
  return new Promise((done) => {
    const stdio = hear ? 'pipe' : 'inherit';
    const child: ChildProcess = spawn(process.execPath, args, {
      cwd: projectRoot,
      env,
      stdio,
      detached: true,
    });
    running.add(child);
    if (hear) for (const stream of [child.stdout, child.stderr]) stream?.setEncoding('utf8').on('data', hear);
    let isHung = false;
    const timer = setTimeout(() => {
      isHung = true;
      endGroup(child);
    }, limitMs);
    const end = (result: number | 'hung') => {
      clearTimeout(timer);
      running.delete(child);
      done(result);
    };
    child.on('error', () => end(1));
    child.on('close', (code) => end(isHung ? 'hung' : (code ?? 1)));
  });
}

function fail(text: string): void {
  total.failed += 1;
  problems.push(text);
  console.log(`FAILED: ${text}`);
}

async function runCheck(title: string, args: string[]): Promise<boolean> {
  heading(title);
  return judge(title, await run(args, process.env, checkLimitMs()));
}

function judge(title: string, result: number | 'hung'): boolean {
  if (result === 0) {
    total.passed += 1;
    console.log(`${title}: ok`);
    return true;
  }
  fail(result === 'hung' ? `${title} took too long` : title);
  return false;
}

/** One after the other beside what runs meanwhile; the answer tells how they went, and is asked for when that is done. */
function startChecks(): () => Promise<void> {
  const runAll = async () => {
    const results: { title: string; output: string; result: number | 'hung' }[] = [];
    for (const { title, command } of checks) {
      const [program = '', ...rest] = command;
      const args = [join(projectRoot, 'node_modules', program), ...rest];
      let output = '';
      const result = await run(args, process.env, checkLimitMs(), (text) => (output += text));
      results.push({ title, output, result });
    }
    return results;
  };
  const done = runAll();
  return async () => {
    for (const { title, output, result } of await done) {
      heading(title);
      process.stdout.write(output);
      judge(title, result);
    }
  };
}

interface ReportLine {
  state: keyof Count | 'file' | 'end';
  /** Of a test, or the path of a file. */
  title: string;
  /** Of a test that failed: what was said, without the difference, which stands further up. */
  why?: string;
  /** Of a file. */
  sec: number;
  cpu: number;
}

function readReport(file: string): { count: Count; isComplete: boolean } {
  const count: Count = { passed: 0, failed: 0, skipped: 0 };
  let isComplete = false;
  const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  for (const line of lines) {
    if (line === '') continue;
    const { state, title, why, sec, cpu } = JSON.parse(line) as ReportLine;
    if (state === 'end') isComplete = true;
    else if (state === 'file') times.push({ file: relative(projectRoot, title), sec, cpu });
    else count[state] += 1;
    if (state === 'failed') problems.push(why ? `${title}\n          ${why.slice(0, 600)}` : title);
  }
  return { count, isComplete };
}

/** A file, or every test file below a folder. */
function testFiles(path: string): string[] {
  const full = join(projectRoot, path);
  if (!existsSync(full)) return [];
  if (path.endsWith('.ts')) return [path];
  return readdirSync(full, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.ts'))
    .sort()
    .map((name) => join(path, name));
}

async function runFolder(folder: Folder, paths: string[], isBuilt: boolean): Promise<void> {
  const files = paths.flatMap(testFiles);
  if (files.length === 0) return fail(`test/${folder.name} has no tests`);
  const sizeOf = (file: string) => statSync(join(projectRoot, file)).size;
  const rankOf = (file: string) => (longest.includes(file) ? longest.indexOf(file) : longest.length);
  const left = new Set(files.toSorted((a, b) => rankOf(a) - rankOf(b) || sizeOf(b) - sizeOf(a)));
  const parts = Object.entries(folder.alone).map(([part, jobs]) => {
    const own = [...left].filter((file) => file.startsWith(`test/${folder.name}/${part}/`));
    for (const file of own) left.delete(file);
    return { title: `${folder.name}/${part}`, jobs, own };
  });
  for (const { title, jobs, own } of [{ title: folder.name, jobs: folder.jobs, own: [...left] }, ...parts]) {
    const lanes = jobs + own.filter((file) => mostlyWaiting.includes(file)).length;
    const sideBySide = lanes > 1 ? ['--parallel', '--jobs', String(lanes)] : [];
    if (own.length > 0) await runMocha(folder, title, [...sideBySide, ...own], isBuilt);
  }
}

async function runMocha(folder: Folder, title: string, args: string[], isBuilt: boolean): Promise<void> {
  heading(`test/${title}`);
  const report = join(workDir, `report-${title.replace(/\W+/g, '-')}.jsonl`);
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    HEARTHLINE_TEST_REPORT: report,
    HEARTHLINE_TEST_RUN: runId,
    // What is tested is what is shipped, and it starts several times faster than the sources.
    ...(isBuilt ? { HEARTHLINE_TEST_DIST: '1' } : {}),
    ...(folder.hasCoverage ? { NODE_V8_COVERAGE: join(workDir, 'tmp') } : {}),
  };
  const mocha = join(projectRoot, 'node_modules/mocha/bin/mocha.js');
  const reporter = join(projectRoot, 'installer/mocha-report.cjs');
  const timer = join(projectRoot, 'installer/mocha-times.cjs');
  const limitMs = Math.min(folder.limitMs, remainingMs());
  const result = await run([mocha, '--reporter', reporter, '--require', timer, ...args], env, limitMs);
  const left = endTestLeftovers(runId);
  if (left.length > 0) console.log(`Left running by test/${title}, and ended: ${left.join(', ')}`);
  const { count, isComplete } = readReport(report);
  total.passed += count.passed;
  total.failed += count.failed;
  total.skipped += count.skipped;
  const sum = count.passed + count.failed + count.skipped;
  if (result === 'hung') fail(`test/${title} did not end within ${Math.round(limitMs / 1000)} s`);
  else if (!isComplete) fail(`test/${title} broke off (exit code ${result})`);
  else if (result !== 0 && count.failed === 0) fail(`test/${title} ended with code ${result}`);
  else if (sum === 0) fail(`test/${title} ran no test`);
}

/** `unit` or `test/unit/acd` or a file; without arguments everything. */
function chosen(args: string[]): { folder: Folder; paths: string[] }[] {
  return folders.flatMap((folder) => {
    const whole = `test/${folder.name}`;
    const isUsual = args.length === 0 && folder.isByName !== true;
    if (isUsual || args.includes('all') || args.includes(folder.name)) return [{ folder, paths: [whole] }];
    const paths = args.filter((arg) => arg === whole || arg.startsWith(`${whole}/`));
    return paths.length > 0 ? [{ folder, paths }] : [];
  });
}

/** Sums up beside what runs next: it keeps one processor busy for a while. The answer tells, and is asked for when that is done. */
function startCoverage(): () => Promise<void> {
  const temp = join(workDir, 'tmp');
  if (!existsSync(temp)) return () => Promise.resolve();
  const c8 = join(projectRoot, 'node_modules/c8/bin/c8.js');
  let output = '';
  const done = run(
    [c8, 'report', '--temp-directory', temp],
    process.env,
    120_000,
    (text) => (output += text),
  );
  return async () => {
    const result = await done;
    heading(`coverage of test/unit${isCoverageWhole ? ' and test/flow' : ''}`);
    process.stdout.write(output);
    if (result !== 0) console.log('the coverage could not be summed up');
    rmSync(temp, { recursive: true, force: true });
  };
}

function printTimes(): void {
  if (times.length < 2) return;
  heading('the files that took longest: s, of them on a processor');
  for (const { file, sec, cpu } of times.toSorted((a, b) => b.sec - a.sec).slice(0, 12))
    console.log(`${sec.toFixed(0).padStart(5)} ${cpu.toFixed(0).padStart(4)}  ${file}`);
}

async function main(args: string[]): Promise<void> {
  rmSync(workDir, { recursive: true, force: true });
  mkdirSync(workDir, { recursive: true });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      for (const child of running) endGroup(child);
      endTestLeftovers(runId);
      process.exit(130);
    });
  const runs = chosen(args);
  if (runs.length === 0) {
    console.log(`No such tests: ${args.join(' ')}. Folders: ${folders.map(({ name }) => name).join(', ')}`);
    process.exit(1);
  }
  const isBuilt = await runCheck('build', [join(projectRoot, 'installer/bootstrap.mjs'), 'build']);
  const isWhole = args.length === 0 || args.includes('all');
  const beside: (() => Promise<void>)[] = isWhole ? [startChecks()] : [];
  for (const [i, { folder, paths }] of runs.entries()) {
    await runFolder(folder, paths, isBuilt);
    for (const tell of beside.splice(0)) await tell();
    const isNextCovered = runs[i + 1]?.folder.hasCoverage ?? false;
    if (folder.hasCoverage && !isNextCovered) beside.push(startCoverage());
  }
  for (const tell of beside) await tell();
  printTimes();

  heading(`done in ${Math.round((performance.now() - startedAt) / 1000)} s`);
  for (const problem of problems) console.log(`  failed: ${problem}`);
  if (total.passed === 0) total.failed += 1;
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  process.exit(total.failed > 0 ? 1 : 0);
}

await main(process.argv.slice(2));
