/** Importing a site file, the same for the API and the admin socket: all or nothing, and in the audit trail. */
import type { SiteFaultView } from '../../contract/rest.ts';
import type { ApiDeps } from '../ports.ts';
import { refusal } from '../refusal.ts';

const maxFaultsShown = 200;

export const presentFaults = (faults: readonly SiteFaultView[]): SiteFaultView[] =>
  faults.slice(0, maxFaultsShown);

export async function importSite(
  deps: Pick<ApiDeps, 'siteService' | 'audit'>,
  request: { yaml: string; ifVersion?: number | undefined },
  actor: string,
): Promise<{ version: number }> {
  const result = await deps.siteService.import(request.yaml, actor, request.ifVersion);
  if ('version' in result) {
    await deps.audit.append({ actor, action: 'site.imported', target: `site:${result.version}` });
    return { version: result.version };
  }
  if ('currentVersion' in result)
    throw refusal('conflict', 'the site was changed in between', {
      reason: 'site-changed',
      currentVersion: result.currentVersion,
    });
  const details = { faultCount: result.faults.length };
  await deps.audit.append({ actor, action: 'site.import-refused', details });
  throw refusal('site-invalid', 'the site file has faults', { faults: presentFaults(result.faults) });
}
