/** A thread that does to itself what a mail may do to one, as the mail's subject says; else it reads like the real one. */
import { parentPort } from 'node:worker_threads';
import { readMail } from '../../../../../server/channels/mail/read-mail.ts';

function hurt(raw: Uint8Array): void {
  const subject = /^Subject: (\w+)/m.exec(Buffer.from(raw).toString('latin1', 0, 500))?.[1];
  if (subject === 'hang') for (;;);
  if (subject === 'throw') throw new Error('as asked');
  if (subject === 'exit') process.exit(3);
  if (subject !== 'fill') return;
  const heap: string[][] = [];
  for (;;) heap.push(Array.from({ length: 10_000 }, (_, i) => `${i} ${heap.length}`));
}

parentPort?.on('message', ({ jobId, raw }: { jobId: number; raw: Uint8Array }) => {
  hurt(raw);
  void readMail(raw).then((mail) => parentPort?.postMessage({ jobId, mail }));
});
parentPort?.postMessage({ isReady: true });
