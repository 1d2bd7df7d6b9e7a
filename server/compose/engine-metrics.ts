/** The engines' own figures, read from their status sockets, so that one scrape of the server shows the house. */
import { get } from 'node:http';

const boundMs = 1000;

/** Empty when the process does not answer: its absence shows in /healthz, not in a failed scrape. */
export function readStatus(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve) => {
    const request = get({ socketPath, path, timeout: boundMs }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve(text));
      response.on('error', () => resolve(''));
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(''));
  });
}
