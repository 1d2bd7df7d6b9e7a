/**
 * The installation after `install.sh` has checked the bundle: looks at the machine, goes through the steps in their order, and
 * reports. It can be killed anywhere and run again; a step that is done is passed over. With --dry-run it changes nothing.
 */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { terminal, type CliIo } from '../cli-io.ts';
import { machinePlaces } from '../house.ts';
import { withRealTime } from '../program.ts';
import { readReleaseInfo, releaseName } from '../release/release-info.ts';
import { SettingsError } from '../settings.ts';
import { askAnswers, AnswersError, readAnswers, usualAnswers, type Answers } from './answers.ts';
import { writeWhole } from '../system-files.ts';
import type { Finding } from './finding.ts';
import { preflight } from './preflight.ts';
import { reportText, secretLines, type DoneStep } from './report.ts';
import { readInstallState, writeInstallState } from './state.ts';
import type { InstallContext } from './step.ts';
import { steps } from './steps/index.ts';
import { InstallError, isSystemdRunning } from './system.ts';

interface Options {
  staged: string;
  answersFile?: string;
  keyFile?: string;
  isYes: boolean;
  isDryRun: boolean;
  isStarting: boolean;
}

function optionsOf(args: string[]): Options {
  const { values } = parseArgs({
    args,
    options: {
      staged: { type: 'string' },
      answers: { type: 'string' },
      key: { type: 'string' },
      yes: { type: 'boolean', default: false },
      'dry-run': { type: 'boolean', default: false },
      'no-start': { type: 'boolean', default: false },
    },
  });
  if (values.staged === undefined) throw new InstallError('--staged is missing: run install.sh');
  return {
    staged: resolve(values.staged),
    ...(values.answers !== undefined && { answersFile: resolve(values.answers) }),
    ...(values.key !== undefined && { keyFile: resolve(values.key) }),
    isYes: values.yes,
    isDryRun: values['dry-run'],
    isStarting: !values['no-start'],
  };
}

/** Of the file that is named, else of an earlier run, else of the person at the terminal. */
async function answersFor(options: Options, keptFile: string): Promise<Answers> {
  if (options.answersFile !== undefined) return readAnswers(options.answersFile);
  if (existsSync(keptFile)) return readAnswers(keptFile);
  const usual = usualAnswers();
  if (options.isYes) return usual;
  if (process.stdin.isTTY) return askAnswers(usual);
  throw new InstallError(
    'There is no terminal to ask on: give --answers FILE, or --yes for the usual answers.',
  );
}

const mark = { ok: ' ok ', warning: 'look', fault: 'STOP' } as const;

function tellFindings(io: CliIo, findings: readonly Finding[]): void {
  io.out('\nThe machine');
  for (const { level, what, remedy } of findings) {
    io.out(`  ${mark[level]}  ${what}`);
    if (remedy !== undefined) io.out(`        ${remedy}`);
  }
}

function refuseOther(context: InstallContext): void {
  const current = context.places.currentLink;
  if (!existsSync(current)) return;
  const installed = readReleaseInfo(current);
  if (installed.commit === context.release.commit) return;
  throw new InstallError(
    `Hearthline ${releaseName(installed)} is installed here. To go to ${releaseName(context.release)}: hearthline upgrade BUNDLE`,
  );
}

async function applySteps(context: InstallContext, io: CliIo): Promise<DoneStep[]> {
  const done: DoneStep[] = [];
  const release = releaseName(context.release);
  const startedAt = new Date().toISOString();
  for (const step of steps) {
    const began = performance.now();
    const todo = await step.check(context);
    io.out(`  ${String(step.number).padStart(2)} ${step.title}${todo.length === 0 ? ': done already' : ''}`);
    if (todo.length > 0) {
      // Before the directories are made there is nowhere to note it, and nothing that a second run would not see.
      if (existsSync(context.places.stateDir))
        writeInstallState(context.places, { release, step: step.number, startedAt });
      await step.apply(context);
    }
    done.push({
      number: step.number,
      title: step.title,
      seconds: (performance.now() - began) / 1000,
      done: todo,
    });
  }
  writeInstallState(context.places, { release, startedAt, finishedAt: new Date().toISOString() });
  return done;
}

async function tellPlan(context: InstallContext, io: CliIo): Promise<void> {
  io.out('\nWhat would be done');
  for (const step of steps) {
    const todo = await step.check(context);
    io.out(`  ${String(step.number).padStart(2)} ${step.title}${todo.length === 0 ? ': nothing' : ''}`);
    for (const line of todo) io.out(`       ${line}`);
  }
  io.out('\nNothing was changed.');
}

async function contextFor(options: Options, io: CliIo): Promise<InstallContext> {
  const places = machinePlaces();
  const answers = await answersFor(options, places.answersFile);
  return {
    staged: options.staged,
    release: readReleaseInfo(join(options.staged, 'release')),
    answers: options.isStarting ? answers : { ...answers, start: false },
    ...(options.keyFile !== undefined && { keyFile: options.keyFile }),
    places,
    isSystemd: isSystemdRunning(),
    isRealTime: withRealTime({ command: 'true', args: [] }).isRealTime,
    say: (text) => io.out(text),
  };
}

export async function runInstall(args: string[], io: CliIo): Promise<number> {
  try {
    const options = optionsOf(args);
    const context = await contextFor(options, io);
    io.out(`Hearthline ${releaseName(context.release)}`);
    refuseOther(context);
    const before = readInstallState(context.places);
    if (before?.step !== undefined)
      io.out(
        `An earlier run was cut off in step ${before.step} (${before.startedAt}): it goes on from there.`,
      );
    const findings = await preflight(context);
    tellFindings(io, findings);
    const faults = findings.filter(({ level }) => level === 'fault');
    if (options.isDryRun) await tellPlan(context, io);
    if (faults.length > 0)
      throw new InstallError(
        `${faults.length === 1 ? 'One finding stands' : `${faults.length} findings stand`} in the way (STOP above). Nothing was done.`,
      );
    if (options.isDryRun) return 0;
    io.out('\nInstalling');
    const done = await applySteps(context, io);
    const report = await reportText(context, findings, done);
    const stamp = new Date().toISOString().replaceAll(/[:.]/g, '-');
    writeWhole({ path: join(context.places.stateDir, `report-${stamp}.txt`), text: report, mode: 0o600 });
    io.out(`\n${report}`);
    for (const line of secretLines(context)) io.out(line);
    return 0;
  } catch (error) {
    const isKnown =
      error instanceof InstallError ||
      error instanceof AnswersError ||
      error instanceof SettingsError ||
      (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS') === true;
    io.error(`\n${isKnown ? (error as Error).message : ((error as Error).stack ?? String(error))}`);
    if (!isKnown || error instanceof InstallError)
      io.error('What was done until now stays and does no harm; run it again when the cause is gone.');
    return 1;
  }
}

if (process.argv[1] !== undefined && import.meta.filename === process.argv[1])
  process.exitCode = await runInstall(process.argv.slice(2), terminal);
