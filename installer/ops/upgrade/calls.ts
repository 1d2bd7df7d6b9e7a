/** Whether calls are up, as the media engine counts them: it goes on while the server is exchanged. */
import { request } from 'node:http';
import type { House } from '../../house.ts';

const boundMs = 3000;

function metricsOf(socketPath: string): Promise<string> {
  return new Promise((done) => {
    const call = request({ socketPath, path: '/metrics', timeout: boundMs }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => done(text));
      response.on('error', () => done(''));
    });
    call.on('timeout', () => call.destroy());
    call.on('error', () => done(''));
    call.end();
  });
}

/** Legs of audio that are open; none where the engine does not answer, since then nobody talks. */
export async function legsUp(house: House): Promise<number> {
  const text = await metricsOf(house.layout.mediaStatusSocket);
  const perWorker = text.matchAll(/^hearthline_media_sessions\{[^}]*\} (\d+)$/gm);
  return [...perWorker].reduce((sum, [, count]) => sum + Number(count), 0);
}
