/** What is found about a machine before anything is done to it: what is so and what to do about it. */
export interface Finding {
  level: 'ok' | 'warning' | 'fault';
  what: string;
  remedy?: string;
}

export const ok = (what: string): Finding => ({ level: 'ok', what });
export const warning = (what: string, remedy: string): Finding => ({ level: 'warning', what, remedy });
export const fault = (what: string, remedy: string): Finding => ({ level: 'fault', what, remedy });
