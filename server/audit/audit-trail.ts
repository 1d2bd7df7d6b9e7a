/**
 * The audit trail: who did what, when, to what, in a hash chain. Each entry's hash covers the one before it, so a
 * changed, inserted or deleted row shows in `verify`; that the newest rows were cut off shows only against a head
 * hash noted down elsewhere, which is why `verify` tells it.
 * Race stopped: appends take an advisory lock in their transaction, so that two processes never chain to the same
 * entry; within the process they wait in line, so that a burst holds one connection and not the whole pool.
 */
import { createHash } from 'node:crypto';
import { QueryTypes } from 'sequelize';
import type { Sequelize, Transaction } from 'sequelize';
import { canonicalJson, cleanText, toPlain } from './canonical-json.ts';

export interface AuditAppend {
  /** `user:<name>`, `display:<id>`, `local` (the Unix socket), `stranger`. */
  actor: string;
  /** `noun.past-tense-verb`. */
  action: string;
  target?: string;
  /** No secrets; personal data only where the action cannot be told without it. */
  details?: Record<string, unknown>;
}

export interface AuditRecord {
  seq: number;
  /** ms UTC */
  at: number;
  actor: string;
  action: string;
  target?: string;
  details: Record<string, unknown>;
  hash: string;
}

export interface AuditVerdict {
  isIntact: boolean;
  checked: number;
  headHash?: string;
  firstFaultSeq?: number;
  fault?: string;
}

export interface AuditTrail {
  append(entry: AuditAppend): Promise<void>;
  /** Newest first; `before`: entries with a smaller seq only. */
  list(limit: number, before?: number): Promise<AuditRecord[]>;
  verify(): Promise<AuditVerdict>;
  /** The newest entry; `seq` 0 before the first. */
  head(): Promise<{ seq: number; hash: string }>;
  /**
   * Entries behind `afterSeq`, oldest first, each checked against the one before it; `prevHash`: the hash of that entry, left out
   * where it is not known.
   */
  follow(afterSeq: number, prevHash: string | undefined, limit: number): Promise<FollowedEntry[]>;
}

export interface FollowedEntry extends AuditRecord {
  /** Where the chain is broken at this entry, in words. */
  fault?: string;
}

/** An entry as `auditColumns` reads it. */
export interface AuditRow {
  seq: string;
  at_ms: string;
  actor: string;
  action: string;
  /** Empty: none. */
  target: string;
  details: Record<string, unknown> | null;
  prev_hash: string;
  hash: string;
}

/** Any constant that nothing else in this database locks. */
const lockKey = 4_127_720_001;
export const genesisHash = '0'.repeat(64);
/** Small enough not to hold the loop. */
const verifyBatch = 500;
export const auditColumns = `seq, round(extract(epoch from at) * 1000)::bigint AS at_ms, actor, action, target, details, prev_hash, hash`;

/** What the hash of an entry is over, beside the one before: one line of JSON. */
export const auditText = (entry: Omit<AuditRecord, 'hash'>): string =>
  canonicalJson(
    toPlain({
      seq: entry.seq,
      at: entry.at,
      actor: entry.actor,
      action: entry.action,
      target: entry.target ?? '',
      details: entry.details,
    }),
  );

export function auditHash(prevHash: string, entry: Omit<AuditRecord, 'hash'>): string {
  const text = auditText(entry);
  return createHash('sha256').update(prevHash).update('\n').update(text, 'utf8').digest('hex');
}

export const auditRecordOf = (row: AuditRow): AuditRecord => ({
  seq: Number(row.seq),
  at: Number(row.at_ms),
  actor: row.actor,
  action: row.action,
  ...(row.target === '' ? {} : { target: row.target }),
  details: row.details ?? {},
  hash: row.hash,
});

const plainText = (text: string) => cleanText(text.slice(0, 300));

export function createAuditTrail(sequelize: Sequelize, clock: { now(): number }): AuditTrail {
  let tail: Promise<unknown> = Promise.resolve();

  const insert = async (entry: AuditAppend, transaction: Transaction): Promise<void> => {
    await sequelize.query('SELECT pg_advisory_xact_lock($1)', { bind: [lockKey], transaction, raw: true });
    const [last] = await sequelize.query<{ seq: string; hash: string }>(
      'SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1',
      { type: QueryTypes.SELECT, transaction },
    );
    const prevHash = last?.hash ?? genesisHash;
    const details = toPlain(entry.details ?? {});
    const record = {
      seq: Number(last?.seq ?? 0) + 1,
      at: Math.floor(clock.now()),
      actor: plainText(entry.actor),
      action: plainText(entry.action),
      ...(entry.target === undefined || entry.target === '' ? {} : { target: plainText(entry.target) }),
      // A record stays a record through toPlain; the compiler cannot see that.
      details: details as Record<string, unknown>,
    };
    await sequelize.query(
      `INSERT INTO audit (seq, at, actor, action, target, details, prev_hash, hash)
       VALUES ($1, to_timestamp($2::bigint / 1000.0), $3, $4, $5, $6::jsonb, $7, $8)`,
      {
        bind: [
          record.seq,
          record.at,
          record.actor,
          record.action,
          record.target ?? '',
          JSON.stringify(details),
          prevHash,
          auditHash(prevHash, record),
        ],
        transaction,
      },
    );
  };

  const faultOf = (row: AuditRow, expectedSeq: number, prevHash: string): string | undefined => {
    const record = auditRecordOf(row);
    if (record.seq !== expectedSeq) return `entry ${expectedSeq} is missing`;
    if (row.prev_hash !== prevHash) return 'it does not follow from the entry before';
    return auditHash(prevHash, record) === row.hash ? undefined : 'it was changed';
  };

  return {
    append(entry) {
      const mine = tail.then(() => sequelize.transaction((transaction) => insert(entry, transaction)));
      tail = mine.catch(() => undefined);
      return mine;
    },
    async list(limit, before) {
      const rows = await sequelize.query<AuditRow>(
        `SELECT ${auditColumns} FROM audit WHERE seq < $1 ORDER BY seq DESC LIMIT $2`,
        { bind: [before ?? Number.MAX_SAFE_INTEGER, limit], type: QueryTypes.SELECT },
      );
      return rows.map(auditRecordOf);
    },
    async head() {
      const [last] = await sequelize.query<{ seq: string; hash: string }>(
        'SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1',
        { type: QueryTypes.SELECT },
      );
      return last ? { seq: Number(last.seq), hash: last.hash } : { seq: 0, hash: genesisHash };
    },
    async follow(afterSeq, prevHash, limit) {
      const rows = await sequelize.query<AuditRow>(
        `SELECT ${auditColumns} FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2`,
        { bind: [afterSeq, limit], type: QueryTypes.SELECT },
      );
      let before = { seq: afterSeq, hash: prevHash };
      return rows.map((row) => {
        const record = auditRecordOf(row);
        const fault = faultOf(row, before.seq + 1, before.hash ?? row.prev_hash);
        before = { seq: record.seq, hash: row.hash };
        return { ...record, ...(fault !== undefined && { fault }) };
      });
    },
    async verify() {
      let prevHash = genesisHash;
      let checked = 0;
      for (;;) {
        const rows = await sequelize.query<AuditRow>(
          `SELECT ${auditColumns} FROM audit WHERE seq > $1 ORDER BY seq LIMIT $2`,
          { bind: [checked, verifyBatch], type: QueryTypes.SELECT },
        );
        for (const row of rows) {
          const fault = faultOf(row, checked + 1, prevHash);
          if (fault !== undefined)
            return { isIntact: false, checked, firstFaultSeq: Number(row.seq), fault, headHash: prevHash };
          prevHash = row.hash;
          checked += 1;
        }
        if (rows.length < verifyBatch)
          return { isIntact: true, checked, ...(checked === 0 ? {} : { headHash: prevHash }) };
      }
    },
  };
}
