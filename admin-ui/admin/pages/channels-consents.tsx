/** The consents of a range of days, on the site's clock, as a file. Whoever takes it is in the audit trail before it is sent. */
import { useState } from 'preact/hooks';
import { Notice } from '../../shared/parts/notice.tsx';
import { words } from '../reading.ts';
import { consentsPath } from './consents-range.ts';
import { useSiteZone } from './fairness.tsx';

interface DayProps {
  id: string;
  label: string;
  value: string;
  onDay: (day: string) => void;
}
function Day({ id, label, value, onDay }: DayProps) {
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <input
        id={id}
        type="date"
        min="1970-01-01"
        max="2099-12-31"
        value={value}
        aria-describedby="consents-empty"
        onInput={(event) => onDay(event.currentTarget.value)}
      />
    </div>
  );
}

export function Consents() {
  const zone = useSiteZone();
  const [first, setFirst] = useState('');
  const [last, setLast] = useState('');
  const w = words.value;
  const path = zone === undefined ? undefined : consentsPath(first, last, zone);
  return (
    <section class="channels-part consents" aria-labelledby="consents-title">
      <h2 id="consents-title">{w.consentsTitle}</h2>
      <p class="quiet">{w.consentsHelp}</p>
      <div class="consents-range">
        <Day id="consents-from" label={w.consentsFrom} value={first} onDay={setFirst} />
        <Day id="consents-to" label={w.consentsTo} value={last} onDay={setLast} />
        {path !== undefined && (
          <a class="button" href={path} download>
            {w.channelsDownload}
          </a>
        )}
      </div>
      {zone !== undefined && path === undefined ? (
        <Notice kind="bad">{w.consentsBadRange}</Notice>
      ) : (
        <p class="quiet" id="consents-empty">
          {w.consentsEmpty}
        </p>
      )}
    </section>
  );
}
