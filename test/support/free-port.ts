/**
 * A port for what a test starts, kills and starts again. It is below those that the kernel gives out by itself: while its server
 * is away nobody who asks for any port, in this file or in those that run beside it, is given it.
 */
import { randomInt } from 'node:crypto';
import { isTcpPortFree, isUdpPortFree } from '../../installer/ports.ts';

export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = randomInt(10_000, 20_000);
    if ((await isTcpPortFree('127.0.0.1', port)) && (await isUdpPortFree('127.0.0.1', port))) return port;
  }
  throw new Error('no free port between 10000 and 20000');
}
