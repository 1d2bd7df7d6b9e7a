/** The list of boards, or the editor of the one that the address names. */
import './no-eval.ts';
import { pageQuery } from '../route.ts';
import { BoardEditor } from './board-editor.tsx';
import { BoardList } from './board-list.tsx';

export function BoardsPage() {
  const boardId = pageQuery.value.get('id');
  return boardId === null || boardId === '' ? <BoardList /> : <BoardEditor key={boardId} boardId={boardId} />;
}
