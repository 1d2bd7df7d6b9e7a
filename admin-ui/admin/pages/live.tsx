/** The floor as it is now: figures, calls, agents, queues and phones, with the age of what is shown (M12). */
import type { ComponentChildren } from 'preact';
import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { FigureName } from '../../../server/contract/figure-facts.ts';
import type { FloorState } from '../../../server/contract/live.ts';
import { maintenanceText } from '../../shared/maintenance.ts';
import { siteFigures } from '../../shared/site-figures.ts';
import { fill } from '../../shared/words.ts';
import { AgentSwitchParts, useAgentSwitch } from '../live/agent-switch.tsx';
import { ContactReturnParts, useContactReturn } from '../live/contact-return.tsx';
import { createFloorClient, type FloorClient } from '../live/floor-client.ts';
import { type LiveDrill, liveAsk } from '../live/queue-drill.ts';
import { AgentsTable, CallsTable, PhonesTable, QueuesTable } from '../live/tables.tsx';
import { ToldLine, type Told } from '../live/told.tsx';
import { OnOffShape } from '../../shared/parts/state-shape.tsx';
import { Notice } from '../../shared/parts/notice.tsx';
import { PageHead } from '../parts/shell.tsx';
import { useNames } from '../names.ts';
import { formats, words } from '../reading.ts';
import { DrillNumber } from '../reports/drill-number.tsx';
import { DrillPanel } from '../reports/drill-panel.tsx';
import type { DrillAsk } from '../reports/report-question.ts';
import { EmergencyBand, EmergencyButton, useEmergency } from './emergency.tsx';

function Freshness({ client }: { client: FloorClient }) {
  const w = words.value;
  const { number, duration } = formats.value;
  const state = client.connection.value;
  const isLive = state === 'live';
  const paint = client.paint.value;
  return (
    <div class={`freshness ${isLive ? '' : 'is-stale'}`} data-connection={state}>
      <span class="with-icon">
        <OnOffShape isOn={isLive} isBad={state === 'stale'} />
        {isLive
          ? `${w.live} · ${fill(w.dataAge, { seconds: number(client.silentSec.value) })}`
          : state === 'connecting'
            ? w.connecting
            : fill(w.noData, { time: duration(client.silentSec.value * 1000) })}
      </span>
      {paint && (
        <small class="quiet">
          {fill(w.eventToPixel, { p50: number(paint.p50Ms), p99: number(paint.p99Ms) })}
        </small>
      )}
    </div>
  );
}

interface FigureProps {
  label: string;
  value: ComponentChildren;
  note?: string;
}
function Figure({ label, value, note }: FigureProps) {
  return (
    <div class="figure">
      <dt>{label}</dt>
      <dd>
        {value}
        {note !== undefined && <small>{note}</small>}
      </dd>
    </div>
  );
}

interface FiguresProps {
  floor: FloorState;
  client: FloorClient;
  drill: LiveDrill;
}
function Figures({ floor, client, drill }: FiguresProps) {
  const w = words.value;
  const { number, percent, duration } = formats.value;
  const figures = siteFigures(floor.board);
  const since = figures.oldestWaitingSince;
  const opens = (figure: FigureName, shown: number) => (
    <DrillNumber
      text={number(shown)}
      ask={liveAsk(floor.board, drill.nowSec(), figure, shown)}
      onOpen={drill.open}
    />
  );
  return (
    <dl class="figures">
      <Figure label={w.figureWaiting} value={opens('waiting', figures.waiting)} />
      <Figure
        label={w.figureLongest}
        value={
          since === undefined ? w.none : duration((client.serverSec.value - Math.floor(since / 1000)) * 1000)
        }
      />
      <Figure
        label={w.figureServiceLevel}
        value={figures.serviceLevel === undefined ? w.none : percent(figures.serviceLevel)}
        note={w.figureServiceLevelNote}
      />
      <Figure label={w.figureOffered} value={opens('offered', figures.offered)} />
      <Figure label={w.figureAnswered} value={opens('answered', figures.answered)} />
      <Figure label={w.figureAbandoned} value={opens('abandoned', figures.abandoned)} />
      <Figure
        label={w.figureReady}
        value={`${number(floor.board.agentsByState.ready)} / ${number(figures.agentsLoggedIn)}`}
      />
    </dl>
  );
}

/** Names are asked for only now: the live page itself needs none of the past. */
function LiveContacts({ ask, onClose }: { ask: DrillAsk; onClose: () => void }) {
  return <DrillPanel ask={ask} nameOf={useNames()} onClose={onClose} />;
}

export function LivePage() {
  const client = useMemo(createFloorClient, []);
  useEffect(() => {
    client.start();
    return () => client.stop();
  }, [client]);
  const emergency = useEmergency();
  const told = useSignal<Told | undefined>(undefined);
  const control = useAgentSwitch(told);
  const returning = useContactReturn(told);
  const opened = useSignal<DrillAsk | undefined>(undefined);
  const drill = useMemo<LiveDrill>(
    () => ({
      open: (ask) => {
        opened.value = ask;
      },
      nowSec: () => client.serverSec.peek(),
    }),
    [client, opened],
  );
  const floor = client.tree.value;
  const w = words.value;
  const isStale = client.isStale.value && floor !== undefined;
  return (
    <div class={`live-page ${isStale ? 'is-stale' : ''}`}>
      <PageHead title={w.pageLive}>
        <EmergencyButton emergency={emergency} />
        <Freshness client={client} />
      </PageHead>
      <EmergencyBand emergency={emergency} floor={floor} isCutOff={isStale} />
      {floor?.board.maintenanceUntil !== undefined && (
        <Notice kind="note">
          <b>
            {maintenanceText(w, formats.value, floor.board.maintenanceUntil, client.serverSec.value * 1000)}
          </b>{' '}
          {w.maintenanceNote}
        </Notice>
      )}
      {isStale && (
        <Notice kind="bad">
          {fill(w.noData, { time: formats.value.duration(client.silentSec.value * 1000) })}
        </Notice>
      )}
      {!floor && <p class="quiet">{w.connecting} …</p>}
      {floor && (
        <div class="live-body">
          {floor.board.isPart && <p class="figures-part quiet">{w.viewPart}</p>}
          <Figures floor={floor} client={client} drill={drill} />
          <div class="panels">
            <section class="panel panel-calls">
              <h2>{w.calls}</h2>
              <CallsTable floor={floor} now={client.serverSec} control={returning} />
            </section>
            <section class="panel panel-agents">
              <h2>{w.agents}</h2>
              <AgentsTable floor={floor} now={client.serverSec} control={control} />
            </section>
            <section class="panel panel-queues">
              <h2>{w.queues}</h2>
              <QueuesTable floor={floor} now={client.serverSec} drill={drill} />
            </section>
            <section class="panel panel-phones">
              <h2>{w.phones}</h2>
              <PhonesTable floor={floor} now={client.serverSec} />
            </section>
          </div>
        </div>
      )}
      {floor && control && <AgentSwitchParts control={control} floor={floor} />}
      {floor && returning && <ContactReturnParts control={returning} />}
      {floor && (control || returning) && <ToldLine told={told} />}
      {opened.value && (
        <LiveContacts
          ask={opened.value}
          onClose={() => {
            opened.value = undefined;
          }}
        />
      )}
    </div>
  );
}
