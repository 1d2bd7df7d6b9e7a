/** A projector in a process of its own, to be killed: prints a line at each point of a batch. */
import { connectDatabase } from '../../server/db/connect.ts';
import { startProjector } from '../../server/db/projector.ts';
import { createLogger } from '../../server/lib/log.ts';

const logger = createLogger('projector', 'silent');
const need = (name: string) => process.env[name] ?? '';
startProjector({
  redis: { socketPath: need('PROJECTOR_REDIS') },
  sequelize: connectDatabase({
    socketDir: need('PROJECTOR_POSTGRES'),
    database: need('PROJECTOR_DATABASE'),
    user: need('PROJECTOR_USER'),
    logger,
  }),
  logger,
  onProjected: () => undefined,
  maxBatch: 100,
  minIntervalMs: 1,
  onPoint: (point) => void process.stdout.write(`${point}\n`),
});
