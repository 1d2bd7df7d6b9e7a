/** Until when callers are told of maintenance: a line in the header, beside what is there, since it may stand for hours. */
import { maintenanceText } from '../../admin-ui/shared/maintenance.ts';
import { formats, words } from '../live/reading.ts';
import { LevelShape } from './shapes.tsx';

export function MaintenanceNote({ until, now }: { until: number; now: number }) {
  return (
    <p class="top-maintenance" role="status">
      <LevelShape level="amber" />
      {maintenanceText(words.value, formats.value, until, now)}
    </p>
  );
}
