/**
 * A port of a test's own. The kernel gives its ephemeral ports to any socket that asks, in another test's process too, and
 * between asking for one and listening on it a whole house may start: so these lie below that range. Each of mocha's workers has
 * a part of its own, and goes through it in turn: what one test has let go is another's only long after, when nothing is sent
 * there any more, and two that run side by side never take the same one between the look and the listening.
 */
import { randomInt } from 'node:crypto';
import { isTcpPortFree, isUdpPortFree } from '../../installer/ports.ts';

const first = 10_000;
/** More than workers run at once. */
const parts = 8;
const pairsInPart = 10_000 / parts / 2;

const part = Number(process.env['MOCHA_WORKER_ID'] ?? 0) % parts;
/** Another run of the tests on this machine begins elsewhere. */
let turn = randomInt(pairsInPart);

/** Free on loopback, for UDP and TCP; nobody is given the odd port above it. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < pairsInPart; attempt += 1) {
    const port = first + 2 * (part * pairsInPart + turn);
    turn = (turn + 1) % pairsInPart;
    const isFree = await Promise.all([
      isTcpPortFree('127.0.0.1', port),
      isUdpPortFree('127.0.0.1', port),
      isTcpPortFree('127.0.0.1', port + 1),
    ]);
    if (isFree.every(Boolean)) return port;
  }
  throw new Error(
    `no free port between ${first + 2 * part * pairsInPart} and ${first + 2 * (part + 1) * pairsInPart}`,
  );
}
