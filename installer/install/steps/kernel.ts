/** Settings of the kernel for audio in small packets from many calls, and room for the journal. */
import { holds, writeWhole, type FileWish } from '../../system-files.ts';
import type { Step } from '../step.ts';
import { runProgram } from '../system.ts';

const files: readonly FileWish[] = [
  {
    path: '/etc/sysctl.d/60-hearthline.conf',
    mode: 0o644,
    text: `# Hearthline: audio of many calls (docs/install.md).
# A burst of RTP waits in the socket's buffer while a thread is busy: a second of four hundred calls.
net.core.rmem_max = 4194304
net.core.rmem_default = 524288
net.core.wmem_max = 4194304
# Packets of many sockets arrive at once; the default of 1000 drops them before they are looked at.
net.core.netdev_max_backlog = 5000
# Televisions and consoles come back all at once after a break of the network.
net.core.somaxconn = 4096
# Redis forks for its file: without this a fork fails on a machine whose memory is half used.
vm.overcommit_memory = 1
# Databases and audio on disk are slower to come back than any gain.
vm.swappiness = 10
`,
  },
  {
    path: '/etc/systemd/journald.conf.d/60-hearthline.conf',
    mode: 0o644,
    text: `# Hearthline: logs are kept over restarts and take no more than this.
[Journal]
Storage=persistent
SystemMaxUse=2G
SystemKeepFree=1G
# A fault that repeats itself must not hide the others.
RateLimitIntervalSec=30s
RateLimitBurst=20000
`,
  },
];

/** Names and values of the kernel's settings, as the file has them. */
export const kernelSettings: readonly (readonly [name: string, value: string])[] = files[0]!.text
  .split('\n')
  .flatMap((line) => {
    const match = /^([a-z_.]+) = (\S+)$/.exec(line);
    return match ? [[match[1]!, match[2]!] as const] : [];
  });

export const kernelStep: Step = {
  number: 9,
  title: 'Kernel and journal',
  check: () => files.filter((file) => !holds(file)).map(({ path }) => `write ${path}`),
  apply: async ({ isSystemd, say }) => {
    for (const file of files) writeWhole(file);
    await runProgram('sysctl', ['-q', '-p', files[0]!.path]).catch((error: Error) =>
      say(`    takes effect at the next boot: ${error.message.split('\n').at(-1)?.trim()}`),
    );
    if (isSystemd) await runProgram('systemctl', ['restart', 'systemd-journald.service']);
  },
};
