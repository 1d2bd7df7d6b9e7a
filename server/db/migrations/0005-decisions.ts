/**
 * Offers by time, by agent and by queue, newest first, and the sites that were in force: without these a question about
 * one agent would read the whole log. Partial: an event that is no offer costs nothing.
 */
export const decisionsMigration = {
  name: '0005-decisions',
  up: `
    create index events_offers on events (at desc, seq desc) where type = 'contact.offered';
    create index events_offers_agent on events (agent_id, at desc, seq desc) where type = 'contact.offered';
    create index events_offers_queue on events (queue_id, at desc, seq desc) where type = 'contact.offered';
    create index events_sites on events (seq desc) where type = 'site.applied';`,
  down: `
    drop index events_sites;
    drop index events_offers_queue;
    drop index events_offers_agent;
    drop index events_offers;`,
};
