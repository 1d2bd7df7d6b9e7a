/**
 * The running server of a data directory, asked over its admin socket, which only the directory's owner can open.
 * What stands in the way is a CliError in words for a person.
 */
import { realpathSync } from 'node:fs';
import { request } from 'node:http';
import { basename, dirname, join } from 'node:path';
import type { Layout } from './layout.ts';

export class CliError extends Error {}

/** What the running server itself refused, with its answer. */
export class AdminRefusal extends CliError {
  readonly answer: Answer;

  constructor(answer: Answer) {
    super(`the server refused it (${answer.status}): ${answer.body.slice(0, 500)}`);
    this.answer = answer;
  }
}

export interface Answer {
  status: number;
  body: string;
}

export type AdminPlace = Pick<Layout, 'adminSocket' | 'dataDir'>;

/** Of what `npm start` runs from a data directory. */
export const adminPlaceIn = (dataDir: string): AdminPlace => ({
  dataDir,
  adminSocket: join(dataDir, 'run', 'admin.sock'),
});

/** Through the real path: `var/run` may be a link to a place with a path short enough for a socket. */
function realSocket({ adminSocket, dataDir }: AdminPlace): string {
  try {
    return join(realpathSync(dirname(adminSocket)), basename(adminSocket));
  } catch {
    throw new CliError(notRunning(dataDir));
  }
}

function notRunning(dataDir: string): string {
  return `Hearthline is not running from ${dataDir}. Start it (npm start, or systemctl start hearthline.target), or set HEARTHLINE_DATA to where it runs.`;
}

export function ask(place: AdminPlace, method: string, path: string, body?: string): Promise<Answer> {
  const socketPath = realSocket(place);
  const { dataDir } = place;
  return new Promise((done, fail) => {
    const headers = body === undefined ? {} : { 'content-type': 'application/yaml' };
    const call = request({ socketPath, method, path, headers, timeout: 120_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (text += part));
      response.on('end', () => done({ status: response.statusCode ?? 0, body: text }));
      response.on('error', fail);
    });
    call.on('timeout', () => call.destroy(new CliError('the server did not answer within 2 minutes')));
    call.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED') fail(new CliError(notRunning(dataDir)));
      else if (error.code === 'EACCES')
        fail(new CliError(`This user may not administer the Hearthline in ${dataDir}.`));
      else fail(error);
    });
    call.end(body);
  });
}

/** The body of a 200; anything else is an AdminRefusal. */
export async function askAdmin(
  place: AdminPlace,
  method: 'GET' | 'PUT' | 'POST',
  path: string,
  body?: string,
): Promise<string> {
  const answer = await ask(place, method, path, body);
  if (answer.status === 200) return answer.body;
  throw new AdminRefusal(answer);
}
