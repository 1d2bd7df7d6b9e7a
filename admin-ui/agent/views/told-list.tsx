/** What happened, over the foot of the page, so that nothing on it moves. */
import { Notice } from '../../shared/parts/notice.tsx';
import { usePlace } from '../place.ts';
import { words } from '../reading.ts';
import { Icon } from './icons.tsx';

export function ToldList() {
  const { told } = usePlace();
  const w = words.value;
  return (
    <div class="told" aria-live="polite">
      {told.list.value.map(({ toldId, kind, say }) => (
        <div key={toldId} class="told-entry" data-given>
          <Notice kind={kind}>{say(w)}</Notice>
          <button type="button" aria-label={w.closeMessage} onClick={() => told.close(toldId)}>
            <Icon name="cross" />
          </button>
        </div>
      ))}
    </div>
  );
}
