/** `hearthline doctor`: looks at everything once and says what is wrong, what it means and what to do. It changes nothing. */
import type { OpsCommand } from '../cli.ts';
import { examine } from './doctor/checks.ts';
import type { Finding } from './doctor/facts.ts';
import { gatherFacts } from './doctor/gather.ts';
import { readOptions } from './read-options.ts';

const usage = `Usage: hearthline doctor [--json]
  what is wrong with this Hearthline, what it means, and what to do; code 1 with a fault`;

const mark = { ok: ' ok  ', warning: 'look ', fault: 'FAULT' } as const;

export function findingsText(findings: readonly Finding[]): string {
  const lines = findings.flatMap(({ level, what, remedy }) => [
    `  ${mark[level]}  ${what}`,
    ...(remedy === undefined ? [] : [`         ${remedy}`]),
  ]);
  const count = (level: Finding['level']) => findings.filter((one) => one.level === level).length;
  const [faults, warnings] = [count('fault'), count('warning')];
  const end =
    faults + warnings === 0
      ? 'Nothing is wrong.'
      : `${faults === 1 ? '1 fault' : `${faults} faults`}, ${warnings} to look at.`;
  return [...lines, '', end].join('\n');
}

export const doctorCommand: OpsCommand = async (args, house, io) => {
  const { json, help } = readOptions(args, { json: { type: 'boolean' }, help: { type: 'boolean' } }, usage);
  if (help === true) {
    io.out(usage);
    return 0;
  }
  const findings = examine(await gatherFacts(house));
  io.out(json === true ? JSON.stringify({ findings }, null, 2) : findingsText(findings));
  return findings.some(({ level }) => level === 'fault') ? 1 : 0;
};
