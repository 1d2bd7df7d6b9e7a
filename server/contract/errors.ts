/**
 * The catalogue of refusals: every code that `AppError` may carry and a client may meet, with its HTTP
 * status and its meaning. Clients go by the code, never by the message. A test keeps this list,
 * docs/errors.md and the code equal. Imports nothing.
 */
export const errorCatalogue = {
  'bad-request': { status: 400, meaning: 'The request is malformed or a field is out of its limits.' },
  'sign-in-required': { status: 401, meaning: 'There is no valid session.' },
  'wrong-credentials': { status: 401, meaning: 'The user name or the password is wrong.' },
  forbidden: { status: 403, meaning: 'The session may not do this.' },
  'outside-view': { status: 403, meaning: 'It is not of the teams and queues that this user is limited to.' },
  'bad-origin': { status: 403, meaning: 'The request comes from another site, or its CSRF token is wrong.' },
  'not-found': { status: 404, meaning: 'There is no such thing, or it may not be seen.' },
  conflict: { status: 409, meaning: 'The thing is not in a state that allows this.' },
  'payload-too-large': { status: 413, meaning: 'The body is larger than the stated limit.' },
  'site-invalid': { status: 422, meaning: 'The site file has faults; details lists them with their places.' },
  'consent-needed': { status: 422, meaning: 'The consent is missing, or its text has changed meanwhile.' },
  'sender-refused': { status: 422, meaning: 'Nothing is taken from this sender.' },
  'attachment-refused': { status: 422, meaning: 'The file may not be sent or opened; details says why.' },
  'too-many-tries': { status: 429, meaning: 'Too many tries; details says when to come back.' },
  internal: { status: 500, meaning: 'A fault of ours; the log has it under the same request id.' },
  'not-ready': { status: 503, meaning: 'A part that is needed is not up yet; /healthz names it.' },
  'log-held': { status: 503, meaning: 'Another live server process writes the event log.' },
  'log-fenced': {
    status: 503,
    meaning: 'Another server process took the event log over; this one may not write any more.',
  },
  'log-full': {
    status: 503,
    meaning: 'Redis has been away so long that the stated number of unwritten events is reached.',
  },
  'log-closed': { status: 503, meaning: 'The server is shutting down; the event log takes nothing more.' },
} as const satisfies Record<string, { status: number; meaning: string }>;

export type ErrorCode = keyof typeof errorCatalogue;
