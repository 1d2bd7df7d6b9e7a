/**
 * The thread in which mails are read, one after the other. Each answer hands the bytes of the attachments over instead of
 * copying them. It ends with its port; the clock and the memory bound are its owner's (mail-reader.ts).
 */
import { parentPort } from 'node:worker_threads';
import { reportToLedger } from '../../../sip/system/ledger/process-ledger.ts';
import { readMail } from './read-mail.ts';

reportToLedger();
parentPort?.on('message', ({ jobId, raw }: { jobId: number; raw: Uint8Array }) => {
  void readMail(raw).then((mail) => {
    const buffers = new Set<ArrayBuffer>();
    if (!('isUnreadable' in mail))
      for (const { bytes } of mail.attachments)
        // A view of something larger, or of what all share, is copied.
        if (bytes.buffer instanceof ArrayBuffer && bytes.byteLength === bytes.buffer.byteLength)
          buffers.add(bytes.buffer);
    parentPort?.postMessage({ jobId, mail }, [...buffers]);
  });
});
parentPort?.postMessage({ isReady: true });
