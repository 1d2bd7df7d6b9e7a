/** Where the emergency switch is on: in the header's place and no higher, so that no figure moves; the clock stays. */
import type { EmergencyAnswer } from '../../server/contract/emergency.ts';
import { plural } from '../../admin-ui/shared/words.ts';
import { formats, words } from '../live/reading.ts';
import { LevelShape } from './shapes.tsx';

interface Props {
  emergency: EmergencyAnswer;
  nameOf: (queueId: string) => string;
  time: string;
}

export function EmergencyHeader({ emergency: { isSiteOn, queueIds }, nameOf, time }: Props) {
  const w = words.value;
  const { language: tag, number } = formats.value;
  const names = queueIds.map(nameOf).sort((a, b) => a.localeCompare(b, tag));
  const title = isSiteOn
    ? w.emergencyAll
    : names.length === 1
      ? w.emergencyOne
      : plural(tag, w.emergencyMany, names.length, number(names.length));
  return (
    <header class="top is-emergency" data-emergency={isSiteOn ? 'site' : String(queueIds.length)}>
      <LevelShape level="red" />
      <p class="emergency-title" role="alert">
        {title}
      </p>
      {isSiteOn ? (
        <p class="emergency-note">{w.emergencyNote}</p>
      ) : (
        <p class="emergency-names" data-given>
          {names.join(', ')}
        </p>
      )}
      <p class="top-clock">{time}</p>
    </header>
  );
}
