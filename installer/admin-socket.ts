/** Asks the running server of a data directory over its admin socket; refusals become errors in words. */
import { realpathSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';

export function askAdmin(
  dataDir: string,
  method: 'GET' | 'PUT',
  path: string,
  body?: string,
): Promise<string> {
  let socketPath: string;
  try {
    // Through the real path: `run` may be a link to a place with a path short enough for a socket.
    socketPath = join(realpathSync(join(dataDir, 'run')), 'admin.sock');
  } catch {
    return Promise.reject(new Error(`Hearthline is not running from ${dataDir}; start it with npm start.`));
  }
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, method, path, timeout: 60_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (part: string) => (text += part));
      response.on('end', () =>
        response.statusCode === 200
          ? resolve(text)
          : reject(new Error(`the server refused it (${response.statusCode}): ${text.slice(0, 500)}`)),
      );
    });
    call.on('timeout', () => call.destroy(new Error('the server did not answer in a minute')));
    call.on('error', () =>
      reject(
        new Error(`Hearthline does not answer from ${dataDir}; is it running? Start it with npm start.`),
      ),
    );
    call.end(body);
  });
}
