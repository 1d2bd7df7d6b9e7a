/** The steps in their order. A step may lean on those before it. */
import type { Step } from '../step.ts';
import { certificateStep } from './certificate.ts';
import { databaseStep } from './database.ts';
import { directoriesStep } from './directories.ts';
import { firstSiteStep } from './first-site.ts';
import { kernelStep } from './kernel.ts';
import { networksStep } from './networks.ts';
import { packagesStep } from './packages.ts';
import { releaseStep } from './release.ts';
import { settingsStep } from './settings.ts';
import { startStep } from './start.ts';
import { unitsStep } from './units.ts';
import { usersStep } from './users.ts';

export const steps: readonly Step[] = [
  packagesStep,
  usersStep,
  directoriesStep,
  releaseStep,
  settingsStep,
  certificateStep,
  databaseStep,
  firstSiteStep,
  kernelStep,
  networksStep,
  unitsStep,
  startStep,
];
