/** One user for each service, none of whom can log in, and one group that joins them for the sockets between them. */
import { readFileSync } from 'node:fs';
import { serviceGroup, serviceUsers } from '../../house.ts';
import { accountNamed } from '../../privilege.ts';
import type { Step } from '../step.ts';
import { runProgram } from '../system.ts';

const hasGroup = () => new RegExp(`^${serviceGroup}:`, 'm').test(readFileSync('/etc/group', 'utf8'));
const missingUsers = () => Object.values(serviceUsers).filter((user) => accountNamed(user) === undefined);

export const usersStep: Step = {
  number: 2,
  title: 'Users',
  check: () => [
    ...(hasGroup() ? [] : [`make the group ${serviceGroup}`]),
    ...missingUsers().map((user) => `make the user ${user}`),
  ],
  apply: async () => {
    if (!hasGroup()) await runProgram('groupadd', ['--system', serviceGroup]);
    for (const user of missingUsers())
      await runProgram('useradd', [
        '--system',
        '--gid',
        serviceGroup,
        '--home-dir',
        '/nonexistent',
        '--no-create-home',
        '--shell',
        '/usr/sbin/nologin',
        '--comment',
        'Hearthline',
        user,
      ]);
  },
};
