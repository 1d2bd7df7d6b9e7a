/** The announcements, spoken here, and the site of the first start. */
import { chownSync, existsSync, lchownSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { writeFirstSite } from '../../first-site.ts';
import { installedLayout, serviceUsers } from '../../house.ts';
import { accountNamed, type RunAs } from '../../privilege.ts';
import { renderPrompts } from '../../prompts.ts';
import type { Step } from '../step.ts';
import { InstallError } from '../system.ts';

function giveTo(dir: string, who: RunAs): void {
  lchownSync(dir, who.uid, who.gid);
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) giveTo(path, who);
    else lchownSync(path, who.uid, who.gid);
  }
}

export const firstSiteStep: Step = {
  number: 8,
  title: 'Announcements and the first site',
  check: () => {
    const { promptsDir, seedSiteFile } = installedLayout();
    return [
      ...(existsSync(join(promptsDir, 'music.wav')) ? [] : ['speak the announcements']),
      ...(existsSync(seedSiteFile) ? [] : ['write the site to begin with']),
    ];
  },
  apply: async ({ say }) => {
    const layout = installedLayout();
    const server = accountNamed(serviceUsers.server);
    if (!server) throw new InstallError(`the user ${serviceUsers.server} is not there`);
    let told = 0;
    await renderPrompts({
      dir: layout.promptsDir,
      onProgress: (done, total) => {
        if (done - told < 50) return;
        told = done;
        say(`    announcements spoken: ${done} of ${total}`);
      },
    });
    giveTo(layout.promptsDir, server);
    if (existsSync(layout.seedSiteFile)) return;
    await writeFirstSite(layout);
    for (const file of [layout.seedSiteFile, layout.firstPhonesFile]) chownSync(file, server.uid, server.gid);
  },
};
