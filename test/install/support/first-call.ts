/**
 * The first call of an installation, as a program of its own, so that it can run in the network namespace of a root: two desk
 * phones register, one calls the main number, the other rings and answers, they talk for a while and hang up.
 *
 *     node --import tsx first-call.ts FIRST-PHONES-FILE [SECONDS]
 *
 * It prints "talking" when both sides have the call, and "ended: WHO" when it is over: `us` after the time, `them` before.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Peer, type PeerCall } from '../../../installer/demo-parts/peer.ts';
import type { FirstPhones } from '../../../installer/first-site.ts';

const [file, seconds = '2'] = process.argv.slice(2);
const { phones } = JSON.parse(readFileSync(file!, 'utf8')) as FirstPhones;
// Both sides have to be heard: a line that is silent for long is taken for dead.
const voice = [join(dirname(dirname(file!)), 'prompts/music.wav')];
const [desk, caller] = phones.map(({ id, password }) => ({ username: id, password }));

const fail = (text: string): never => {
  process.stdout.write(`failed: ${text}\n`);
  process.exit(1);
};
setTimeout(() => fail('nothing came of it within its time'), (Number(seconds) + 60) * 1000).unref();

let answered: PeerCall | undefined;
const peer = await Peer.start('127.0.0.1:5060', (phone, accept) => {
  if (phone !== desk!.username) fail(`${phone} rang instead of ${desk!.username}`);
  void accept().then((call) => {
    answered = call;
    if (call) peer.say(call, voice);
  });
});
for (const phone of [desk!, caller!]) {
  const status = await peer.register(phone, 3600);
  if (status !== 200) fail(`phone ${phone.username} was refused: ${status}`);
}
const call = await peer.call('700', caller!.username, voice, caller);
if (!call) fail('the call was not taken');
const endAt = performance.now() + 30_000;
while (!answered) {
  if (performance.now() > endAt) fail('the phone of the agent did not ring');
  await new Promise((wake) => setTimeout(wake, 50));
}
process.stdout.write('talking\n');
const isLost = await Promise.race([
  new Promise<boolean>((done) => call!.once('ended', () => done(true))),
  new Promise<boolean>((done) => answered!.once('ended', () => done(true))),
  new Promise<boolean>((done) => setTimeout(() => done(false), Number(seconds) * 1000)),
]);
process.stdout.write(`ended: ${isLost ? 'them' : 'us'}\n`);
await peer.hangUp(call!);
await peer.stop();
process.exit(isLost ? 1 : 0);
