/** What a television shows before it is a display: a code to be read across the room, and what to do with it. */
import type { Enrolment } from '../live/enrolment.ts';
import { language, switchLanguage, words } from '../live/reading.ts';
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
          <p class="enrol-status">{words.value.enrolWaiting}</p>
        </>
      )}
      <p class="enrol-privacy">{words.value.enrolPrivacy}</p>
    </main>
  );
}
