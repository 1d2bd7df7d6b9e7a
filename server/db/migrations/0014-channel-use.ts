/**
 * For the questions of the page of channels: when a contact last came by each of them and how many did of late, without a
 * walk through all of history; calls out by trunk, which contacts do not tell; consents by time, for their export, and by
 * thread, for those that are forgotten with it. A long history takes longer to index than a statement may take otherwise.
 */
export const channelUseMigration = {
  name: '0014-channel-use',
  up: `
    set local statement_timeout = 0;
    create index contacts_number on contacts (number_id, arrived_at);
    create index contacts_trunk on contacts (trunk_id, arrived_at) where trunk_id is not null;
    create index events_dialled on events ((data ->> 'trunkId'), at) where type = 'contact.dialled';
    create index consents_at on consents (at, consent_id);
    create index consents_thread on consents (thread_id);`,
  down: `
    drop index consents_thread;
    drop index consents_at;
    drop index events_dialled;
    drop index contacts_trunk;
    drop index contacts_number;`,
};
