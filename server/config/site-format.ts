/**
 * A site as the text people edit: sections in one fixed order, each with a line saying what it is for,
 * entries in the order of the model, short lists on one line. The same site always gives the same text,
 * so two exports can be compared line by line.
 */
import { Document, isCollection, isMap, isNode, isScalar, isSeq, visit } from 'yaml';
import type { Site } from '../contract/site.ts';

const header = `
 The whole contact centre in one file: numbers, queues, agents, phones, trunks, prompts, hours.
 Check it:  npm run site -- check FILE
 Apply it:  npm run site -- import FILE   (all of it or, with any fault, nothing)`;

const sections: Record<keyof Site, string> = {
  site: ' The house: its time zone, the language of prompts where nothing else says, the SIP realm.\n Changing the realm makes every stored phone digest void.',
  routing:
    ' Rules for all queues: what a step of priority is worth in seconds of waiting (absent: priority is strict).',
  skills:
    ' What agents may know, at levels 1 to 10; queues and numbers ask for it: loans >= 3 and (tax or fraud >= 2).',
  numbers: ' What callers dial, and the queue each number leads to.',
  callers: ' Callers treated specially, by the number they call from.',
  queues: ' Where callers wait. Times are in seconds.',
  teams: ' Teams that agents belong to; figures are told by team.',
  agents:
    ' Who answers. An agent logs in at any phone with *10 and the PIN, or is tied to one phone.\n A PIN is 4-12 digits; an export shows its hash.',
  phones:
    ' Devices that may register. Write a password of at least 8 characters; an export shows its digest.',
  trunks: ' Where calls from outside may come from. Nothing else is let in.',
  prompts: ' Announcements of this site: text to be spoken, or a WAV file under prompts/custom, by language.',
  hours:
    ' Opening hours that numbers refer to: a week, holidays (sets it, ru, eu, or a calendar below), exceptions.\n A weekday that is not mentioned is closed.',
  mail: ' Mailboxes, the relay that takes answers, and our own listener. Secrets are files in the data directory.',
  widgets: ' Chat on your web sites.',
  forms: ' Requests from your web sites: by mail, or to be called back.',
  webhooks: ' Channels of third parties, by signed webhooks.',
  files: ' What may be attached, and the virus scanner.',
  callbacks: ' Calling customers back: by which trunk, and whom. Absent: nobody is called.',
  dispositions: ' What came of a contact, chosen by its agent.',
  syslog: ' Where security events go: the SIEM. Certificates are files in the data directory.',
  retention: ' After how many days text and recordings are forgotten. What is not named is kept for ever.',
  holidayCalendars: ' Holidays from iCal files, each copied here as it came.',
  shifts: ' Shifts of the floor, every day, in quarters of an hour: a window of boards.',
  displays: ' What enrolled televisions may show: agents by number, or by name.',
  notReadyReasons: ' Reasons an agent gives after *13.',
};

/** Lists of words, and small maps, read better on one line. */
function isShort(node: unknown): boolean {
  if (!isCollection(node) || node.items.length > 12) return false;
  if (isSeq(node)) return node.items.every((item) => isScalar(item));
  return (
    isMap(node) &&
    node.items.length <= 3 &&
    node.items.every((pair) => isScalar(pair.value) && String(pair.value.value).length <= 40)
  );
}

const flowKeys = new Set([
  'days',
  'closedOn',
  'greeting',
  'queues',
  'addresses',
  'origins',
  'aliases',
  'allow',
  'wants',
  'words',
  'serviceLevel',
  'wrapUp',
  'languages',
  'tierAfterSec',
  'tiers',
  'file',
]);

export function formatSite(site: Site): string {
  const ordered: Record<string, unknown> = {};
  for (const key of Object.keys(sections) as (keyof Site)[]) ordered[key] = site[key];
  const doc = new Document(ordered, { version: '1.2', aliasDuplicateObjects: false });
  doc.commentBefore = header.slice(1);
  if (!isMap(doc.contents)) return '';
  for (const pair of doc.contents.items) {
    if (!isScalar(pair.key)) continue;
    pair.key.commentBefore = sections[pair.key.value as keyof Site];
    pair.key.spaceBefore = true;
    if (isSeq(pair.value)) {
      if (pair.value.items.length === 0) pair.value.flow = true;
      else layOut(pair.value.items, pair.key.value as keyof Site);
    }
  }
  return doc.toString({ lineWidth: 0 });
}

function layOut(entries: unknown[], section: keyof Site): void {
  const isTable = section === 'notReadyReasons';
  for (const entry of entries) {
    if (!isNode(entry) || !isMap(entry)) continue;
    if (isTable) entry.flow = true;
    visit(entry, {
      Pair: (_key, pair) => {
        const name = isScalar(pair.key) ? String(pair.key.value) : '';
        if (isCollection(pair.value) && flowKeys.has(name) && isShort(pair.value)) pair.value.flow = true;
        if (rowKeys.has(name) && isSeq(pair.value)) for (const row of pair.value.items) flowRow(row);
      },
    });
  }
}

/** Whose entries read as rows. */
const rowKeys = new Set(['open', 'exceptions', 'special']);
const maxRowSlots = 3;

function flowRow(row: unknown): void {
  if (!isMap(row)) return;
  const open = row.get('open');
  if (!isSeq(open) || open.items.length <= maxRowSlots) row.flow = true;
}
