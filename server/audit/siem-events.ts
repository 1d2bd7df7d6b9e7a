/**
 * What the SIEM is told of each entry of the audit trail: how grave it is, in which words, and which of its details go along.
 * Details are left out unless they are named here: reasons are typed by people and may name customers, blocked senders are
 * addresses of customers. docs/siem-events.md is written out of this list; a test keeps it whole and equal.
 */

/** RFC 5424 §6.2.1. */
export const severities = { critical: 2, error: 3, warning: 4, notice: 5, info: 6 } as const;
/** Security and authorization messages; log audit. */
export const facilities = { auth: 10, audit: 13 } as const;

export interface SiemEvent {
  severity: keyof typeof severities;
  facility: keyof typeof facilities;
  /** In ASCII, so that it needs no mark of its encoding. */
  says: string;
  /** Details that go along. */
  fields?: readonly string[];
}

const auth = (severity: SiemEvent['severity'], says: string, ...fields: string[]): SiemEvent => ({
  facility: 'auth',
  severity,
  says,
  ...(fields.length > 0 && { fields }),
});
const audit = (severity: SiemEvent['severity'], says: string, ...fields: string[]): SiemEvent => ({
  facility: 'audit',
  severity,
  says,
  ...(fields.length > 0 && { fields }),
});

export const siemEvents = {
  'sign-in.succeeded': auth('info', 'A user signed in', 'address'),
  'sign-in.refused': auth('warning', 'A sign-in was refused', 'address', 'reason'),
  'sign-in.locked-out': auth(
    'error',
    'Too many tries to sign in: further ones have to wait',
    'address',
    'by',
    'waitSec',
  ),
  'session.ended': auth('info', 'A user signed out'),
  'session.revoked': auth('notice', 'A session was ended from the list'),
  'password.changed': auth('notice', 'A user changed the password'),
  'password.reset': auth('warning', 'An administrator reset a password'),
  'user.password-reset': auth('warning', 'A password was reset by a command on the machine itself'),
  'setup.completed': auth('warning', 'The first administrator was made', 'address'),
  'setup-secret.renewed': auth('warning', 'The one-time secret of the first administrator was renewed'),
  'user.created': auth('warning', 'A user was made', 'role'),
  'user.changed': auth('warning', 'A user or the rights of a user were changed', 'role', 'isDisabled'),
  'display.approved': auth('notice', 'A display was enrolled'),
  'display.approval-refused': auth('warning', 'A wrong code of a display was typed', 'reason'),
  'display.revoked': auth('notice', 'A display was shut out'),
  'display.renamed': audit('info', 'A display was renamed'),
  'display.settings-changed': audit('info', 'A display shows something else'),
  'agent.logged-in': audit('info', 'An agent logged in from the page'),
  'agent.switched': audit('notice', 'A supervisor changed the state of an agent', 'to', 'when'),
  'contact.returned': audit(
    'notice',
    'A supervisor took a contact out of the hands of an agent',
    'agentId',
    'queueId',
  ),
  'site.imported': audit('warning', 'A site file was put in force'),
  'site.import-refused': audit('notice', 'A site file was refused', 'faults'),
  'emergency.switched-on': audit('warning', 'The emergency switch was switched on'),
  'emergency.switched-off': audit('notice', 'The emergency switch was switched off'),
  'recording.opened': audit(
    'notice',
    'A recording was opened for listening; the reason is in the audit trail',
  ),
  'recording.played': audit('notice', 'A recording was listened to; the reason is in the audit trail'),
  'consents.exported': audit('warning', 'Consents of customers were exported', 'format', 'from', 'to'),
  'quarantine.downloaded': audit('notice', 'A mail was downloaded from the quarantine'),
  'quarantine.released': audit('notice', 'A mail was released from the quarantine'),
  'quarantine.deleted': audit('notice', 'A mail was deleted from the quarantine'),
  'block.added': audit('notice', 'A sender was blocked'),
  'block.removed': audit('notice', 'A sender is no longer blocked'),
  'board.created': audit('info', 'A board was made'),
  'board.changed': audit('info', 'A board was changed'),
  'board.removed': audit('info', 'A board was removed'),
  'alert-rule.added': audit('notice', 'A rule of alerts was made'),
  'alert-rule.changed': audit('notice', 'A rule of alerts was changed'),
  'alert-rule.removed': audit('notice', 'A rule of alerts was removed'),
  'alert.acknowledged': audit('info', 'An alert was acknowledged'),
  'customer.chosen': audit('info', 'A contact was put to the card of a customer'),
  'customer.linked': audit('info', 'An address was put to the card of a customer'),
  'customer.named': audit('info', 'A provisional card of a customer was named'),
  'retention.applied': audit(
    'notice',
    'Text or recordings were forgotten by their age',
    'threads',
    'messages',
    'files',
    'rawMails',
    'recordings',
  ),
  'maintenance.announced': audit('notice', 'Maintenance is announced to callers', 'until'),
  'maintenance.ended': audit('notice', 'Maintenance is no longer announced'),
  'audit.verified': audit('notice', 'The audit trail was verified', 'isIntact', 'checked'),
  'audit.broken': audit(
    'critical',
    'The audit trail is broken: an entry was changed, inserted or removed',
    'fault',
    'entry',
  ),
  'key.rotated': audit('warning', 'A secret of the house was exchanged'),
  'certificate.changed': audit(
    'notice',
    'The pages have another certificate',
    'names',
    'until',
    'issuer',
    'fingerprint',
    'happenedAt',
  ),
  'backup.done': audit('info', 'A backup was made', 'bytes', 'freeBytes', 'happenedAt'),
  'backup.failed': audit('error', 'A backup failed', 'reason', 'happenedAt'),
  'backup.restored': audit('warning', 'A backup was restored', 'happenedAt'),
  'upgrade.done': audit('warning', 'Another release is in force', 'version', 'from', 'happenedAt'),
  'upgrade.failed': audit('error', 'An upgrade failed', 'version', 'from', 'reason', 'happenedAt'),
  'upgrade.rolled-back': audit(
    'warning',
    'The release before is in force again',
    'version',
    'from',
    'happenedAt',
  ),
  'residency.unknown-connection': audit(
    'critical',
    'A connection that nothing in the site explains',
    'address',
    'port',
    'protocol',
    'process',
    'happenedAt',
  ),
  'residency.signed': audit('notice', 'The statement of what left the building was signed', 'happenedAt'),
  'service.started': audit('notice', 'The server started', 'version', 'commit', 'happenedAt'),
  'service.stopped': audit('notice', 'The server was stopped in order', 'happenedAt'),
  'service.lost': audit('error', 'A part of the house is gone', 'happenedAt'),
  'service.back': audit('notice', 'A part of the house is back', 'happenedAt'),
  'siem.skipped': audit(
    'error',
    'Too much waited for the SIEM: entries were skipped and are in the audit trail alone',
    'count',
    'fromEntry',
    'toEntry',
  ),
} as const satisfies Readonly<Record<string, SiemEvent>>;

/** Of an action that is not in the list, which the test of it forbids: it is told, without details. */
const other = audit('notice', 'An entry of the audit trail');

export const siemEventOf = (action: string): SiemEvent =>
  Object.hasOwn(siemEvents, action) ? siemEvents[action as keyof typeof siemEvents] : other;
