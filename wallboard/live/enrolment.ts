/**
 * How a screen becomes a display: it asks for a code, shows it, and asks every two seconds whether an
 * administrator has approved it (N16). The server alone says when a code has run out, since a
 * television's clock may be wrong by hours. Goes on for ever; one request at a time.
 *
 *   starting --state--> approved                        (stop asking; the board opens)
 *      |    \--none, pending after a reload, revoked--> POST enrol --> pending(code) --+
 *      |                                                  ^    approved <--- state ----+
 *      +--no answer--> offline --back-off--> starting     +------- none, revoked ------+
 */
import { signal, type ReadonlySignal } from '@preact/signals';
import type { DisplayState, EnrolAnswer } from '../../server/contract/rest.ts';
import { call, type Answer } from '../../admin-ui/shared/api-client.ts';
import { backOffMs } from '../../admin-ui/shared/back-off.ts';
import type { Language } from '../../admin-ui/shared/words.ts';

export const pollEveryMs = 2000;

export type Enrolment =
  | { step: 'starting' }
  | { step: 'offline' }
  | { step: 'pending'; code: string }
  | { step: 'approved'; name: string; language?: Language };

export interface EnrolmentPorts {
  state: () => Promise<Answer<DisplayState>>;
  enrol: () => Promise<Answer<EnrolAnswer>>;
  random: () => number;
}

export function httpEnrolmentPorts(language: () => Language): EnrolmentPorts {
  return {
    state: () => call<DisplayState>('/display/state', { timeoutMs: 4000 }),
    enrol: () =>
      call<EnrolAnswer>('/display/enrol', {
        method: 'POST',
        body: { language: language() },
        timeoutMs: 4000,
      }),
    random: () => Math.random(),
  };
}

export interface EnrolmentLoop {
  enrolment: ReadonlySignal<Enrolment>;
  /** Also after a revocation: begins anew, with an empty screen. */
  start: () => void;
  /** Its name or settings may have changed; what is shown stays meanwhile. */
  refresh: () => void;
  stop: () => void;
}

function approvedOf(body: Extract<DisplayState, { state: 'approved' }>): Enrolment {
  const language = body.settings?.language ?? body.language;
  return { step: 'approved', name: body.name, ...(language === undefined ? {} : { language }) };
}

export function createEnrolment(ports: EnrolmentPorts): EnrolmentLoop {
  const enrolment = signal<Enrolment>({ step: 'starting' });
  let round = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;

  const later = (mine: number, delayMs: number) => {
    timer = setTimeout(() => void run(mine), delayMs);
  };
  const fail = (mine: number) => {
    // A code stays on the screen while the server is away for a moment: it may be being typed.
    if (enrolment.value.step !== 'pending' || failures >= 3) enrolment.value = { step: 'offline' };
    failures += 1;
    later(mine, backOffMs(failures, ports.random()));
  };

  async function run(mine: number): Promise<void> {
    const asked = await ports.state();
    if (mine !== round) return;
    if (!asked.isOk) {
      fail(mine);
      return;
    }
    const { body } = asked;
    if (body.state === 'approved') {
      enrolment.value = approvedOf(body);
      return;
    }
    if (body.state !== 'pending' || enrolment.value.step !== 'pending') {
      const answer = await ports.enrol();
      if (mine !== round) return;
      if (!answer.isOk) {
        fail(mine);
        return;
      }
      enrolment.value = { step: 'pending', code: answer.body.code };
    }
    failures = 0;
    later(mine, pollEveryMs);
  }

  const stop = () => {
    round += 1;
    clearTimeout(timer);
  };
  return {
    enrolment,
    start: () => {
      stop();
      failures = 0;
      enrolment.value = { step: 'starting' };
      void run(round);
    },
    refresh: () => {
      const mine = round;
      void ports.state().then((asked) => {
        if (mine === round && asked.isOk && asked.body.state === 'approved')
          enrolment.value = approvedOf(asked.body);
      });
    },
    stop,
  };
}
