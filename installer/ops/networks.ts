/**
 * `hearthline networks`: what systemd and the firewall let through, compiled from what was answered at the installation and from the
 * connectors that the site has switched on. `apply` writes one small drop-in beside each unit and tells what changes; systemd takes it
 * over without a restart, so calls go on. It looks up no names: the server notes where they lead.
 */
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { nameServers } from '../../sip/system/ledger/this-machine.ts';
import { CliError } from '../admin-socket.ts';
import type { OpsCommand } from '../cli.ts';
import type { CliIo } from '../cli-io.ts';
import { type House, type MachinePlaces, serviceUsers } from '../house.ts';
import {
  allowedIn,
  type AllowList,
  compileNetworks,
  dropInText,
  type LimitedService,
  limitedServices,
} from '../networks/compile.ts';
import { countersText, firewallText } from '../networks/firewall.ts';
import { NetworksFault, readEgressNeeds, readHouseNetworks } from '../networks/house-networks.ts';
import { accountNamed } from '../privilege.ts';
import { writeWhole } from '../system-files.ts';
import { readWords } from './read-options.ts';

const usage = `Usage:
  hearthline networks apply [--dry-run]    networks that the services may speak to, for systemd; with --dry-run, only what would change
  hearthline networks firewall             the firewall of this machine for our ports, for nft -f
  hearthline networks counters             counters of what our users send, for nft -f
  --answers FILE  in place of /etc/hearthline/answers.json`;

const systemdRunning = '/run/systemd/system';
const run = promisify(execFile);

function machineOf({ machine }: House): MachinePlaces {
  if (machine) return machine;
  throw new CliError(
    'This is for an installed Hearthline: what npm start runs has no units whose networks could be limited.',
  );
}

export const dropInFile = ({ unitsDir }: Pick<MachinePlaces, 'unitsDir'>, service: LimitedService): string =>
  join(unitsDir, `hearthline-${service}.service.d`, 'networks.conf');

const textOf = (file: string): string | undefined => {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
};

function compiled(house: House, answersFile: string): AllowList {
  const networks = readHouseNetworks(answersFile);
  const needs = readEgressNeeds(join(house.layout.dataDir, 'egress.json'));
  return compileNetworks(networks, needs, nameServers());
}

interface Change {
  service: LimitedService;
  file: string;
  text: string;
  added: string[];
  removed: string[];
}

function changesOf(machine: MachinePlaces, lists: AllowList): Change[] {
  return limitedServices.flatMap((service) => {
    const file = dropInFile(machine, service);
    const text = dropInText(service, lists[service]);
    const before = textOf(file);
    if (before === text) return [];
    const [old, now] = [allowedIn(before ?? ''), allowedIn(text)];
    const added = now.filter((network) => !old.includes(network));
    const removed = old.filter((network) => !now.includes(network));
    return [{ service, file, text, added, removed }];
  });
}

function tell(lists: AllowList, changes: readonly Change[], io: CliIo): void {
  for (const { service, added, removed } of changes) {
    io.out(
      `hearthline-${service}:${added.length + removed.length === 0 ? ' the same networks, told anew' : ''}`,
    );
    for (const network of removed) io.out(`  - ${network}`);
    for (const network of added) {
      const why = lists[service].find((one) => one.network === network)?.why ?? [];
      io.out(`  + ${network}  (${why.join('; ')})`);
    }
  }
  for (const service of limitedServices)
    for (const { network } of lists[service])
      if (network.endsWith('/0'))
        io.error(`hearthline-${service} may speak to everybody (${network}): is that meant?`);
}

function writeDropIn({ file, text }: Change): void {
  try {
    writeWhole({ path: file, text, mode: 0o644 });
  } catch (error) {
    throw new CliError(`${file} cannot be written: ${(error as Error).message}. Run it as root.`);
  }
}

async function apply(house: House, answersFile: string, isDry: boolean, io: CliIo): Promise<number> {
  const machine = machineOf(house);
  const lists = compiled(house, answersFile);
  const changes = changesOf(machine, lists);
  tell(lists, changes, io);
  if (changes.length === 0) io.out('Nothing changes.');
  if (changes.length === 0 || isDry) return 0;
  for (const change of changes) writeDropIn(change);
  if (!existsSync(systemdRunning)) {
    io.out('Written. systemd does not run here: it reads them at its next start.');
    return 0;
  }
  await run('systemctl', ['daemon-reload'], { timeout: 60_000 }).catch((error: Error) => {
    throw new CliError(
      `Written, but systemd did not take it over: ${error.message}. Run systemctl daemon-reload.`,
    );
  });
  io.out('Written, and in force.');
  return 0;
}

/** Users that this machine has: in a clone none. */
function countedUsers(): Map<number, string> {
  const users = new Map<number, string>();
  for (const [name, user] of Object.entries(serviceUsers)) {
    const account = accountNamed(user);
    if (account) users.set(account.uid, name);
  }
  if (users.size === 0)
    throw new CliError('The users of the services are not there: install Hearthline first.');
  return users;
}

const options = {
  answers: { type: 'string' },
  'dry-run': { type: 'boolean', default: false },
  help: { type: 'boolean', default: false, short: 'h' },
} as const;

export const networksCommand: OpsCommand = async (args, house, io) => {
  const { values, positionals } = readWords(args, options, usage);
  const [word, ...rest] = positionals;
  if (values.help) {
    io.out(usage);
    return 0;
  }
  if (rest.length > 0 || word === undefined) throw new CliError(usage);
  const answersFile = () => values.answers ?? machineOf(house).answersFile;
  try {
    if (word === 'apply') return await apply(house, answersFile(), values['dry-run'], io);
    if (word === 'firewall') io.out(firewallText(house.settings, readHouseNetworks(answersFile())).trimEnd());
    else if (word === 'counters') io.out(countersText(countedUsers()).trimEnd());
    else throw new CliError(usage);
    return 0;
  } catch (error) {
    throw error instanceof NetworksFault ? new CliError(error.message) : error;
  }
};
