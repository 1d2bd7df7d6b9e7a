/**
 * One mail of the quarantine: what is known of it, why it is there, and what can be done with it. Its content is never shown here:
 * it is what nothing could be made of, and strangers wrote it.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import type {
  QuarantineMail,
  QuarantineRow,
  ReleaseAnswer,
} from '../../../server/contract/rest-quarantine.ts';
import { Notice } from '../../shared/parts/notice.tsx';
import { fill } from '../../shared/words.ts';
import { Dialog } from '../parts/dialog.tsx';
import { formats, words, type ConsoleWords } from '../reading.ts';
import { api } from '../session.ts';
import { quarantineRefusal, reasonWord } from './quarantine-words.ts';

export type Told = { isGood: boolean; text: string };

const pathOf = (rawId: string): string => `/api/quarantine/${encodeURIComponent(rawId)}`;

/** An address, as people have it, or what stands for none. */
export function senderOf(w: ConsoleWords, { from, envelopeFrom }: QuarantineRow): string {
  if (from) return from.name === undefined ? from.address : `${from.name} · ${from.address}`;
  return envelopeFrom === undefined || envelopeFrom === '' ? w.quarantineUnknown : envelopeFrom;
}

function releasedText(w: ConsoleWords, { outcome, reason }: ReleaseAnswer): string {
  switch (outcome) {
    case 'taken':
      return w.quarantineTaken;
    case 'as-file':
      return fill(w.quarantineAsFile, {
        reason: w[reasonWord[reason ?? 'not-parsed'].short].toLocaleLowerCase(),
      });
    case 'duplicate':
      return w.quarantineDuplicate;
    case 'waiting':
      return w.quarantineWaiting;
  }
}

interface AskProps {
  what: 'release' | 'delete';
  mail: QuarantineRow;
  onDone: (told: Told) => void;
  onClose: () => void;
}

function Ask({ what, mail, onDone, onClose }: AskProps) {
  const [isBusy, setBusy] = useState(false);
  const [error, setError] = useState<string>();
  const w = words.value;
  const run = async () => {
    if (isBusy) return;
    setBusy(true);
    setError(undefined);
    const path = pathOf(mail.rawId);
    const answer =
      what === 'release'
        ? await api<ReleaseAnswer>(`${path}/release`, { method: 'POST', body: {}, timeoutMs: 30_000 })
        : await api<undefined>(path, { method: 'DELETE' });
    setBusy(false);
    if (answer.isOk)
      onDone({
        isGood: true,
        text: answer.body ? releasedText(words.peek(), answer.body) : words.peek().quarantineDeleted,
      });
    else if (answer.status === 404 || answer.details['reason'] === 'already-released')
      onDone({ isGood: false, text: quarantineRefusal(words.peek(), answer) });
    else setError(quarantineRefusal(words.peek(), answer));
  };
  const isRelease = what === 'release';
  return (
    <Dialog
      title={isRelease ? w.quarantineReleaseTitle : w.quarantineDeleteTitle}
      confirm={isRelease ? w.quarantineRelease : w.quarantineDelete}
      isDanger={!isRelease}
      isBusy={isBusy}
      onConfirm={() => void run()}
      onClose={onClose}
    >
      <p>{isRelease ? w.quarantineReleaseHelp : w.quarantineDeleteHelp}</p>
      {error !== undefined && <Notice kind="bad">{error}</Notice>}
    </Dialog>
  );
}

function Facts({ mail }: { mail: QuarantineRow & Partial<QuarantineMail> }) {
  const w = words.value;
  const { bytes, dateTime } = formats.value;
  const { envelopeFrom, envelopeTo = [] } = mail;
  const rows: [string, string][] = [
    [w.colSender, mail.from ? senderOf(w, mail) : w.quarantineUnknown],
    [w.colSubject, mail.subject ?? w.quarantineNoSubject],
    [w.quarantineReceived, dateTime(mail.receivedAt)],
    [w.colMailbox, mail.mailboxId],
  ];
  if (envelopeFrom !== undefined)
    rows.push([w.quarantineEnvelopeFrom, envelopeFrom === '' ? w.quarantineNullPath : envelopeFrom]);
  if (envelopeTo.length > 0) rows.push([w.quarantineEnvelopeTo, envelopeTo.join(', ')]);
  rows.push([w.colSize, bytes(mail.bytes)]);
  return (
    <dl class="mail-facts">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd data-given>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

interface OpenMailProps {
  mail: QuarantineRow;
  onDone: (told: Told) => void;
  onClose: () => void;
}

export function OpenMail({ mail, onDone, onClose }: OpenMailProps) {
  const [whole, setWhole] = useState<QuarantineMail>();
  const [asked, setAsked] = useState<AskProps['what']>();
  const box = useRef<HTMLElement>(null);
  const w = words.value;
  const { rawId, reason } = mail;
  useEffect(() => {
    box.current?.focus();
    let isPresent = true;
    void api<QuarantineMail>(pathOf(rawId)).then((answer) => {
      if (!isPresent) return;
      if (answer.isOk) setWhole(answer.body);
      else if (answer.status === 404)
        onDone({ isGood: false, text: quarantineRefusal(words.peek(), answer) });
    });
    return () => {
      isPresent = false;
    };
  }, [rawId]);
  const title = fill(w.quarantineMail, { time: formats.value.dateTime(mail.receivedAt) });
  return (
    <section class="card open-mail" aria-label={title} tabIndex={-1} ref={box}>
      <h2>{w[reasonWord[reason].short]}</h2>
      <p>{w[reasonWord[reason].whole]}</p>
      <Facts mail={whole ?? mail} />
      <div class="open-mail-actions">
        <button type="button" class="button is-main" onClick={() => setAsked('release')}>
          {w.quarantineRelease}
        </button>
        <a class="button" href={`${pathOf(rawId)}/raw`} download title={w.quarantineDownloadHelp}>
          {w.quarantineDownload}
        </a>
        <button type="button" class="button is-danger" onClick={() => setAsked('delete')}>
          {w.quarantineDelete}
        </button>
        <button type="button" class="button" onClick={onClose}>
          {w.quarantineClose}
        </button>
      </div>
      <p class="quiet">{w.quarantineDownloadHelp}</p>
      {asked && <Ask what={asked} mail={mail} onDone={onDone} onClose={() => setAsked(undefined)} />}
    </section>
  );
}
