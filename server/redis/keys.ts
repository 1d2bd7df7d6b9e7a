/**
 * Every key of ours in Redis, in one place, all under one prefix, so that a test or a second installation
 * can share an instance. Keys hold no personal data; values may.
 */
export interface RedisKeys {
  /** The event stream; entry ids are `<seq>-1`. */
  stream: string;
  /** Who may append: the value is the writer's name, it expires unless renewed. */
  lease: string;
  /** Grows with every take-over of the log. */
  epoch: string;
  /** Two generations of the state's snapshot. */
  snapshot: (generation: 'a' | 'b') => string;
  legs: string;
  bindings: string;
}

export function createKeys(prefix = 'hl'): RedisKeys {
  return {
    stream: `${prefix}:log`,
    lease: `${prefix}:log:writer`,
    epoch: `${prefix}:log:epoch`,
    snapshot: (generation) => `${prefix}:snapshot:${generation}`,
    legs: `${prefix}:sip:legs`,
    bindings: `${prefix}:sip:bindings`,
  };
}

export const defaultKeys = createKeys();
