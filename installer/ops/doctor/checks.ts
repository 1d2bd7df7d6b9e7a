/** All checks in the order in which they are told: what stands in the way of calls comes first. */
import * as kept from './checks-kept.ts';
import * as machine from './checks-machine.ts';
import * as running from './checks-running.ts';
import type { Check, Finding, HouseFacts } from './facts.ts';

const checks: readonly Check[] = [
  kept.checkRestore,
  machine.checkUpgrade,
  running.checkProcesses,
  running.checkBankStores,
  running.checkParts,
  running.checkRestarts,
  running.checkUnits,
  running.checkPorts,
  kept.checkDisks,
  kept.checkPostgres,
  kept.checkRedis,
  running.checkHistory,
  kept.checkWalArchive,
  kept.checkBackup,
  kept.checkCertificate,
  kept.checkClock,
  running.checkRealTime,
  kept.checkSecrets,
  machine.checkReleases,
  machine.checkDirectories,
  machine.checkUnitFiles,
  machine.checkFirewall,
  machine.checkKernel,
  machine.checkSettings,
  kept.checkUnseen,
];

export const examine = (facts: HouseFacts): Finding[] => checks.flatMap((check) => check(facts));
