/** What of the driver we touch ourselves (pg-client.ts); all else of it is Sequelize's business. */
declare module 'pg' {
  import type { EventEmitter } from 'node:events';

  const pg: { Client: new (config: object) => EventEmitter };
  export default pg;
}
