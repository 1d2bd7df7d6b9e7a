/** What the model of the text channels cannot see by itself: duplicates, and references to what is not there. */
import type { Site, SiteFault } from '../contract/site.ts';

type Path = (string | number)[];
type Report = (path: Path, message: string) => void;

export function textFaults(site: Site): SiteFault[] {
  const faults: SiteFault[] = [];
  const report: Report = (path, message) => void faults.push({ path, message });
  const queues = new Set(site.queues.map(({ id }) => id));
  const needQueue = (queue: string, path: Path) => {
    if (!queues.has(queue)) report(path, `there is no queue "${queue}"`);
  };
  checkIds(site, report);
  checkMail(site, report, needQueue);
  const forms = new Set((site.forms ?? []).map(({ id }) => id));
  const mailboxes = new Set((site.mail?.mailboxes ?? []).map(({ id }) => id));
  const hours = new Set(site.hours.map(({ id }) => id));
  (site.widgets ?? []).forEach((widget, i) => {
    needQueue(widget.queue, ['widgets', i, 'queue']);
    widget.topics.forEach((topic, k) => needQueue(topic.queue, ['widgets', i, 'topics', k, 'queue']));
    if (widget.hours !== undefined && !hours.has(widget.hours))
      report(['widgets', i, 'hours'], `there are no hours "${widget.hours}"`);
    if (widget.offlineForm !== undefined && !forms.has(widget.offlineForm))
      report(['widgets', i, 'offlineForm'], `there is no form "${widget.offlineForm}"`);
  });
  (site.forms ?? []).forEach((form, i) => {
    needQueue(form.queue, ['forms', i, 'queue']);
    form.topics.forEach((topic, k) => needQueue(topic.queue, ['forms', i, 'topics', k, 'queue']));
    if (form.wants.includes('mail') && form.mailbox === undefined)
      report(['forms', i], 'name the mailbox that answers by mail come from');
    if (form.mailbox !== undefined && !mailboxes.has(form.mailbox))
      report(['forms', i, 'mailbox'], `there is no mailbox "${form.mailbox}"`);
  });
  (site.webhooks ?? []).forEach((webhook, i) => needQueue(webhook.queue, ['webhooks', i, 'queue']));
  return faults;
}

function checkIds(site: Site, report: Report): void {
  const lists: [Path, readonly { id: string }[]][] = [
    [['mail', 'mailboxes'], site.mail?.mailboxes ?? []],
    [['widgets'], site.widgets ?? []],
    [['forms'], site.forms ?? []],
    [['webhooks'], site.webhooks ?? []],
    [['dispositions'], site.dispositions ?? []],
  ];
  for (const [path, list] of lists) {
    const seen = new Set<string>();
    list.forEach(({ id }, i) => {
      if (seen.has(id)) report([...path, i, 'id'], `"${id}" is already used`);
      seen.add(id);
    });
  }
}

function checkMail(site: Site, report: Report, needQueue: (queue: string, path: Path) => void): void {
  const { mail } = site;
  if (!mail) return;
  const owners = new Map<string, number>();
  mail.mailboxes.forEach((mailbox, i) => {
    const path = ['mail', 'mailboxes', i];
    needQueue(mailbox.queue, [...path, 'queue']);
    mailbox.topics.forEach((topic, k) => needQueue(topic.queue, [...path, 'topics', k, 'queue']));
    for (const address of [mailbox.address, ...mailbox.aliases].map((one) => one.toLowerCase())) {
      if (owners.has(address)) report([...path, 'address'], `"${address}" is another mailbox's already`);
      owners.set(address, i);
    }
    if (!mailbox.imap && !mail.listener)
      report(path, 'nothing is delivered here: give it imap, or the house a listener');
  });
  const { listener } = mail;
  if (listener && (listener.certificate === undefined) !== (listener.key === undefined))
    report(['mail', 'listener'], 'a certificate needs its key, and a key its certificate');
}
