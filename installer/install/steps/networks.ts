/** Who may reach the services and whom they may reach: for systemd, beside each unit, and for the firewall of the machine. */
import { lookup } from 'node:dns/promises';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { lookUp, type LookedUpRow, withStores } from '../../../server/residency/store-egress.ts';
import { installedHouse, serviceUsers } from '../../house.ts';
import { firewallText } from '../../networks/firewall.ts';
import { readHouseNetworks } from '../../networks/house-networks.ts';
import { dropInFile, networksCommand } from '../../ops/networks.ts';
import { accountNamed } from '../../privilege.ts';
import { holds, writeWhole, type FileWish } from '../../system-files.ts';
import { egressOfAnswers } from '../bank-stores.ts';
import type { InstallContext, Step } from '../step.ts';
import { InstallError, runProgram } from '../system.ts';

const firewallFile = ({ places }: InstallContext) => join(places.etcDir, 'firewall.nft');

function wantedFirewall(context: InstallContext): FileWish {
  const { settings } = installedHouse();
  const text = firewallText(settings, readHouseNetworks(context.places.answersFile));
  return { path: firewallFile(context), text, mode: 0o644 };
}

const egressFile = ({ places }: InstallContext) => join(places.dataDir, 'egress.json');

async function lookedUp({ answers }: InstallContext): Promise<LookedUpRow[]> {
  const addressesOf = async (host: string) => {
    const found = await lookup(host, { all: true }).catch((error: Error) => {
      throw new InstallError(
        `${host} cannot be looked up: ${error.message}. Check the resolver of this machine.`,
      );
    });
    return found.map(({ address }) => address);
  };
  return lookUp(egressOfAnswers(answers), addressesOf);
}

/**
 * The server writes it at its start; before the first one there is no site, and nobody that it would have to reach but the bank's own stores,
 * without which it does not start. The text that is missing; undefined where nothing is.
 */
async function missingEgress(context: InstallContext): Promise<string | undefined> {
  const path = egressFile(context);
  return withStores(existsSync(path) ? readFileSync(path, 'utf8') : '', await lookedUp(context));
}

async function beginEgress(context: InstallContext): Promise<void> {
  const text = await missingEgress(context);
  if (text === undefined) return;
  const owner = accountNamed(serviceUsers.server);
  writeWhole({ path: egressFile(context), text, mode: 0o640, owner });
}

/** Before the first start nothing outside the machine could reach the services without them. */
const hasDropIns = ({ places }: InstallContext) => existsSync(dropInFile(places, 'server'));

function hasFirewall(context: InstallContext): boolean {
  if (!context.answers.firewall) return true;
  return existsSync(context.places.answersFile) && holds(wantedFirewall(context));
}

export const networksStep: Step = {
  number: 10,
  title: 'Networks and firewall',
  check: async (context) => [
    // A name that leads nowhere was told by the look at the machine.
    ...(hasDropIns(context) && (await missingEgress(context).catch(() => '')) === undefined
      ? []
      : ['limit the networks of the services']),
    ...(hasFirewall(context) ? [] : [`write ${firewallFile(context)} and load it`]),
  ],
  apply: async (context) => {
    await beginEgress(context);
    const said: string[] = [];
    const keep = (text: string) => void said.push(text);
    const code = await networksCommand(['apply'], installedHouse(), { out: keep, error: keep });
    if (code !== 0) throw new InstallError(said.join('\n'));
    if (hasFirewall(context)) return;
    const file = wantedFirewall(context);
    await runProgram('nft', ['-c', '-f', '-'], { input: file.text });
    writeWhole(file);
    await runProgram('nft', ['-f', file.path]).catch((error: Error) =>
      context.say(
        `    the firewall takes effect at the next start: ${error.message.split('\n').at(-1)?.trim()}`,
      ),
    );
  },
};
