/**
 * The thread in which a site file is read: parsing 20,000 phones takes seconds, which calls must not feel. One file in,
 * the secured site with its text out, or every fault; then the thread ends.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { reportToLedger } from '../../sip/system/ledger/process-ledger.ts';
import { formatSite, parseSite, secureSite } from './site-file.ts';

reportToLedger();
const parsed = parseSite((workerData as { yaml: string }).yaml);
if ('faults' in parsed) parentPort?.postMessage(parsed);
else {
  const site = await secureSite(parsed.site);
  parentPort?.postMessage({ site, yaml: formatSite(site) });
}
