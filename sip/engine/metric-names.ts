/** Every counter of the engine with what it counts: each stands at 0 from the start, so that its first increase shows. */
export const counterHelp = {
  messages_received_total: 'SIP messages received',
  requests_sent_total: 'Requests sent for apps',
  dialogs_total: 'Dialogs begun',
  retransmissions_absorbed_total: 'Messages that came again and were answered from memory',
  malformed_total: 'Messages answered with an error since they break the rules of SIP',
  dropped_total: 'Messages dropped without an answer',
  held_total: 'Requests held for an app that was coming back',
  overload_refused_total: 'Requests answered with 503 since there was too much',
  orphans_ended_total: 'Calls ended since their app did not come back',
  own_byes_total: 'Calls ended by the engine itself',
  ack_timeouts_total: 'Answered calls that were never confirmed',
  losing_forks_total: 'Further answers to a call that was answered already',
  stray_responses_total: 'Responses that belong to nothing',
  internal_failures_total: 'Requests that could not be passed on to an app',
  control_refused_total: 'Control connections refused, wrong secrets among them',
  send_errors_total: 'Messages that the kernel did not take',
  faults_total: 'Faults of our own: always 0',
} as const;

export type CounterName = keyof typeof counterHelp;

export const gaugeHelp = {
  dialogs: 'Dialogs that are up',
  server_transactions: 'Transactions of received requests',
  client_transactions: 'Transactions of sent requests',
  apps: 'Apps that are connected: 1 while the server is there',
  held_requests: 'Requests held now for an app that is coming back',
  open_app_requests: 'Requests whose answer an app waits for or owes',
  tcp_connections: 'SIP connections over TCP',
  timers: 'Timers that are running',
  resident_bytes: 'Memory of the process',
  loop_delay_p99_seconds: 'Delay of the event loop since the last scrape, 99th percentile',
  loop_delay_max_seconds: 'Delay of the event loop since the last scrape, the worst',
} as const;

export type GaugeName = keyof typeof gaugeHelp;

/** Counted by the system, read at a scrape. */
export const totalHelp = {
  cpu_user_seconds_total: 'Processor time of the process in its own code',
  cpu_system_seconds_total: 'Processor time of the process in the kernel',
} as const;

export type TotalName = keyof typeof totalHelp;
