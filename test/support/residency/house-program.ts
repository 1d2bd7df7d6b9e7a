/** The whole product in a network namespace of its own, with the site that it is given. Told what to do by residency/proof.test.ts. */
import { readFileSync } from 'node:fs';
import { startStack } from '../stack.ts';
import { firstAdmin, type WebClient } from '../web-client.ts';
import { obey } from './line-program.ts';

const stack = await startStack({ site: readFileSync(process.argv[2]!, 'utf8'), bind: '0.0.0.0' });
let admin: WebClient | undefined;
const { dataDir, adminSocket, pgSocket, sipPort, rtpPorts } = stack;

await obey(
  { dataDir, adminSocket, pgSocket, sipPort, rtpPorts },
  {
    import: ({ site }) => stack.importSite(String(site)),
    /** A rule that holds at once, and posts. */
    alert: async ({ url }) => {
      admin ??= await firstAdmin(stack.httpUrl, stack.setupSecret());
      const rule = {
        name: 'Proof',
        figure: 'waiting',
        condition: { kind: 'below', value: 1000 },
        forSec: 0,
        to: { webhook: { url, secret: 'alert-proof' } },
      };
      await admin.must('POST', '/api/alert-rules', { rule });
    },
    logs: async () => stack.logs('server'),
  },
  () => stack.stop(),
);
