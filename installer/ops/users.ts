/**
 * `hearthline users`: who may sign in to the pages, and a new password for somebody who forgot theirs and has no administrator to
 * ask. The running server makes it; it is shown on the terminal and nowhere else.
 */
import { z } from 'zod';
import { AdminRefusal, askAdmin, CliError } from '../admin-socket.ts';
import type { OpsCommand } from '../cli.ts';
import type { House } from '../house.ts';
import { readWords } from './read-options.ts';

const usage = `Usage:
  hearthline users list          name, role, active or switched off, last sign-in
  hearthline users reset NAME    a new password for that user, shown once; ends the user's sessions

The user chooses a password of their own at the next sign-in. An administrator who can sign in does the same on the page Users.`;

const listSchema = z.object({
  items: z.array(
    z.object({
      username: z.string(),
      role: z.string(),
      isDisabled: z.boolean(),
      lastSignInAt: z.number().optional(),
    }),
  ),
});
const resetSchema = z.object({ username: z.string(), oneTimePassword: z.string(), ended: z.number() });
const refusalSchema = z.object({ error: z.object({ details: z.object({ reason: z.string() }) }) });

const instant = (ms: number): string => `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

async function listText({ layout }: House): Promise<string> {
  const { items } = listSchema.parse(JSON.parse(await askAdmin(layout, 'GET', '/users')));
  if (items.length === 0)
    return `There is no user yet. The secret in ${layout.setupSecretFile} makes the first administrator, on the first page.`;
  const rows = items.map(({ username, role, isDisabled, lastSignInAt }) => [
    username,
    role,
    isDisabled ? 'switched off' : 'active',
    lastSignInAt === undefined ? '-' : instant(lastSignInAt),
  ]);
  const table = [['name', 'role', 'state', 'last sign-in'], ...rows];
  const widths = [0, 1, 2].map((column) => Math.max(...table.map((row) => row[column]!.length)) + 2);
  return table.map((row) => row.map((cell, at) => cell.padEnd(widths[at] ?? 0)).join('')).join('\n');
}

function reasonOf({ body }: AdminRefusal['answer']): string | undefined {
  try {
    return refusalSchema.safeParse(JSON.parse(body)).data?.error.details.reason;
  } catch {
    return undefined;
  }
}

/** In words for who typed the name. */
function inWords(error: unknown, name: string): unknown {
  const reason = error instanceof AdminRefusal ? reasonOf(error.answer) : undefined;
  if (reason === 'unknown-user') return new CliError(`There is no user "${name}".`);
  if (reason === 'switched-off')
    return new CliError(
      `${name} is switched off, and no password would let them in. An administrator switches them on again on the page Users. ` +
        'The last active administrator cannot be switched off: hearthline users list says who is active, and that one can be reset.',
    );
  return error;
}

async function resetText({ layout }: House, name: string): Promise<string> {
  const body = JSON.stringify({ username: name });
  const answer = await askAdmin(layout, 'POST', '/users/reset-password', body).catch((error: unknown) => {
    throw inWords(error, name);
  });
  const { username, oneTimePassword, ended } = resetSchema.parse(JSON.parse(answer));
  return [
    `New password of ${username}: ${oneTimePassword}`,
    `It is shown this once. At the next sign-in ${username} chooses another before anything else.`,
    `The password before is void, and so are the sessions of ${username} (${ended}).`,
  ].join('\n');
}

export const usersCommand: OpsCommand = async (args, house, io) => {
  const { values, positionals } = readWords(args, { help: { type: 'boolean', short: 'h' } }, usage);
  if (values.help === true) {
    io.out(usage);
    return 0;
  }
  const [word, name, ...rest] = positionals;
  if (word === 'list' && name === undefined) io.out(await listText(house));
  else if (word === 'reset' && name !== undefined && rest.length === 0) io.out(await resetText(house, name));
  else throw new CliError(usage);
  return 0;
};
