/**
 * The Grafana dashboard as code: what each panel asks, laid out by its place in the list. `monitoring-docs.ts` writes it to
 * docs/monitoring/hearthline-dashboard.json; a test compares, and looks for each metric that it names.
 */
interface Query {
  expr: string;
  legend?: string;
}

interface PanelSpec {
  title: string;
  kind: 'stat' | 'timeseries' | 'gauge';
  unit?: string;
  /** Of 24. */
  width: number;
  queries: readonly Query[];
  /** Red from here on; `below`: up to here. */
  alarm?: { at: number; isBelow?: boolean };
  max?: number;
  about?: string;
}

interface RowSpec {
  title: string;
  height: number;
  panels: readonly PanelSpec[];
}

const host = 'instance=~"$instance"';
const of = (name: string, labels = '') => `${name}{${host}${labels === '' ? '' : `,${labels}`}}`;
const rate = (name: string, labels = '') => `rate(${of(name, labels)}[$__rate_interval])`;
const queue = 'queue=~"$queue"';

const rows: readonly RowSpec[] = [
  {
    title: 'At a glance',
    height: 4,
    panels: [
      {
        title: 'Ready',
        kind: 'stat',
        width: 3,
        queries: [{ expr: of('hearthline_ready') }],
        alarm: { at: 0.5, isBelow: true },
      },
      {
        title: 'Talking',
        kind: 'stat',
        width: 3,
        queries: [{ expr: of('hearthline_contacts', 'state="connected"') }],
      },
      {
        title: 'Waiting',
        kind: 'stat',
        width: 3,
        queries: [{ expr: of('hearthline_contacts', 'state="waiting"') }],
      },
      {
        title: 'Longest wait',
        kind: 'stat',
        unit: 's',
        width: 3,
        queries: [{ expr: `max(${of('hearthline_queue_oldest_wait_seconds')})` }],
      },
      {
        title: 'Agents ready',
        kind: 'stat',
        width: 3,
        queries: [{ expr: of('hearthline_agents', 'state="ready"') }],
      },
      {
        title: 'Certificate ends in',
        kind: 'stat',
        unit: 's',
        width: 3,
        queries: [{ expr: `${of('hearthline_certificate_end_timestamp_seconds')} - time()` }],
        alarm: { at: 30 * 86_400, isBelow: true },
      },
      {
        title: 'Last good backup',
        kind: 'stat',
        unit: 's',
        width: 3,
        queries: [{ expr: `time() - ${of('hearthline_backup_last_success_timestamp_seconds')}` }],
        alarm: { at: 26 * 3600 },
      },
      {
        title: 'Release',
        kind: 'stat',
        width: 3,
        queries: [{ expr: of('hearthline_build_info'), legend: '{{version}} {{commit}}' }],
      },
    ],
  },
  {
    title: 'Calls and queues',
    height: 8,
    panels: [
      {
        title: 'Contacts by state',
        kind: 'timeseries',
        width: 8,
        queries: [{ expr: of('hearthline_contacts'), legend: '{{state}}' }],
      },
      {
        title: 'Waiting by queue',
        kind: 'timeseries',
        width: 8,
        queries: [{ expr: of('hearthline_queue_waiting', queue), legend: '{{queue}}' }],
      },
      {
        title: 'Longest wait by queue',
        kind: 'timeseries',
        unit: 's',
        width: 8,
        queries: [{ expr: of('hearthline_queue_oldest_wait_seconds', queue), legend: '{{queue}}' }],
      },
    ],
  },
  {
    title: 'Service level',
    height: 8,
    panels: [
      {
        title: 'Service level today',
        kind: 'timeseries',
        unit: 'percentunit',
        max: 1,
        width: 8,
        queries: [
          { expr: of('hearthline_queue_service_level_ratio', queue), legend: '{{queue}}' },
          { expr: of('hearthline_queue_service_level_target_ratio', queue), legend: '{{queue}} (target)' },
        ],
      },
      {
        title: 'Offered, answered, abandoned today',
        kind: 'timeseries',
        width: 8,
        queries: [
          { expr: `sum(${of('hearthline_queue_offered_today', queue)})`, legend: 'offered' },
          { expr: `sum(${of('hearthline_queue_answered_today', queue)})`, legend: 'answered' },
          { expr: `sum(${of('hearthline_queue_abandoned_today', queue)})`, legend: 'abandoned' },
          { expr: `sum(${of('hearthline_queue_flowed_out_today', queue)})`, legend: 'flowed out' },
        ],
      },
      {
        title: 'Mean answer and handling time today',
        kind: 'timeseries',
        unit: 's',
        width: 8,
        queries: [
          { expr: of('hearthline_queue_mean_answer_seconds', queue), legend: '{{queue}} answer' },
          { expr: of('hearthline_queue_mean_handle_seconds', queue), legend: '{{queue}} handling' },
        ],
      },
    ],
  },
  {
    title: 'Agents',
    height: 8,
    panels: [
      {
        title: 'Agents by state',
        kind: 'timeseries',
        width: 8,
        queries: [{ expr: of('hearthline_agents'), legend: '{{state}}' }],
      },
      {
        title: 'Ready by queue',
        kind: 'timeseries',
        width: 8,
        queries: [{ expr: of('hearthline_queue_agents_ready', queue), legend: '{{queue}}' }],
      },
      {
        title: 'Offers not answered, unreachable phones',
        kind: 'timeseries',
        width: 8,
        queries: [
          { expr: `sum(${of('hearthline_queue_rona_today', queue)})`, legend: 'not answered today' },
          { expr: of('hearthline_phones_unreachable'), legend: 'phones unreachable' },
        ],
      },
    ],
  },
  {
    title: 'Audio and SIP',
    height: 8,
    panels: [
      {
        title: 'Packets lost of ended legs',
        kind: 'timeseries',
        unit: 'percentunit',
        width: 6,
        queries: [
          {
            expr: `sum(${rate('hearthline_media_packets_lost_total')}) / (sum(${rate('hearthline_media_packets_in_total')}) > 0)`,
            legend: 'lost',
          },
        ],
        alarm: { at: 0.01 },
      },
      {
        title: 'Mean jitter of ended legs',
        kind: 'timeseries',
        unit: 's',
        width: 6,
        queries: [
          {
            expr: `sum(${rate('hearthline_media_jitter_seconds_total')}) / (sum(${rate('hearthline_media_legs_measured_total')}) > 0)`,
            legend: 'jitter',
          },
        ],
        alarm: { at: 0.03 },
      },
      {
        title: 'Pacing of audio: worst lateness',
        kind: 'timeseries',
        unit: 's',
        width: 6,
        queries: [{ expr: of('hearthline_media_tick_late_max_seconds'), legend: 'thread {{worker}}' }],
        alarm: { at: 0.02 },
      },
      {
        title: 'RTP ports free, sessions',
        kind: 'timeseries',
        width: 6,
        queries: [
          { expr: `sum(${of('hearthline_media_ports_free')})`, legend: 'ports free' },
          { expr: `sum(${of('hearthline_media_sessions')})`, legend: 'sessions' },
        ],
      },
      {
        title: 'SIP dialogs',
        kind: 'timeseries',
        width: 6,
        queries: [{ expr: of('hearthline_sip_dialogs'), legend: 'dialogs' }],
      },
      {
        title: 'SIP refused and ended by us',
        kind: 'timeseries',
        width: 6,
        queries: [
          { expr: rate('hearthline_sip_overload_refused_total'), legend: 'overload' },
          { expr: rate('hearthline_sip_malformed_total'), legend: 'malformed' },
          { expr: rate('hearthline_sip_orphans_ended_total'), legend: 'orphans ended' },
          { expr: rate('hearthline_sip_control_refused_total'), legend: 'control refused' },
        ],
      },
      {
        title: 'Recordings',
        kind: 'timeseries',
        width: 6,
        queries: [
          { expr: `sum(${of('hearthline_media_recordings_running')})`, legend: 'running' },
          {
            expr: `increase(${of('hearthline_media_recordings_failed_total')}[$__rate_interval])`,
            legend: 'failed',
          },
        ],
      },
      {
        title: 'Differences mended',
        kind: 'timeseries',
        width: 6,
        queries: [
          { expr: `increase(${of('hearthline_drift_total')}[$__rate_interval])`, legend: '{{kind}}' },
        ],
        about: 'Always 0 in a healthy house.',
      },
    ],
  },
  {
    title: 'Machine and stores',
    height: 8,
    panels: [
      {
        title: 'Parts',
        kind: 'timeseries',
        max: 1,
        width: 6,
        queries: [
          { expr: of('hearthline_part_up'), legend: '{{part}}' },
          { expr: of('hearthline_channel_up'), legend: 'channel {{channel}}' },
        ],
      },
      {
        title: 'Event loop delay',
        kind: 'timeseries',
        unit: 's',
        width: 6,
        queries: [
          { expr: of('hearthline_loop_delay_p99_seconds'), legend: 'server p99' },
          { expr: of('hearthline_sip_loop_delay_p99_seconds'), legend: 'SIP engine p99' },
        ],
        alarm: { at: 0.02 },
      },
      {
        title: 'Log append',
        kind: 'timeseries',
        unit: 's',
        width: 6,
        queries: [
          {
            expr: `histogram_quantile(0.99, sum by (le) (${rate('hearthline_log_append_seconds_bucket')}))`,
            legend: 'p99',
          },
        ],
      },
      {
        title: 'Events that history lacks',
        kind: 'timeseries',
        width: 6,
        queries: [
          { expr: of('hearthline_projector_lag_events'), legend: 'history' },
          { expr: of('hearthline_figures_lag_events'), legend: 'roll-ups' },
          { expr: of('hearthline_log_unwritten_events'), legend: 'not in Redis' },
        ],
      },
      {
        title: 'Disk free',
        kind: 'timeseries',
        unit: 'percentunit',
        max: 1,
        width: 6,
        queries: [
          {
            expr: `${of('hearthline_disk_free_bytes')} / ${of('hearthline_disk_size_bytes')}`,
            legend: '{{place}}',
          },
        ],
        alarm: { at: 0.1, isBelow: true },
      },
      {
        title: 'Backups',
        kind: 'timeseries',
        unit: 'bytes',
        width: 6,
        queries: [
          { expr: of('hearthline_backup_size_bytes'), legend: 'last backup' },
          { expr: of('hearthline_backup_disk_free_bytes'), legend: 'free for backups' },
        ],
      },
      {
        title: 'Memory',
        kind: 'timeseries',
        unit: 'bytes',
        width: 6,
        queries: [
          { expr: of('hearthline_server_resident_bytes'), legend: 'server' },
          { expr: of('hearthline_sip_resident_bytes'), legend: 'SIP engine' },
        ],
      },
      {
        title: 'SIEM',
        kind: 'timeseries',
        width: 6,
        queries: [
          { expr: of('hearthline_siem_up'), legend: 'connected' },
          { expr: of('hearthline_siem_waiting_events'), legend: 'waiting' },
        ],
      },
      {
        title: 'Screens: event to pixel',
        kind: 'timeseries',
        unit: 's',
        width: 6,
        queries: [
          {
            expr: `histogram_quantile(0.99, sum by (le, scope) (${rate('hearthline_event_to_pixel_seconds_bucket')}))`,
            legend: '{{scope}} p99',
          },
        ],
      },
    ],
  },
];

const datasource = { type: 'prometheus', uid: '${datasource}' };

function thresholds(alarm: PanelSpec['alarm']) {
  if (!alarm) return { mode: 'absolute', steps: [{ color: 'green', value: null }] };
  const [before, after] = alarm.isBelow ? ['red', 'green'] : ['green', 'red'];
  return {
    mode: 'absolute',
    steps: [
      { color: before, value: null },
      { color: after, value: alarm.at },
    ],
  };
}

function panel(spec: PanelSpec, id: number, gridPos: object) {
  const { kind, title, unit = 'short', alarm, max, about, queries } = spec;
  const isStat = kind === 'stat';
  const isText = queries.some(({ legend }) => legend?.includes('{{version}}'));
  return {
    id,
    type: kind,
    title,
    ...(about !== undefined && { description: about }),
    datasource,
    gridPos,
    targets: queries.map(({ expr, legend }, index) => ({
      refId: String.fromCodePoint(65 + index),
      datasource,
      editorMode: 'code',
      expr,
      legendFormat: legend ?? '__auto',
      ...(isStat ? { instant: true, range: false } : { instant: false, range: true }),
    })),
    fieldConfig: {
      defaults: {
        unit,
        min: unit === 'percentunit' ? 0 : undefined,
        ...(max !== undefined && { max }),
        thresholds: thresholds(alarm),
      },
      overrides: [],
    },
    options: isStat
      ? {
          reduceOptions: { calcs: ['lastNotNull'], fields: '', values: false },
          textMode: isText ? 'name' : 'value',
          colorMode: alarm ? 'background' : 'value',
        }
      : { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } },
  };
}

function panels() {
  const made: object[] = [];
  let y = 0;
  for (const { title, height, panels: specs } of rows) {
    made.push({
      id: made.length + 1,
      type: 'row',
      title,
      collapsed: false,
      gridPos: { x: 0, y, w: 24, h: 1 },
      panels: [],
    });
    y += 1;
    let x = 0;
    for (const spec of specs) {
      if (x + spec.width > 24) {
        x = 0;
        y += height;
      }
      made.push(panel(spec, made.length + 1, { x, y, w: spec.width, h: height }));
      x += spec.width;
    }
    y += height;
  }
  return made;
}

const variable = (name: string, label: string, query: string) => ({
  name,
  label,
  type: 'query',
  datasource,
  query: { query, refId: name },
  refresh: 2,
  includeAll: true,
  multi: true,
  allValue: '.*',
  current: { text: 'All', value: '$__all' },
});

export const dashboard = () => ({
  uid: 'hearthline',
  title: 'Hearthline',
  tags: ['hearthline', 'contact-centre'],
  schemaVersion: 39,
  version: 1,
  editable: true,
  timezone: 'browser',
  refresh: '30s',
  time: { from: 'now-6h', to: 'now' },
  templating: {
    list: [
      { name: 'datasource', label: 'Prometheus', type: 'datasource', query: 'prometheus', current: {} },
      variable('instance', 'Machine', 'label_values(hearthline_ready, instance)'),
      variable('queue', 'Queue', 'label_values(hearthline_queue_waiting, queue)'),
    ],
  },
  annotations: { list: [] },
  panels: panels(),
});
