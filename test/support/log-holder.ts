/**
 * A process that writes the event log until it is killed, or leaves with 3 when it is fenced off; prints a line
 * once it writes. For the fencing tests.
 */
import { createLogger } from '../../server/lib/log.ts';
import { createRedisClient } from '../../server/redis/client.ts';
import { openEventLog } from '../../server/redis/event-log.ts';
import { createKeys } from '../../server/redis/keys.ts';
import { announcements } from './event-drafts.ts';

const logger = createLogger('holder', 'silent');
const client = createRedisClient({ socketPath: process.env['HOLDER_SOCKET'] ?? '', name: 'holder', logger });
await client.connect();
const log = await openEventLog({
  client,
  minSeq: 0,
  logger,
  instanceId: 'holder',
  keys: createKeys(process.env['HOLDER_PREFIX'] ?? ''),
  onFenced: () => process.exit(3),
});
log.append(announcements(10));
await log.flush();
process.stdout.write('writing\n');
setInterval(() => void log.append(announcements(5)), 5);
