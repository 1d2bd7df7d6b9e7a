/** The report at the end: what was done, how it stands with hardening, and what to do next. */
import { readFileSync } from 'node:fs';
import { hostAndPort } from '../bank-stores.ts';
import { readFirstPhones } from '../first-site.ts';
import { installedHouse } from '../house.ts';
import { releaseName } from '../release/release-info.ts';
import { storeNames, whereOf } from './bank-stores.ts';
import type { Finding } from './finding.ts';
import type { InstallContext } from './step.ts';
import { runProgram } from './system.ts';

export interface DoneStep {
  number: number;
  title: string;
  seconds: number;
  /** What was missing and is there now; empty: it was so before. */
  done: string[];
}

const ourUnits = ['server', 'sip', 'media', 'redis', 'postgres'].map((name) => `hearthline-${name}.service`);

/** As systemd itself scores it: 0 is closed, 10 is open. */
async function exposureOf(unitsDir: string, unit: string): Promise<string | undefined> {
  const said = await runProgram('systemd-analyze', [
    'security',
    '--offline=true',
    '--no-pager',
    `${unitsDir}/${unit}`,
  ]).catch(() => '');
  return /Overall exposure level[^:]*:\s*([\d.]+ \w+)/.exec(said)?.[1];
}

function storeLines(answers: InstallContext['answers']): string[] {
  const where = whereOf(answers);
  return storeNames.flatMap((store) => {
    const place = where[store];
    if (!place) return [];
    const how = place.isPlain ? 'IN THE CLEAR' : 'TLS';
    return [`  ${store.padEnd(15)} the bank's own at ${hostAndPort(place)}, ${how}`];
  });
}

export async function hardeningLines({ answers, places }: InstallContext): Promise<string[]> {
  const lines = [
    `  pages           ${answers.certificate === 'none' ? 'HTTP only: put a proxy with TLS before them' : 'TLS 1.2 and 1.3'}`,
    `  firewall        ${answers.firewall ? 'closed but for the ports and networks of the answers' : 'left to you'}`,
    '  services        five users without login; secrets are handed over by systemd',
    ...storeLines(answers),
  ];
  for (const unit of ourUnits) {
    const exposure = await exposureOf(places.unitsDir, unit);
    if (exposure !== undefined)
      lines.push(`  ${unit.padEnd(30)} exposure ${exposure} (systemd-analyze security)`);
  }
  return lines;
}

function secretIn(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

/** What only the person at the terminal may see; it goes into no file. */
export function secretLines(context: InstallContext): string[] {
  const { layout, settings } = installedHouse();
  const name = context.answers.names[0]!;
  const scheme = settings.tls ? 'https' : 'http';
  const secret = secretIn(layout.setupSecretFile);
  const phones = readFirstPhones(layout.firstPhonesFile);
  return [
    `  Console         ${scheme}://${name}:${settings.httpPort}/`,
    `  Administrator   ${secret === undefined ? 'the one-time secret is in /run/hearthline/server/setup-secret once the server runs' : `one-time secret  ${secret}`}`,
    ...(phones?.phones ?? []).map(
      ({ id, password }) => `  Phone ${id}      password ${password}   server ${name}:${settings.sipPort}`,
    ),
  ];
}

export async function reportText(
  context: InstallContext,
  findings: readonly Finding[],
  done: readonly DoneStep[],
): Promise<string> {
  const seconds = done.reduce((sum, one) => sum + one.seconds, 0);
  const warnings = findings.filter(({ level }) => level === 'warning');
  return [
    `Hearthline ${releaseName(context.release)} is installed (${seconds.toFixed(0)} s).`,
    '',
    'What was done',
    ...done.flatMap(({ number, title, done: lines, seconds: sec }) => [
      `  ${String(number).padStart(2)} ${title}: ${lines.length === 0 ? 'was so already' : `${lines.length} changes, ${sec.toFixed(1)} s`}`,
    ]),
    '',
    'Hardening',
    ...(await hardeningLines(context)),
    ...(warnings.length === 0
      ? []
      : ['', 'To look at', ...warnings.map(({ what, remedy }) => `  ${what}. ${remedy ?? ''}`)]),
    '',
  ].join('\n');
}
