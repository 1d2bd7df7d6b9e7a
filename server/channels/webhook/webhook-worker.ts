/**
 * The thread in which large bodies of connectors are read, one after the other. Each answer hands the files over instead of
 * copying them. It ends with its port; the clock and the memory bound are its owner's (webhook-reader.ts).
 */
import { parentPort } from 'node:worker_threads';
import { reportToLedger } from '../../../sip/system/ledger/process-ledger.ts';
import { postedMessage, type SignedBody } from './webhook-body.ts';

reportToLedger();
parentPort?.on('message', ({ jobId, signed }: { jobId: number; signed: SignedBody }) => {
  const posted = postedMessage(signed);
  const files = 'body' in posted ? posted.body.files : [];
  const buffers = files.map(({ content }) => content.buffer).filter((one) => one instanceof ArrayBuffer);
  parentPort?.postMessage({ jobId, posted }, buffers);
});
parentPort?.postMessage({ isReady: true });
