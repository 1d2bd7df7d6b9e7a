/** Every migration, in order, by name: a list and no folder scan, so that the built product has the same. */
import { eventLogMigration } from './0001-event-log.ts';
import { historyMigration } from './0002-history.ts';
import { siteMigration } from './0003-site.ts';
import { peopleMigration } from './0004-people.ts';
import { decisionsMigration } from './0005-decisions.ts';
import { transfersMigration } from './0006-transfers.ts';
import { textMigration } from './0007-text.ts';
import { chatMigration } from './0009-chat.ts';
import { textBoundsMigration } from './0010-text-bounds.ts';
import { callbacksMigration } from './0011-callbacks.ts';
import { textUndeliveredMigration } from './0012-text-undelivered.ts';
import { rawMailMigration } from './0008-raw-mail.ts';
import { quarantineMigration } from './0013-quarantine.ts';
import { channelUseMigration } from './0014-channel-use.ts';
import { customersMigration } from './0015-customers.ts';
import { boardsMigration } from './0016-boards.ts';
import { alertsMigration } from './0017-alerts.ts';
import { figuresMigration } from './0018-figures.ts';
import { userViewMigration } from './0019-user-view.ts';
import { firstContactMigration } from './0020-first-contact.ts';
import { responseTimeMigration } from './0021-response-time.ts';
import { lostStaysMigration } from './0022-lost-stays.ts';
import { coveredFactsMigration } from './0023-covered-facts.ts';
import { channelSlotsMigration } from './0024-channel-slots.ts';

export interface Migration {
  name: string;
  up: string;
  down: string;
}

export const migrations: readonly Migration[] = [
  eventLogMigration,
  historyMigration,
  siteMigration,
  peopleMigration,
  decisionsMigration,
  transfersMigration,
  textMigration,
  rawMailMigration,
  chatMigration,
  textBoundsMigration,
  callbacksMigration,
  textUndeliveredMigration,
  quarantineMigration,
  channelUseMigration,
  customersMigration,
  boardsMigration,
  alertsMigration,
  figuresMigration,
  userViewMigration,
  firstContactMigration,
  responseTimeMigration,
  lostStaysMigration,
  coveredFactsMigration,
  channelSlotsMigration,
];
