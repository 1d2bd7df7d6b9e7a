/**
 * The build: TypeScript to JavaScript for the server, the engines and the installer, and the pages. Each
 * part remembers a fingerprint of what it was made from, and is made again only when that has changed.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run, say } from './steps.mjs';

const shared = ['package-lock.json', 'tsconfig.json', 'server/tsconfig.json'];
const parts = [
  {
    name: 'programs',
    title: 'Building the server, the engines and the installer',
    inputs: ['server', 'sip', 'installer'],
    command: ['typescript/bin/tsc', '-p', 'server/tsconfig.json'],
    output: 'dist/server',
  },
  {
    name: 'packed',
    title: 'Packing the server into one file',
    inputs: ['server', 'sip', 'installer'],
    command: ['vite/bin/vite.js', 'build', '--logLevel', 'warn', '--config', 'server/vite.config.ts'],
    output: 'dist/packed/server.js',
  },
  {
    name: 'threads',
    title: 'Packing its threads',
    inputs: ['server', 'sip', 'installer'],
    command: [
      'vite/bin/vite.js',
      'build',
      '--logLevel',
      'warn',
      '--config',
      'server/vite.config.ts',
      '--mode',
      'threads',
    ],
    output: 'dist/packed/site-worker.js',
  },
  ...[
    { name: 'wallboard', title: 'Building the wallboard', folder: 'wallboard', output: 'dist/wallboard' },
    { name: 'admin-ui', title: 'Building the pages', folder: 'admin-ui', output: 'dist/admin-ui' },
    { name: 'widget', title: 'Building the chat widget', folder: 'admin-ui/widget', output: 'dist/widget' },
  ].map(({ name, title, folder, output }) => ({
    name,
    title,
    output,
    inputs: [folder, 'server/contract'],
    config: `${folder}/vite.config.ts`,
    command: ['vite/bin/vite.js', 'build', '--logLevel', 'warn', '--config', `${folder}/vite.config.ts`],
  })),
];

function* filesUnder(root, path) {
  for (const entry of readdirSync(join(root, path), { withFileTypes: true }).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    const child = `${path}/${entry.name}`;
    if (entry.isDirectory()) yield* filesUnder(root, child);
    else if (entry.isFile()) yield child;
  }
}

function fingerprint(root, inputs) {
  const hash = createHash('sha256').update(process.version);
  for (const input of shared) hash.update(readFileSync(join(root, input)));
  for (const input of inputs)
    for (const file of filesUnder(root, input))
      hash.update(`\0${file}\0`).update(readFileSync(join(root, file)));
  return hash.digest('hex');
}

function readRecord(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return {};
  }
}

/** Rejects when a part does not build; what was built before stays as it was recorded. */
export async function buildWhatChanged(root, { isQuiet = false } = {}) {
  const recordFile = join(root, 'dist', '.build');
  for (const { name, title, inputs, config, command, output } of parts) {
    if (config && !existsSync(join(root, config))) {
      if (!isQuiet) say(`  Left out: ${config} is not there`);
      continue;
    }
    const now = fingerprint(root, inputs);
    const record = readRecord(recordFile);
    if (record[name] === now && (!output || existsSync(join(root, output)))) continue;
    const [program, ...args] = command;
    await run(title, process.execPath, [join(root, 'node_modules', program), ...args], {
      cwd: root,
      isQuiet,
    });
    mkdirSync(join(root, 'dist'), { recursive: true });
    writeFileSync(`${recordFile}.part`, JSON.stringify({ ...record, [name]: now }));
    renameSync(`${recordFile}.part`, recordFile);
  }
}
