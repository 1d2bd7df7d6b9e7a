/** The nightly statements of the figures, as they were made. */
import { QueryTypes, type Sequelize } from 'sequelize';
import type { FigureStatement } from '../../contract/rest-reports.ts';

export interface StatementRepo {
  save(statement: FigureStatement): Promise<void>;
  /** Of the day that began then. */
  has(from: number): Promise<boolean>;
  newest(atMost: number): Promise<FigureStatement[]>;
}

const ms = (column: string) => `round(extract(epoch from ${column}) * 1000)::bigint`;

interface Row {
  day_from: string;
  day_to: string;
  made_at: string;
  seq: string;
  compared: number;
  differences: FigureStatement['differences'];
}

export function createStatementRepo(sequelize: Sequelize): StatementRepo {
  return {
    async save({ from, to, madeAt, seq, compared, differences }) {
      await sequelize.query(
        `insert into figure_statements (day_from, day_to, made_at, seq, compared, differences)
         values (to_timestamp($1::bigint / 1000.0), to_timestamp($2::bigint / 1000.0), to_timestamp($3::bigint / 1000.0), $4, $5, $6::jsonb)
         on conflict (day_from) do nothing`,
        { bind: [from, to, madeAt, seq, compared, JSON.stringify(differences)], type: QueryTypes.RAW },
      );
    },
    async has(from) {
      const rows = await sequelize.query<object>(
        'select 1 from figure_statements where day_from = to_timestamp($1::bigint / 1000.0)',
        { bind: [from], type: QueryTypes.SELECT },
      );
      return rows.length > 0;
    },
    async newest(atMost) {
      const rows = await sequelize.query<Row>(
        `select ${ms('day_from')} as day_from, ${ms('day_to')} as day_to, ${ms('made_at')} as made_at, seq, compared, differences
         from figure_statements s order by s.day_from desc limit $1`,
        { bind: [atMost], type: QueryTypes.SELECT },
      );
      return rows.map((row) => ({
        from: Number(row.day_from),
        to: Number(row.day_to),
        madeAt: Number(row.made_at),
        seq: Number(row.seq),
        compared: row.compared,
        differences: row.differences,
      }));
    },
  };
}
