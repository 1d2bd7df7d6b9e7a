/** What an installed machine must have around the processes: pure. */
import type { Check, Finding, MachineFacts } from './facts.ts';

const onMachine =
  (check: (machine: MachineFacts) => Finding[]): Check =>
  ({ machine }) =>
    machine ? check(machine) : [];

const again = 'Run install.sh of the release in force again: what is done is passed over, this is mended.';

export const checkUpgrade = onMachine(({ upgrade, installStep }) => {
  const findings: Finding[] = [];
  if (upgrade && !upgrade.isUnderWay)
    findings.push({
      level: 'fault',
      what: `An upgrade from ${upgrade.from} to ${upgrade.to} was cut off`,
      remedy: 'hearthline settle puts the old release in force again; then systemctl start hearthline.target',
    });
  if (upgrade?.isUnderWay)
    findings.push({
      level: 'warning',
      what: `An upgrade to ${upgrade.to} is under way`,
      remedy: 'Wait for its end, then run hearthline doctor again.',
    });
  if (installStep !== undefined)
    findings.push({
      level: 'fault',
      what: `The installation was cut off in step ${installStep}`,
      remedy: again,
    });
  return findings;
});

export const checkReleases = onMachine(({ otherReleases, currentRelease }) =>
  Object.entries(otherReleases).map(([name, release]) => ({
    level: name === 'server' ? 'fault' : 'warning',
    what: `${name} runs ${release ?? 'a release that was removed'}, and ${currentRelease ?? 'another'} is in force`,
    remedy:
      name === 'server'
        ? 'systemctl restart hearthline-server; calls go on meanwhile'
        : `At a quiet hour: systemctl restart hearthline-${name}. Calls that are up then end.`,
  })),
);

export const checkDirectories = onMachine(({ wrongDirectories }) =>
  wrongDirectories.map(({ path, wanted, remedy }) => ({
    level: 'fault',
    what: `${path} must be ${wanted}`,
    remedy,
  })),
);

export const checkUnitFiles = onMachine(({ differingUnits, missingDropIns, networksChange }) => [
  ...differingUnits.map((path): Finding => ({
    level: 'warning',
    what: `${path} is not as the release has it`,
    remedy: `${again} Own changes belong into a drop-in: systemctl edit UNIT.`,
  })),
  ...missingDropIns.map((path): Finding => ({
    level: 'fault',
    what: `${path} is missing: the service can reach nobody outside this machine`,
    remedy: 'hearthline networks apply',
  })),
  ...(networksChange && missingDropIns.length === 0
    ? [
        {
          level: 'warning' as const,
          what: 'What the services may reach is not what the answers and the site say',
          remedy: 'hearthline networks apply --dry-run shows it, hearthline networks apply puts it in force',
        },
      ]
    : []),
]);

export const checkFirewall = onMachine(({ firewall }) => {
  if (firewall === 'no-file')
    return [
      {
        level: 'fault',
        what: 'The firewall has no rules for Hearthline (firewall.nft is missing)',
        remedy: again,
      },
    ];
  if (firewall === 'not-loaded')
    return [
      {
        level: 'fault',
        what: 'The rules of the firewall are not loaded: everybody in the network reaches our ports',
        remedy: 'systemctl restart hearthline-firewall',
      },
    ];
  return [];
});

export const checkKernel = onMachine(({ kernel }) =>
  kernel.map(({ name, wanted, found }) => ({
    level: 'warning',
    what: `The kernel's ${name} is ${found} and should be ${wanted}`,
    remedy: 'sysctl -p /etc/sysctl.d/60-hearthline.conf; where the file is missing, run install.sh again',
  })),
);

export const checkSettings = onMachine(({ differingSettings }) =>
  differingSettings.map((name) => ({
    level: 'warning',
    what: `${name} in hearthline.env is not what answers.json says: firewall and certificate may be made for the other`,
    remedy: 'Make both files in /etc/hearthline say the same, then hearthline networks apply',
  })),
);
