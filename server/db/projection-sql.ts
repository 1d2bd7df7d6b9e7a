/**
 * The statements that lay a batch's rows over history: one per table, each with one bound JSON parameter, so
 * that a batch of a thousand events costs a handful of round trips. Built once from the column lists below;
 * no value ever enters the text. Column rules: `set` the newest news wins, `add` counts add up, `sum` the same of what
 * may be unknown, `max` the largest wins, `first` the oldest.
 */
export type Rule = 'key' | 'set' | 'add' | 'sum' | 'max' | 'first';
type SqlType = 'text' | 'bigint' | 'integer' | 'boolean' | 'instant';
export type Columns = Record<string, readonly [SqlType, Rule]>;

/** In the parameter an instant is ms UTC; in the table it is a timestamptz. */
const recordType = (type: SqlType) => (type === 'instant' ? 'bigint' : type);
const value = (name: string, type: SqlType) =>
  type === 'instant' ? `to_timestamp(p.${name} / 1000.0)` : `p.${name}`;

/** Several keys make one. */
export function upsert(table: string, columns: Columns): string {
  const entries = Object.entries(columns);
  const names = entries.map(([name]) => name);
  const keys = entries.filter(([, [, rule]]) => rule === 'key').map(([name]) => name);
  const sets = entries.flatMap(([name, [, rule]]) => {
    if (rule === 'set') return [`${name} = coalesce(excluded.${name}, t.${name})`];
    if (rule === 'sum')
      return [`${name} = coalesce(t.${name} + excluded.${name}, excluded.${name}, t.${name})`];
    if (rule === 'max') return [`${name} = greatest(t.${name}, excluded.${name})`];
    return rule === 'add' ? [`${name} = t.${name} + excluded.${name}`] : [];
  });
  return `insert into ${table} as t (${names.join(', ')})
    select ${entries.map(([name, [type]]) => value(name, type)).join(', ')}
    from json_to_recordset($1::json) as p(${entries.map(([name, [type]]) => `${name} ${recordType(type)}`).join(', ')})
    on conflict (${keys.join(', ')}) do update set ${sets.join(', ')}`;
}

export const insertEventsSql = `insert into events (seq, id, type, at, v, contact_id, agent_id, queue_id, data, pii_data)
  select e.seq, e.id, e.type, to_timestamp(e.at / 1000.0), e.v, e."contactId", e."agentId", e."queueId",
         e.data - 'pii', e.data -> 'pii'
  from json_to_recordset($1::json) as e(seq bigint, id text, type text, at bigint, v smallint,
       "contactId" text, "agentId" text, "queueId" text, data jsonb)
  on conflict (seq) do nothing`;

/** An event that cannot be stored as such: kept as text under `fault`, so that the log stays complete. */
export const insertFaultySql = `insert into events (seq, id, type, at, v, data)
  values ($1::bigint, 'unreadable_' || $1::bigint, 'unreadable', now(), 1, jsonb_build_object('fault', $2::text, 'text', $3::text))
  on conflict (seq) do nothing`;

export const upsertContactsSql = upsert('contacts', {
  contact_id: ['text', 'key'],
  first_seq: ['bigint', 'first'],
  channel: ['text', 'set'],
  number_id: ['text', 'set'],
  queue_id: ['text', 'set'],
  language: ['text', 'set'],
  trunk_id: ['text', 'set'],
  phone_id: ['text', 'set'],
  pii_from: ['text', 'set'],
  pii_from_name: ['text', 'set'],
  arrived_at: ['instant', 'set'],
  queued_at: ['instant', 'set'],
  answered_at: ['instant', 'set'],
  ended_at: ['instant', 'set'],
  wait_ms: ['bigint', 'set'],
  talk_ms: ['bigint', 'sum'],
  hold_ms: ['bigint', 'sum'],
  agent_id: ['text', 'set'],
  is_in_target: ['boolean', 'set'],
  is_short_abandon: ['boolean', 'set'],
  flow_out_reason: ['text', 'set'],
  outcome: ['text', 'set'],
  ended_by: ['text', 'set'],
  reason: ['text', 'set'],
  offers: ['integer', 'add'],
  rona: ['integer', 'add'],
  transfers: ['integer', 'add'],
});

export const upsertSegmentsSql = upsert('segments', {
  offer_id: ['text', 'key'],
  contact_id: ['text', 'set'],
  agent_id: ['text', 'set'],
  queue_id: ['text', 'set'],
  phone_id: ['text', 'set'],
  attempt: ['integer', 'set'],
  offered_at: ['instant', 'set'],
  alerted_at: ['instant', 'set'],
  answered_at: ['instant', 'set'],
  ended_at: ['instant', 'set'],
  ring_ms: ['bigint', 'set'],
  result: ['text', 'set'],
});

/** After the upsert: an open segment of an ended contact ends with it. */
export const endSegmentsSql = `update segments as s
  set ended_at = to_timestamp(p.at / 1000.0), result = coalesce(s.result, 'contact-gone')
  from json_to_recordset($1::json) as p(contact_id text, at bigint)
  where s.contact_id = p.contact_id and s.ended_at is null`;

/** Before the insert: there is at most one open interval per agent. */
export const endIntervalsSql = `update agent_intervals as i set to_at = to_timestamp(p.at / 1000.0)
  from json_to_recordset($1::json) as p(agent_id text, at bigint)
  where i.agent_id = p.agent_id and i.to_at is null`;

export const insertIntervalsSql = `insert into agent_intervals
    (from_seq, agent_id, state, reason, is_system_reason, phone_id, contact_id, from_at, to_at)
  select p.from_seq, p.agent_id, p.state, p.reason, p.is_system_reason, p.phone_id, p.contact_id,
         to_timestamp(p.from_at / 1000.0), to_timestamp(p.to_at / 1000.0)
  from json_to_recordset($1::json) as p(from_seq bigint, agent_id text, state text, reason text,
       is_system_reason boolean, phone_id text, contact_id text, from_at bigint, to_at bigint)
  on conflict (from_seq) do nothing`;

export const upsertRecordingsSql = upsert('recordings', {
  recording_id: ['text', 'key'],
  first_seq: ['bigint', 'first'],
  contact_id: ['text', 'set'],
  agent_id: ['text', 'set'],
  queue_id: ['text', 'set'],
  offer_id: ['text', 'set'],
  file: ['text', 'set'],
  bytes: ['bigint', 'set'],
  duration_ms: ['bigint', 'set'],
  sha256: ['text', 'set'],
  started_at: ['instant', 'set'],
  ended_at: ['instant', 'set'],
  state: ['text', 'set'],
  failure: ['text', 'set'],
});
