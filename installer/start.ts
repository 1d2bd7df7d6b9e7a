/**
 * `npm start` after the bootstrap: starts everything with progress on the terminal, seeds the first
 * site, prints where to look, and stays until Ctrl-C or SIGTERM, when it stops everything it started.
 */
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LockedError } from './data-lock.ts';
import { forgetFirstPhones, readFirstPhones, writeFirstSite } from './first-site.ts';
import { askHealth } from './health.ts';
import { renderPrompts } from './prompts.ts';
import { readSettings, SettingsError } from './settings.ts';
import type { Settings } from './settings.ts';
import { StartError, Supervisor } from './supervisor.ts';
import type { SupervisorReport } from './supervisor.ts';
import { welcomeText } from './welcome.ts';

const readyMs = 90_000;
const administratorCheckMs = 10_000;
const secretMs = 5_000;
const parentCheckMs = 500;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

function clock(): string {
  return new Date().toTimeString().slice(0, 8);
}

/** Lines before the welcome are progress; after it they carry the time, and are kept in a log too. */
function terminalReport(state: { logFile: string | undefined; isUp: boolean }): SupervisorReport {
  const keep = (text: string) => {
    if (state.logFile) appendFileSync(state.logFile, `${new Date().toISOString()} ${text}\n`);
  };
  const mark = () => (state.isUp ? clock() : '     ');
  return {
    line(text) {
      keep(text);
      say(`${mark()} ${text}`);
    },
    warning(text, details = []) {
      keep(text);
      say(`${mark()} ${text}`);
      for (const detail of details) say(`         ${detail.slice(0, 300)}`);
    },
  };
}

function progressPrinter(label: string): (done: number, total: number) => void {
  let lastTenth = 0;
  return (done, total) => {
    const tenth = Math.floor((done / total) * 5);
    if (tenth === lastTenth || done === total) return;
    lastTenth = tenth;
    say(`      ${label}: ${done} of ${total}`);
  };
}

async function startAll(supervisor: Supervisor): Promise<void> {
  say('  Preparing the data directory');
  await supervisor.prepare();
  const { layout } = supervisor;
  if (supervisor.isNewDatabase) say('  A new database was made');
  const { postgres, redis } = supervisor.settings;
  const stores = [...(postgres ? [] : ['Postgres']), ...(redis ? [] : ['Redis'])];
  say(`  Starting ${[...stores, 'the SIP engine'].join(', ')} and the media engine`);
  const hasStartedBefore =
    existsSync(layout.seedSiteFile) && existsSync(join(layout.promptsDir, 'music.wav'));
  const prompts = renderPrompts({
    dir: layout.promptsDir,
    onProgress: progressPrinter('announcements spoken'),
  });
  const seed = existsSync(layout.seedSiteFile) ? Promise.resolve() : writeFirstSite(layout);
  // All of them are waited for even when one fails, so that nothing goes on behind the stop.
  const results = await Promise.allSettled([prompts, seed, supervisor.startBelow(hasStartedBefore)]);
  for (const result of results) if (result.status === 'rejected') throw result.reason;
  say('  Starting the server');
  supervisor.startServer();
  await supervisor.waitReady(readyMs, (parts) => say(`      waiting for: ${parts.join(', ')}`));
}

/** The server writes the secret as the last thing of its start; once an administrator exists it never comes. */
async function awaitSecret(file: string, isExpected: boolean): Promise<string | undefined> {
  const endAt = performance.now() + (isExpected ? secretMs : 0);
  for (;;) {
    const secret = readSecret(file);
    if (secret !== undefined || performance.now() > endAt) return secret;
    await new Promise((wake) => setTimeout(wake, 50));
  }
}

function readSecret(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

async function printWelcome(supervisor: Supervisor, settings: Settings, startedAt: number): Promise<void> {
  const { layout } = supervisor;
  const seconds = (Date.now() - startedAt) / 1000;
  const firstPhones = readFirstPhones(layout.firstPhonesFile);
  const setupSecret = await awaitSecret(layout.setupSecretFile, firstPhones !== undefined);
  say(
    welcomeText({
      settings,
      setupSecret,
      firstPhones,
      isRealTime: supervisor.isRealTime,
      elsewhere: layout.elsewhere,
      seconds,
      hasStyle: process.stdout.isTTY && process.env['NO_COLOR'] === undefined,
    }),
  );
  const taken = supervisor.foreignRtpPorts;
  if (taken > 0) say(`  ${taken} RTP ports are in use by other programs and are passed over.`);
}

/**
 * Once an administrator exists the server removes the secret's file, and the clear texts go too. A server
 * that is just starting has not written it yet: only its absence twice, with a ready server, counts.
 */
function forgetPhonesLater(supervisor: Supervisor, settings: Settings): void {
  const { setupSecretFile, firstPhonesFile } = supervisor.layout;
  if (!existsSync(firstPhonesFile)) return;
  let absences = 0;
  const look = async () => {
    const { isReady } = await askHealth(settings);
    absences = isReady && !existsSync(setupSecretFile) ? absences + 1 : 0;
    if (absences < 2) return;
    forgetFirstPhones(firstPhonesFile);
    clearInterval(timer);
  };
  const timer = setInterval(() => void look(), administratorCheckMs);
  timer.unref();
}

function stopOnSignals(supervisor: Supervisor): void {
  let asked = 0;
  const onSignal = (signal: NodeJS.Signals) => {
    asked += 1;
    // npm passes on the same Ctrl-C that the terminal already gave us: only a third one is impatience.
    if (asked > 2) {
      supervisor.killAll();
      process.exit(130);
    }
    if (asked > 1) return;
    say('\n  Stopping ...');
    const started = performance.now();
    void supervisor.stop().then(() => {
      say(`  Stopped in ${((performance.now() - started) / 1000).toFixed(1)} s. Nothing is left running.`);
      process.exit(signal === 'SIGHUP' ? 129 : 0);
    });
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
  onNpmGone(() => onSignal('SIGTERM'));
}

/** A signal sent to npm ends npm and its shell but is not passed on to us: their end is the sign. */
function onNpmGone(act: () => void): void {
  if (process.env['npm_lifecycle_event'] === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    act();
  }, parentCheckMs);
  timer.unref();
}

/** `startedAt`: when the command was typed, ms of the process clock's origin in Unix time. */
export async function start(startedAt = Date.now()): Promise<void> {
  const state: { logFile: string | undefined; isUp: boolean } = { logFile: undefined, isUp: false };
  let supervisor: Supervisor | undefined;
  try {
    const settings = readSettings(process.env, process.cwd());
    supervisor = new Supervisor({ settings, report: terminalReport(state) });
    stopOnSignals(supervisor);
    await startAll(supervisor);
    state.logFile = join(supervisor.layout.logDir, 'supervisor.log');
    await printWelcome(supervisor, settings, startedAt);
    state.isUp = true;
    forgetPhonesLater(supervisor, settings);
  } catch (error) {
    const isExpected =
      error instanceof SettingsError || error instanceof StartError || error instanceof LockedError;
    const message =
      error instanceof Error ? (isExpected ? error.message : (error.stack ?? error.message)) : error;
    process.stderr.write(`\nHearthline cannot start.\n${String(message).replace(/^/gm, '  ')}\n`);
    await supervisor?.stop();
    process.exit(1);
  }
}
