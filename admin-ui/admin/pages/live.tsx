/** The floor as it is now: figures, calls, agents, queues and phones, with the age of what is shown (M12). */
import { useSignal } from '@preact/signals';
import { useEffect, useMemo } from 'preact/hooks';
import type { FloorState } from '../../../server/contract/live.ts';
import { siteFigures } from '../../shared/site-figures.ts';
import { fill } from '../../shared/words.ts';
import { AgentSwitchParts, useAgentSwitch } from '../live/agent-switch.tsx';
import { ContactReturnParts, useContactReturn } from '../live/contact-return.tsx';
import { createFloorClient, type FloorClient } from '../live/floor-client.ts';
import { AgentsTable, CallsTable, PhonesTable, QueuesTable } from '../live/tables.tsx';
import { ToldLine, type Told } from '../live/told.tsx';
import { OnOffShape } from '../../shared/parts/state-shape.tsx';
import { Notice } from '../../shared/parts/notice.tsx';
import { PageHead } from '../parts/shell.tsx';
import { formats, words } from '../reading.ts';
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

function Figure({ label, value, note }: { label: string; value: string; note?: string }) {
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

function Figures({ floor, client }: { floor: FloorState; client: FloorClient }) {
  const w = words.value;
  const { number, percent, duration } = formats.value;
  const figures = siteFigures(floor.board);
  const since = figures.oldestWaitingSince;
  return (
    <dl class="figures">
      <Figure label={w.figureWaiting} value={number(figures.waiting)} />
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
      <Figure label={w.figureOffered} value={number(figures.offered)} />
      <Figure label={w.figureAnswered} value={number(figures.answered)} />
      <Figure label={w.figureAbandoned} value={number(figures.abandoned)} />
      <Figure
        label={w.figureReady}
        value={`${number(floor.board.agentsByState.ready)} / ${number(figures.agentsLoggedIn)}`}
      />
    </dl>
  );
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
      {isStale && (
        <Notice kind="bad">
          {fill(w.noData, { time: formats.value.duration(client.silentSec.value * 1000) })}
        </Notice>
      )}
      {!floor && <p class="quiet">{w.connecting} …</p>}
      {floor && (
        <div class="live-body">
          <Figures floor={floor} client={client} />
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
              <QueuesTable floor={floor} now={client.serverSec} />
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
    </div>
  );
}
