/** Settings, the databases' configuration and the secrets that systemd hands to the services. */
import { randomBytes } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { settingsText } from '../answers.ts';
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
    ...databaseFiles(context.places)
      .filter((file) => !holds(file))
      .map(({ path }) => `write ${path}`),
    ...(isKeyMissing(context) ? [`keep the key of the bundle in ${context.places.releaseKeyFile}`] : []),
    ...(existsSync(sipControl(context)) ? [] : ['draw the secret between the server and the SIP engine']),
  ],
  apply: (context) => {
    for (const file of lastingFiles(context)) if (!existsSync(file.path)) writeWhole(file);
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
