/** The announcement of maintenance, spoken into files beside the other prompts and remembered among the settings. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import type { ActiveSite } from '../app/active-site.ts';
import { Maintenance, type MaintenanceParts, type MaintenanceState } from '../app/maintenance.ts';
import type { SettingsStore } from '../auth/ports.ts';
import type { RenderText } from '../config/prompt-files.ts';
import { maintenanceText } from '../config/maintenance-text.ts';
import { languages, type Language } from '../contract/site.ts';

const settingName = 'ops.maintenance';
const stateSchema = z.object({ untilMs: z.number(), text: z.string().optional() });

export function createMaintenance(
  parts: Pick<MaintenanceParts, 'audit' | 'clock' | 'logger'> & {
    settings: SettingsStore;
    site: Pick<ActiveSite, 'site'>;
    promptsDir: string;
    render: RenderText;
  },
): Maintenance {
  const { settings, site, promptsDir, render } = parts;
  /** Named by its words: a new text is never mistaken for one that the media engine still holds in memory. */
  const speak = async ({ untilMs, text }: MaintenanceState): Promise<ReadonlyMap<Language, string>> => {
    const { timeZone, language: ofSite } = site.site.site;
    const files = new Map<Language, string>();
    for (const language of languages) {
      const words = text ?? maintenanceText(language, untilMs, timeZone);
      const voice = text === undefined ? language : ofSite;
      const digest = createHash('sha256').update(`${voice} ${words}`).digest('hex').slice(0, 16);
      const file = join(promptsDir, 'maintenance', `${voice}-${digest}.wav`);
      await render(words, voice, file);
      files.set(language, file);
    }
    return files;
  };
  return new Maintenance({
    ...parts,
    speak,
    store: {
      async get() {
        const { data } = stateSchema.safeParse(await settings.get(settingName));
        return data && { untilMs: data.untilMs, ...(data.text !== undefined && { text: data.text }) };
      },
      set: (state) => settings.set(settingName, state),
      remove: () => settings.remove(settingName),
    },
  });
}
