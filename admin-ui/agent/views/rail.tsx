/** The left edge: who I am and in what state, my queues and how many wait there, what is in hand, sound and account. */
import type { DeskView } from '../../../server/contract/desk.ts';
import { maintenanceText } from '../../shared/maintenance.ts';
import { LanguageChoice } from '../../shared/parts/language-choice.tsx';
import { Mark } from '../../shared/parts/mark.tsx';
import { OnOffShape } from '../../shared/parts/state-shape.tsx';
import { fill, plural } from '../../shared/words.ts';
import type { NotifyState } from '../alerts.ts';
import { usePlace } from '../place.ts';
import { formats, language, reading, words, type TextKey } from '../reading.ts';
import { SinceText } from './clock.tsx';
import { Icon } from './icons.tsx';
import { Popup } from './popup.tsx';
import { StateCard } from './state-card.tsx';

function Queues({ desk }: { desk: DeskView }) {
  const w = words.value;
  return (
    <section class="rail-part queues" aria-label={w.myQueues}>
      <h2>{w.myQueues}</h2>
      {desk.queues.length === 0 && <p class="quiet">{w.noQueues}</p>}
      <ul>
        {desk.queues.map((queue) => (
          <li key={queue.queueId} data-queue={queue.queueId} class={queue.waiting > 0 ? 'is-waiting' : ''}>
            <span class="queue-name" data-given title={queue.name}>
              {queue.name}
            </span>
            <b aria-label={plural(language.value, w.waitingCount, queue.waiting)}>
              {formats.value.number(queue.waiting)}
            </b>
            <small>
              {queue.waiting > 0 && queue.oldestAt !== undefined ? (
                <SinceText at={queue.oldestAt} text={w.longestWait} />
              ) : (
                w.nobodyWaits
              )}
            </small>
          </li>
        ))}
      </ul>
    </section>
  );
}

function InHand({ desk }: { desk: DeskView }) {
  const w = words.value;
  const count = (channel: string) => desk.mine.filter((contact) => contact.channel === channel).length;
  const lines: [string, number, number][] = [
    [w.chatsOf, count('chat'), desk.capacity.chat],
    [w.mailsOf, count('mail'), desk.capacity.mail],
  ];
  return (
    <section class="rail-part" aria-label={w.inHand}>
      <h2>{w.inHand}</h2>
      <ul class="in-hand">
        {lines
          .filter(([, , limit]) => limit > 0)
          .map(([text, now, limit]) => (
            <li key={text}>
              {fill(text, { count: now, limit })}
              <span class="slots" aria-hidden="true">
                {Array.from({ length: Math.min(limit, 8) }, (_, index) => (
                  <i key={index} class={index < now ? 'is-used' : ''} />
                ))}
              </span>
            </li>
          ))}
        <li class="quiet" data-given>
          {desk.phoneId === undefined ? w.textOnly : fill(w.atPhone, { phone: desk.phoneId })}
        </li>
      </ul>
    </section>
  );
}

const notifyWord: Record<NotifyState, TextKey> = {
  unasked: 'notifyAsk',
  on: 'notifyOn',
  off: 'notifyOff',
  denied: 'notifyDenied',
  absent: 'notifyDenied',
};

function Switches() {
  const { alerts, dialog } = usePlace();
  const w = words.value;
  const isSoundOn = alerts.isSoundOn.value;
  const notify = alerts.notify.value;
  return (
    <div class="switches">
      <button
        type="button"
        class="icon-button"
        data-switch="sound"
        aria-pressed={isSoundOn}
        aria-label={w.sound}
        title={isSoundOn ? w.soundOn : w.soundOff}
        onClick={alerts.switchSound}
      >
        <Icon name={isSoundOn ? 'sound' : 'mute'} />
      </button>
      <button
        type="button"
        class="icon-button"
        data-switch="notify"
        aria-pressed={notify === 'on'}
        aria-label={w.notifyAsk}
        title={w[notifyWord[notify]]}
        disabled={notify === 'denied' || notify === 'absent'}
        onClick={() => void alerts.switchNotify()}
      >
        <Icon name="bell" />
      </button>
      <button
        type="button"
        class="icon-button"
        data-switch="keys"
        aria-label={w.keysTitle}
        title={w.keysTitle}
        onClick={() => {
          dialog.value = 'keys';
        }}
      >
        <Icon name="keys" />
      </button>
    </div>
  );
}

function Account({ name }: { name: string }) {
  const place = usePlace();
  const w = words.value;
  return (
    <Popup
      id="account-menu"
      class="account-opener"
      label={w.account}
      face={
        <>
          <span class="avatar" aria-hidden="true" data-given>
            {name.slice(0, 1).toUpperCase()}
          </span>
          <span class="account-text">
            <b data-given>{name}</b>
            <small data-given>{place.session.me.username}</small>
          </span>
        </>
      }
    >
      {(close) => (
        <>
          <LanguageChoice reading={reading} />
          <button
            type="button"
            class="menu-item"
            onClick={() => {
              close();
              place.isPasswordOpen.value = true;
            }}
          >
            {w.changePassword}
          </button>
          <button type="button" class="menu-item" data-do="sign-out" onClick={() => void place.signOut()}>
            {w.signOut}
          </button>
        </>
      )}
    </Popup>
  );
}

/** What callers are told is no news to the agent who then speaks with them. */
function Maintenance({ until }: { until: number }) {
  const { desk } = usePlace();
  const w = words.value;
  const now = desk.socket.serverSec.value * 1000;
  return (
    <section class="rail-part maintenance" role="note">
      <b>{maintenanceText(w, formats.value, until, now)}</b>
      <small>{w.maintenanceNote}</small>
    </section>
  );
}

function Freshness() {
  const { desk } = usePlace();
  const w = words.value;
  const now = desk.socket.connection.value;
  return (
    <p class="freshness with-icon" data-connection={now}>
      <OnOffShape isOn={now === 'live'} isBad={now === 'stale'} />
      {now === 'live' ? w.live : now === 'stale' ? w.cutOff : w.connecting}
    </p>
  );
}

export function Rail({ desk }: { desk: DeskView | undefined }) {
  const { session } = usePlace();
  return (
    <aside class="rail">
      <p class="brand">
        <Mark />
        {words.value.appName}
      </p>
      <div class="rail-body">
        {desk && (
          <div class="ages">
            {desk.state !== 'logged-out' && <StateCard desk={desk} />}
            {desk.maintenanceUntil !== undefined && <Maintenance until={desk.maintenanceUntil} />}
            <Queues desk={desk} />
            {desk.state !== 'logged-out' && <InHand desk={desk} />}
          </div>
        )}
      </div>
      <footer class="rail-foot">
        <div class="rail-line">
          <Freshness />
          <Switches />
        </div>
        <Account name={desk?.name ?? session.me.username} />
      </footer>
    </aside>
  );
}
