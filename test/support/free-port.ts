/**
 * A port of a test's own. The kernel gives its ephemeral ports to any socket that asks, in another test's process too, and
 * between asking for one and listening on it a whole house may start: so these lie below that range.
 */
import { randomInt } from 'node:crypto';
import { isTcpPortFree, isUdpPortFree } from '../../installer/ports.ts';

/** Free on loopback, for UDP and TCP. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = randomInt(10_000, 20_000);
    if ((await isTcpPortFree('127.0.0.1', port)) && (await isUdpPortFree('127.0.0.1', port))) return port;
  }
  throw new Error('no free port between 10000 and 20000');
}
