/** Boards as the API shows them, and what the audit trail keeps of one: never the whole document. */
import type { BoardRow } from '../../contract/boards.ts';

export const presentBoard = ({ boardId, version, board, updatedAt, updatedBy }: BoardRow): BoardRow => ({
  boardId,
  version,
  board,
  updatedAt,
  updatedBy,
});

export const auditedBoard = ({ version, board }: BoardRow): Record<string, unknown> => ({
  name: board.name,
  version,
  widgets: board.widgets.length,
});
