/** Contacts as history has them, newest first. */
import { Op, QueryTypes } from 'sequelize';
import type { Sequelize } from 'sequelize';
import type { ContactRow } from '../../contract/rest.ts';
import type { Within } from '../../contract/user-view.ts';
import { createContactModel } from '../models/history-models.ts';
import type { ContactModel } from '../models/history-models.ts';
import { optional } from './optional.ts';
import { beforeSeq, toPage } from './page.ts';
import type { Page, PageQuery } from './page.ts';
import { contactWithin, lookThrough, withinBind } from './within.ts';

export interface ContactRepo {
  /** `within`: those alone. */
  list(query: PageQuery, within?: Within): Promise<Page<ContactRow>>;
  isWithin(contactId: string, within: Within): Promise<boolean>;
  byId(contactId: string): Promise<ContactRow | undefined>;
  byIds(contactIds: readonly string[]): Promise<Map<string, ContactRow>>;
}

const millis = (instant: Date | null) => (instant === null ? null : instant.getTime());
const count = (value: string | null) => (value === null ? null : Number(value));

export function piiOf(contact: ContactModel | null | undefined): { from: string; fromName?: string } | null {
  if (!contact || contact.piiFrom === null) return null;
  return { from: contact.piiFrom, ...optional({ fromName: contact.piiFromName }) };
}

function present(row: ContactModel): ContactRow {
  return {
    contactId: row.contactId,
    channel: row.channel ?? 'voice',
    arrivedAt: row.arrivedAt?.getTime() ?? 0,
    ...optional({
      numberId: row.numberId,
      queueId: row.queueId,
      agentId: row.agentId,
      queuedAt: millis(row.queuedAt),
      answeredAt: millis(row.answeredAt),
      endedAt: millis(row.endedAt),
      outcome: row.outcome,
      endedBy: row.endedBy,
      reason: row.reason,
      waitMs: count(row.waitMs),
      talkMs: count(row.talkMs),
      holdMs: count(row.holdMs),
      pii: piiOf(row),
    }),
  };
}

export function createContactRepo(sequelize: Sequelize): ContactRepo {
  const contacts = createContactModel(sequelize);
  const listWithin = async (query: PageQuery, within: Within): Promise<Page<ContactRow>> => {
    const rule = { table: 'contacts', id: 'contact_id', listed: 'true', within: contactWithin } as const;
    const { ids, ...next } = await lookThrough(sequelize, rule, within, query);
    const rows = await contacts.findAll({
      where: { contactId: { [Op.in]: ids } },
      order: [['firstSeq', 'DESC']],
    });
    return { items: rows.map(present), ...next };
  };
  return {
    async list(query, within) {
      if (within) return listWithin(query, within);
      const rows = await contacts.findAll({
        where: { firstSeq: { [Op.lt]: beforeSeq(query) } },
        order: [['firstSeq', 'DESC']],
        limit: query.limit + 1,
      });
      return toPage(rows, query.limit, present);
    },
    async isWithin(contactId, within) {
      const rows = await sequelize.query(
        `select 1 from contacts t where t.contact_id = $4 and ${contactWithin}`,
        { bind: [...withinBind(within), contactId], type: QueryTypes.SELECT },
      );
      return rows.length > 0;
    },
    async byId(contactId) {
      const row = await contacts.findByPk(contactId);
      return row ? present(row) : undefined;
    },
    async byIds(contactIds) {
      const rows = await contacts.findAll({ where: { contactId: { [Op.in]: [...contactIds] } } });
      return new Map(rows.map((row) => [row.contactId, present(row)]));
    },
  };
}
