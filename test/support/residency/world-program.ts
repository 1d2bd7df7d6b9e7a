/**
 * What is around the house, in a network namespace of its own: two phones, a mail relay, a web server, a server of names. Each has
 * an address of its own. Told what to do by residency/proof.test.ts.
 */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';
import { startBaresip } from '../baresip.ts';
import { startSmtpSink } from '../smtp-sink.ts';
import { obey } from './line-program.ts';

interface World {
  house: string;
  phones: string;
  relay: string;
  web: string;
  names: string;
}
const world = JSON.parse(process.argv[2]!) as World;

const sink = await startSmtpSink({ address: world.relay, port: 25 });
let posts = 0;
const web = createServer((request, response) => {
  posts += 1;
  request.resume().on('end', () => {
    response.setHeader('content-type', 'application/json');
    response.end('{"access_token":"t","token_type":"Bearer","expires_in":3600}');
  });
});
await new Promise<void>((done) => web.listen(8080, world.web, done));

/** RFC 1035: every name has the relay's address, and none of IPv6. */
const names = createSocket('udp4');
names.on('message', (query, from) => {
  const end = query.indexOf(0, 12) + 5;
  const isA = query.readUInt16BE(end - 4) === 1;
  const head = Buffer.from(query.subarray(0, 12));
  head.writeUInt16BE(0x8180, 2);
  head.writeUInt16BE(isA ? 1 : 0, 6);
  head.writeUInt32BE(0, 8);
  const answer = Buffer.from([
    0xc0,
    12,
    0,
    1,
    0,
    1,
    0,
    0,
    0,
    60,
    0,
    4,
    ...world.relay.split('.').map(Number),
  ]);
  names.send(
    Buffer.concat([head, query.subarray(12, end), isA ? answer : Buffer.alloc(0)]),
    from.port,
    from.address,
  );
});
await new Promise<void>((done) => names.bind(53, world.names, done));

/** One calls the queue, the other is its agent; they talk for a while. */
async function call(sipPort: number, talkMs: number): Promise<void> {
  const common = { sipPort, address: world.phones, serverAddress: world.house };
  const agent = await startBaresip({ ...common, user: '1001', password: 'secret-1001' });
  const caller = await startBaresip({ ...common, user: '1009', password: 'secret-1009' });
  try {
    await agent.untilRegistered();
    await caller.untilRegistered();
    await caller.dial('701');
    await agent.waitFor('CALL_INCOMING');
    await agent.accept();
    await agent.waitFor('CALL_ESTABLISHED');
    await new Promise((done) => setTimeout(done, talkMs));
    await agent.hangup();
    await caller.waitFor('CALL_CLOSED');
  } finally {
    await Promise.all([agent.stop(), caller.stop()]);
  }
}

await obey(
  true,
  {
    call: ({ sipPort, talkMs }) => call(Number(sipPort), Number(talkMs)),
    counts: async () => ({ posts, relayed: sink.connections }),
  },
  async () => {
    web.close();
    names.close();
    await sink.close();
  },
);
