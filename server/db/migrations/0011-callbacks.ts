/**
 * Customers who asked to be called back: their contacts are text contacts (the request is a message), and what is kept beside
 * is how often they were called and when the next try is due. No row: the first try, at once.
 */
export const callbacksMigration = {
  name: '0011-callbacks',
  up: `
    alter table text_contacts drop constraint text_contacts_work_check;
    alter table text_contacts add constraint text_contacts_work_check check (work in ('chat', 'mail', 'callback'));
    create table callback_tries (
      contact_id text primary key references text_contacts on delete cascade,
      attempt integer not null,
      faults integer not null,
      not_before timestamptz not null
    );
    create index threads_of_number on threads (pii_address) where channel_id = 'form';`,
  down: `
    drop index threads_of_number;
    drop table callback_tries;
    alter table text_contacts drop constraint text_contacts_work_check;
    update text_contacts set work = 'mail' where work = 'callback';
    alter table text_contacts add constraint text_contacts_work_check check (work in ('chat', 'mail'));`,
};
