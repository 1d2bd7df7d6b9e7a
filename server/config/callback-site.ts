/** What the model of callbacks cannot see by itself: the trunk they go out by, the hours, the country. */
import { isSupportedCountry } from 'libphonenumber-js/max';
import type { Site, SiteFault } from '../contract/site.ts';

export function callbackFaults({ callbacks, trunks, hours }: Site): SiteFault[] {
  if (!callbacks) return [];
  const faults: SiteFault[] = [];
  const report = (key: string, message: string) => void faults.push({ path: ['callbacks', key], message });
  const trunk = trunks.find(({ id }) => id === callbacks.trunk);
  if (!trunk) report('trunk', `there is no trunk "${callbacks.trunk}"`);
  else if (!trunk.outbound) report('trunk', `no calls go out by the trunk "${trunk.id}": give it outbound`);
  if (!isSupportedCountry(callbacks.country)) report('country', `there is no country "${callbacks.country}"`);
  if (callbacks.hours !== undefined && !hours.some(({ id }) => id === callbacks.hours))
    report('hours', `there are no hours "${callbacks.hours}"`);
  return faults;
}
