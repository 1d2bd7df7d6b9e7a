/**
 * `hearthline support`: one file for whoever helps, without personal data. What would be in it is shown first, and written only when
 * that was agreed to. It sends nothing anywhere.
 */
import {
  chmodSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { CliError } from '../admin-socket.ts';
import type { OpsCommand } from '../cli.ts';
import { InstallError, runProgram } from '../install/system.ts';
import { readOptions } from './read-options.ts';
import { supportParts, type SupportPart } from './support/parts.ts';

const usage = `Usage: hearthline support [--out FILE] [--yes]
  status, findings, versions, settings, logs, metrics and the shape of the site in one file, without personal data
  --out    where to; hearthline-support-TIME.tar.gz in this directory where it is left out
  --yes    does not ask`;

const shownLines = 4;

export function listingText(parts: readonly SupportPart[]): string {
  return parts
    .flatMap(({ name, text }) => [
      `${name}  ${Buffer.byteLength(text)} bytes, ${text.split('\n').length - 1} lines`,
      ...text
        .split('\n')
        .slice(0, shownLines)
        .filter((line) => line !== '')
        .map((line) => `    ${line.slice(0, 150)}`),
    ])
    .join('\n');
}

async function isAgreed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) throw new CliError('There is no terminal to ask on: add --yes.');
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return /^y(es)?$/i.test((await reader.question(`${question} [y/N] `)).trim());
  } finally {
    reader.close();
  }
}

/** Whole or not at all, and its owner's alone at every moment. */
export async function writeBundle(parts: readonly SupportPart[], file: string): Promise<void> {
  const work = mkdtempSync(join(tmpdir(), 'hearthline-support-'));
  const beside = `${file}.${process.pid}.part`;
  try {
    for (const { name, text } of parts) {
      const path = join(work, 'hearthline-support', name);
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      writeFileSync(path, text, { mode: 0o600 });
    }
    const packed = join(work, 'bundle.tar.gz');
    // Not the name of whoever runs it.
    const args = ['--owner=0', '--group=0', '--numeric-owner', '-czf', packed, '-C', work];
    await runProgram('tar', [...args, 'hearthline-support']);
    chmodSync(packed, 0o600);
    copyFileSync(packed, beside, constants.COPYFILE_EXCL);
    chmodSync(beside, 0o600);
    renameSync(beside, file);
  } catch (error) {
    rmSync(beside, { force: true });
    if (error instanceof InstallError) throw new CliError(error.message);
    throw new CliError(`${file} cannot be written: ${(error as Error).message}`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

export const supportCommand: OpsCommand = async (args, house, io) => {
  const { out, yes, help } = readOptions(
    args,
    { out: { type: 'string' }, yes: { type: 'boolean' }, help: { type: 'boolean' } },
    usage,
  );
  if (help === true) {
    io.out(usage);
    return 0;
  }
  const stamp = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  const file = resolve(out ?? `hearthline-support-${stamp}.tar.gz`);
  if (existsSync(file)) throw new CliError(`${file} is there already: name another with --out.`);
  const parts = await supportParts(house);
  io.out(listingText(parts));
  io.out('\nIt has no names, numbers, addresses or secrets. It is written here and sent nowhere.');
  if (yes !== true && !(await isAgreed(`Write it to ${file}?`))) {
    io.out('Nothing was written.');
    return 1;
  }
  await writeBundle(parts, file);
  io.out(`Written: ${file}. Look at it before you give it away: tar -tzf, tar -xzf.`);
  return 0;
};
