/** What a television shows before it is a display: a code to be read across the room, and what to do with it. */
import type { Enrolment } from '../live/enrolment.ts';
import { language, switchLanguage, words } from '../live/reading.ts';
import { qrOf } from '../live/qr.ts';
import { Mark } from './shapes.tsx';

function WithAddress({ text }: { text: string }) {
  const [before = '', after = ''] = text.split('{address}');
  return (
    <>
      {before}
      <b class="enrol-address">{window.location.host}</b>
      {after}
    </>
  );
}

/** White with a quiet zone, whatever the theme: that is what cameras look for. */
function Qr({ code }: { code: string }) {
  const { path, size } = qrOf(`${window.location.origin}/#displays?code=${code}`);
  return (
    <figure class="enrol-qr">
      <svg viewBox={`0 0 ${size} ${size}`} role="img" aria-label={words.value.enrolQr} data-size={size}>
        <path d={path} />
      </svg>
      <figcaption>{words.value.enrolQr}</figcaption>
    </figure>
  );
}

export function Enrol({ enrolment }: { enrolment: Enrolment }) {
  const code = enrolment.step === 'pending' ? enrolment.code : '';
  const half = Math.ceil(code.length / 2);
  return (
    <main class="enrol" data-step={enrolment.step}>
      <header class="enrol-head">
        <Mark />
        <p>{words.value.appName}</p>
        <button
          type="button"
          class="foot-language"
          onClick={switchLanguage}
          title={words.value.changeLanguage}
        >
          {language.value.toUpperCase()}
        </button>
      </header>
      <h1>{words.value.enrolTitle}</h1>
      {code === '' ? (
        <p class="enrol-status">
          {enrolment.step === 'offline' ? words.value.enrolOffline : words.value.enrolStarting}
        </p>
      ) : (
        <>
          <div class="enrol-ways">
            <div class="enrol-by-hand">
              <p class="enrol-code" data-code={code} aria-label={words.value.enrolCodeLabel}>
                <span>{code.slice(0, half)}</span>
                <span>{code.slice(half)}</span>
              </p>
              <ol>
                <li>
                  <WithAddress text={words.value.enrolStepOpen} />
                </li>
                <li>{words.value.enrolStepDisplays}</li>
                <li>{words.value.enrolStepCode}</li>
              </ol>
            </div>
            <Qr code={code} />
          </div>
          <p class="enrol-status">{words.value.enrolWaiting}</p>
        </>
      )}
      <p class="enrol-privacy">{words.value.enrolPrivacy}</p>
    </main>
  );
}
