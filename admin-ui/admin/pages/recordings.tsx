/**
 * Recordings: nobody hears one without saying why; the reason goes to the audit log before the sound
 * goes to the ear (rest.ts, ListenRequest). The grant is for this one recording and runs out.
 */
import { useState } from 'preact/hooks';
import type { ListenGrant, ListenRequest, RecordingRow } from '../../../server/contract/rest.ts';
import { fill } from '../../shared/words.ts';
import { useNames } from '../names.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Field } from '../../shared/parts/field.tsx';
import { Notice } from '../../shared/parts/notice.tsx';
import { usePaged } from '../parts/paged.ts';
import { PageHead } from '../parts/shell.tsx';
import { ListState, Pager, Table } from '../parts/table.tsx';
import { formats, words } from '../reading.ts';
import { api, may, refusalText } from '../session.ts';
import { callerOf } from './contacts.tsx';
import { WhyLink } from './decisions-parts.tsx';

interface Playing {
  recording: RecordingRow;
  url: string;
}

function AskReason({
  recording,
  onGrant,
  onClose,
}: {
  recording: RecordingRow;
  onGrant: (url: string) => void;
  onClose: () => void;
}) {
  const [reason, setReason] = useState('');
  const [error, setError] = useState<string>();
  const [isBusy, setBusy] = useState(false);
  const w = words.value;
  const ask = async () => {
    setBusy(true);
    setError(undefined);
    const body: ListenRequest = { reason: reason.trim() };
    const path = `/api/recordings/${encodeURIComponent(recording.recordingId)}/listen`;
    const answer = await api<ListenGrant>(path, { method: 'POST', body });
    setBusy(false);
    if (answer.isOk) onGrant(answer.body.url);
    else setError(refusalText(answer));
  };
  return (
    <Dialog
      title={w.reasonTitle}
      confirm={w.listen}
      isBusy={isBusy}
      onConfirm={() => void ask()}
      onClose={onClose}
    >
      <p class="quiet" data-given>
        {formats.value.dateTime(recording.startedAt)} · {callerOf(recording.pii)}
      </p>
      <Field
        id="reason"
        label={w.reasonLabel}
        help={w.reasonHelp}
        value={reason}
        onText={setReason}
        minLength={3}
        maxLength={500}
        required
        autoFocus
      />
      {error !== undefined && <Notice kind="bad">{error}</Notice>}
    </Dialog>
  );
}

function Player({ playing, onClose }: { playing: Playing; onClose: () => void }) {
  const [hasFailed, setFailed] = useState(false);
  const w = words.value;
  const title = fill(w.nowPlaying, { time: formats.value.dateTime(playing.recording.startedAt) });
  return (
    <section class="player" aria-label={title}>
      <p class="player-title">{title}</p>
      {hasFailed ? (
        <Notice kind="bad">{w.playbackFailed}</Notice>
      ) : (
        // A call has no captions; a transcript is a feature of its own.
        <audio
          key={playing.url}
          controls
          autoplay
          preload="auto"
          src={playing.url}
          onError={() => setFailed(true)}
        />
      )}
      <button type="button" class="button" onClick={onClose}>
        {w.closePlayer}
      </button>
    </section>
  );
}

export function RecordingsPage() {
  const list = usePaged<RecordingRow>('/api/recordings');
  const [asking, setAsking] = useState<RecordingRow>();
  const [playing, setPlaying] = useState<Playing>();
  const nameOf = useNames();
  const w = words.value;
  const { dateTime, duration, bytes } = formats.value;
  return (
    <>
      <PageHead title={w.pageRecordings}>
        <p class="quiet">{w.recordingsHelp}</p>
        <Pager list={list} />
      </PageHead>
      {playing && <Player key={playing.url} playing={playing} onClose={() => setPlaying(undefined)} />}
      <ListState list={list} />
      {list.items && (
        <Table
          name={w.pageRecordings}
          columns={[
            { id: 'at', title: w.colStarted },
            { id: 'duration', title: w.colDuration, isNumber: true },
            { id: 'caller', title: w.colCaller },
            { id: 'queue', title: w.colQueue },
            { id: 'agent', title: w.colAgent },
            { id: 'size', title: w.colSize, isNumber: true },
            { id: 'action', title: w.colActions },
          ]}
          empty={w.nothingHere}
          isEmpty={list.items.length === 0}
        >
          {list.items.map((recording) => (
            <tr
              key={recording.recordingId}
              class={playing?.recording.recordingId === recording.recordingId ? 'is-current' : ''}
            >
              <td>{dateTime(recording.startedAt)}</td>
              <td class="is-number">{duration(recording.durationMs)}</td>
              <td data-given title={callerOf(recording.pii)}>
                {callerOf(recording.pii)}
              </td>
              <td data-given title={recording.queueId ?? ''}>
                {nameOf.queue(recording.queueId) ?? w.none}
              </td>
              <td data-given title={recording.agentId ?? ''}>
                <span class="with-why">
                  <span class="cut">{nameOf.agent(recording.agentId) ?? w.none}</span>
                  {recording.contactId !== undefined && <WhyLink contactId={recording.contactId} />}
                </span>
              </td>
              <td class="is-number">{bytes(recording.bytes)}</td>
              <td>
                {may('recordings.listen') && (
                  <button
                    type="button"
                    class="button is-small"
                    aria-label={fill(w.playOf, { time: dateTime(recording.startedAt) })}
                    onClick={() => setAsking(recording)}
                  >
                    ▶ {w.play}
                  </button>
                )}
              </td>
            </tr>
          ))}
        </Table>
      )}
      {asking && (
        <AskReason
          recording={asking}
          onClose={() => setAsking(undefined)}
          onGrant={(url) => {
            setPlaying({ recording: asking, url });
            setAsking(undefined);
          }}
        />
      )}
    </>
  );
}
