/**
 * Settings, the databases' configuration and the secrets that systemd hands to the services. Of settings that are there only those of the
 * bank's own stores are changed, when the answers have others.
 */
import { randomBytes } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, readFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { readAnswers, settingsText } from '../answers.ts';
import {
  hasStoreSettings,
  missingStoreFiles,
  storeNames,
  withStoreAnswers,
  withStoreSettings,
} from '../bank-stores.ts';
import { databaseFiles } from '../database-files.ts';
import { holds, writeWhole, type FileWish } from '../../system-files.ts';
import type { InstallContext, Step } from '../step.ts';

/** What an administrator may have changed since is kept: only what is missing is written. */
function lastingFiles({ places, answers }: InstallContext): FileWish[] {
  return [
    { path: places.settingsFile, text: settingsText(answers), mode: 0o644 },
    { path: places.answersFile, text: `${JSON.stringify(answers, null, 2)}\n`, mode: 0o644 },
  ];
}

/** What is kept of an earlier run, with other stores than the answers have now. */
function changedFiles({ places, answers }: InstallContext): FileWish[] {
  const { settingsFile, answersFile } = places;
  const files: FileWish[] = [];
  const change = (path: string, textOf: (before: string) => string) =>
    files.push({ path, text: textOf(readFileSync(path, 'utf8')), mode: 0o644 });
  if (existsSync(settingsFile) && !hasStoreSettings(readFileSync(settingsFile, 'utf8'), answers))
    change(settingsFile, (before) => withStoreSettings(before, answers));
  if (existsSync(answersFile)) {
    const kept = readAnswers(answersFile);
    const isSame = storeNames.every((store) => isDeepStrictEqual(kept[store], answers[store]));
    if (!isSame) change(answersFile, (before) => withStoreAnswers(before, answers));
  }
  return files;
}

/** What the next bundle is checked by. */
const isKeyMissing = ({ keyFile, places }: InstallContext) =>
  keyFile !== undefined && !existsSync(places.releaseKeyFile);

const sipControl = (context: InstallContext) => join(context.places.credentialsDir, 'sip-control');

export const settingsStep: Step = {
  number: 5,
  title: 'Settings and secrets',
  check: (context) => [
    ...lastingFiles(context)
      .filter(({ path }) => !existsSync(path))
      .map(({ path }) => `write ${path}`),
    ...changedFiles(context).map(({ path }) => `name the bank's own stores in ${path}`),
    ...missingStoreFiles(context.answers, context.places).map(({ path }) => `write ${path}`),
    ...databaseFiles(context.places)
      .filter((file) => !holds(file))
      .map(({ path }) => `write ${path}`),
    ...(isKeyMissing(context) ? [`keep the key of the bundle in ${context.places.releaseKeyFile}`] : []),
    ...(existsSync(sipControl(context)) ? [] : ['draw the secret between the server and the SIP engine']),
  ],
  apply: (context) => {
    for (const file of lastingFiles(context)) if (!existsSync(file.path)) writeWhole(file);
    for (const file of missingStoreFiles(context.answers, context.places)) writeWhole(file);
    for (const file of changedFiles(context)) writeWhole(file);
    for (const file of databaseFiles(context.places)) if (!holds(file)) writeWhole(file);
    if (isKeyMissing(context)) {
      copyFileSync(context.keyFile!, `${context.places.releaseKeyFile}.part`);
      chmodSync(`${context.places.releaseKeyFile}.part`, 0o644);
      renameSync(`${context.places.releaseKeyFile}.part`, context.places.releaseKeyFile);
    }
    const path = sipControl(context);
    if (!existsSync(path)) writeWhole({ path, text: `${randomBytes(24).toString('hex')}\n`, mode: 0o600 });
  },
};
