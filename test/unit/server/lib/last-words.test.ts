import { spawnSync } from 'node:child_process';
import { expect } from 'chai';

/** Ends itself by a fault of a kind that the database has: with the row in it. */
const dying = (how: string) => `
  import { createLogger } from './server/lib/log.ts';
  import { logLastWords } from './server/lib/last-words.ts';
  logLastWords(createLogger('server'));
  const fault = Object.assign(new Error('duplicate key'), { parameters: ['Anna Rossi'], detail: 'Key (name)=(Anna Rossi)' });
  ${how};
  setTimeout(() => process.exit(0), 5000);`;

describe('the last words of the server', function () {
  this.timeout(30_000);
  for (const [name, how, origin] of [
    ['a throw', 'setTimeout(() => { throw fault; }, 1)', 'uncaughtException'],
    ['a promise', 'void Promise.reject(fault)', 'unhandledRejection'],
  ] as const)
    it(`are a line of the log, without the customer’s data, where nobody caught ${name}`, () => {
      const { status, stdout, stderr } = spawnSync(
        process.execPath,
        ['--import', 'tsx', '--input-type=module', '--eval', dying(how)],
        { encoding: 'utf8' },
      );
      expect(status).to.equal(1);
      expect(stdout + stderr).not.to.contain('Rossi');
      const said = JSON.parse(stdout.trim()) as { level: number; origin: string; err: { message: string } };
      expect(said).to.include({ level: 60, origin });
      expect(said.err.message).to.equal('duplicate key');
    });
});
