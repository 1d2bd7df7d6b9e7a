/**
 * The driver as Sequelize is given it. Sequelize listens for a connection's faults a moment after it has opened, and the driver
 * emits one at once where Postgres lets us in and ends in the same breath (a crash, a stop, a failover): with no listener
 * that ends the whole process. Here every connection has one from its birth; what is asked of a dead one is refused as ever.
 */
import pg from 'pg';

class Client extends pg.Client {
  constructor(config: object) {
    super(config);
    this.on('error', () => undefined);
  }
}

/** For the option `dialectModule`. */
export const pgDriver: object = Object.assign(Object.create(pg) as object, { Client });
