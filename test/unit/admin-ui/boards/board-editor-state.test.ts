/** The editor of a board: whatever is done to it, the board stays one that can be shown and saved, and everything can be undone. */
import { expect } from 'chai';
import fc from 'fast-check';
import { boardSchema, widgetsAtMost } from '../../../../server/contract/boards.ts';
import { boardItself, faultsOf } from '../../../../admin-ui/admin/boards/board-draft.ts';
import {
  canUndo,
  type Command,
  type EditorState,
  openEditor,
  run,
  widgetOf,
} from '../../../../admin-ui/admin/boards/board-editor-state.ts';
import { kinds } from '../../../../admin-ui/admin/boards/board-kinds.ts';
import { fromTemplate, templateIds } from '../../../../admin-ui/admin/boards/templates.ts';

const empty = () => openEditor(fromTemplate('empty', 'Hall'));
const play = (state: EditorState, ...commands: Command[]) =>
  commands.reduce((now, command) => run(now, command).state, state);
const add = (kind: (typeof kinds)[number]): Command => ({ type: 'add', kind, newsText: 'Welcome' });
const cellsOf = (state: EditorState, widgetId: string) => {
  const { x, y, w, h } = widgetOf(state, widgetId)!;
  return [x, y, w, h];
};

describe('the editor of a board', () => {
  it('puts new widgets side by side into the first room, and selects them', () => {
    const state = play(empty(), add('number'), add('number'), add('gauge'));
    expect(cellsOf(state, 'number-1')).to.deep.equal([0, 0, 6, 3]);
    expect(cellsOf(state, 'number-2')).to.deep.equal([6, 0, 6, 3]);
    expect(cellsOf(state, 'gauge-1')).to.deep.equal([12, 0, 6, 4]);
    expect(state.selected).to.equal('gauge-1');
  });

  it('makes a widget smaller where there is no room for its whole size, and says when there is none at all', () => {
    const state = play(
      empty(),
      add('agents'),
      { type: 'place', widgetId: 'agents-1', cells: { x: 0, y: 0, w: 24, h: 10 } },
      add('number'),
    );
    expect(cellsOf(state, 'number-1')).to.deep.equal([0, 10, 6, 2]);
    const outcome = run(state, add('gauge'));
    expect(outcome.refusal).to.equal('no-room');
    expect(outcome.state.board).to.equal(state.board);
  });

  it('lets no widget lie over another or hang over the edge', () => {
    const state = play(empty(), add('number'), add('number'));
    const over = run(state, { type: 'place', widgetId: 'number-2', cells: { x: 5, y: 0, w: 6, h: 3 } });
    expect(over.refusal).to.equal('overlap');
    const out = run(state, { type: 'place', widgetId: 'number-2', cells: { x: 20, y: 0, w: 6, h: 3 } });
    expect(out.refusal).to.equal('outside');
    expect(out.state.board).to.equal(state.board);
    expect(run(state, { type: 'grow', widgetId: 'number-1', dw: 1, dh: 0 }).refusal).to.equal('overlap');
  });

  it('steps over what stands in the way, and stops at the edge', () => {
    const state = play(empty(), add('number'), add('number'));
    const jumped = run(state, { type: 'step', widgetId: 'number-1', dx: 1, dy: 0 });
    expect(cellsOf(jumped.state, 'number-1')).to.deep.equal([12, 0, 6, 3]);
    expect(run(state, { type: 'step', widgetId: 'number-1', dx: 0, dy: -1 }).refusal).to.equal('outside');
  });

  it('keeps a widget legible when it is made smaller', () => {
    const smaller = Array.from({ length: 9 }, () => ({
      type: 'grow' as const,
      widgetId: 'number-1',
      dw: -1,
      dh: -1,
    }));
    expect(cellsOf(play(empty(), add('number'), ...smaller), 'number-1')).to.deep.equal([0, 0, 3, 2]);
  });

  it('holds an entry that the schema refuses with its reason, while the board stays as it was', () => {
    const change = (changes: object): Command => ({
      type: 'change',
      of: 'news-1',
      changes: { ...changes },
    });
    const state = play(empty(), add('news'), change({ text: ' ', title: 'For all' }));
    expect(widgetOf(state, 'news-1')).to.include({ text: 'Welcome', title: 'For all' });
    expect(faultsOf(state, 'news-1')['text']?.code).to.equal('too_small');
    const left = play(state, { type: 'select', widgetId: undefined }, add('clock'));
    expect(left.drafts['news-1']).to.deep.equal({ text: ' ' });
    const right = play(left, change({ text: 'Fire drill at 3' }));
    expect(right.drafts).to.deep.equal({});
    expect(widgetOf(right, 'news-1')).to.include({ text: 'Fire drill at 3' });
  });

  it('takes no place, kind or id from a field', () => {
    const state = play(empty(), add('number'), add('clock'), {
      type: 'change',
      of: 'clock-1',
      changes: { x: 0, y: 0, widgetId: 'number-1', kind: 'news' },
    });
    expect(state).to.deep.equal(play(empty(), add('number'), add('clock')));
  });

  it('undoes typing in one field as one step', () => {
    const typed = ['H', 'Ha', 'Hall 2'].map((name): Command => ({
      type: 'change',
      of: boardItself,
      changes: { name },
      isTyping: true,
    }));
    const state = play(empty(), ...typed, { type: 'settle' }, ...typed.slice(0, 2));
    expect(state.board.name).to.equal('Ha');
    expect(play(state, { type: 'undo' }).board.name).to.equal('Hall 2');
    const start = play(state, { type: 'undo' }, { type: 'undo' });
    expect(start.board.name).to.equal('Hall');
    expect(canUndo(start)).to.equal(false);
    expect(play(start, { type: 'redo' }, { type: 'redo' }).board.name).to.equal('Ha');
  });

  it('remembers a hundred steps and more', () => {
    const steps = Array.from({ length: 120 }, (_, i): Command => ({
      type: 'step',
      widgetId: 'clock-1',
      dx: i % 2 === 0 ? 1 : -1,
      dy: 0,
    }));
    const state = play(empty(), add('clock'), ...steps);
    const undone = play(state, ...steps.map((): Command => ({ type: 'undo' })));
    expect(undone.board.widgets).to.have.length(1);
    expect(play(undone, { type: 'undo' }).board.widgets).to.deep.equal([]);
  });

  it('takes no more widgets than a board may have', () => {
    const widgets = Array.from({ length: widgetsAtMost }, (_, i) => ({
      kind: 'clock' as const,
      widgetId: `c${i}`,
      x: (i % 8) * 3,
      y: Math.floor(i / 8),
      w: 3,
      h: 1,
      hasSeconds: false,
    }));
    const state = openEditor({ ...fromTemplate('empty', 'Hall'), widgets });
    expect(run(state, add('clock')).refusal).to.equal('too-many');
  });
});

describe('any editing of a board', () => {
  const widgetId = fc.oneof(
    fc.constantFrom('waiting', 'queues', 'number-1', 'number-2', 'news-1', 'clock-1', 'absent'),
    fc.string({ maxLength: 3 }),
  );
  const cells = fc.record({
    x: fc.integer({ min: -2, max: 25 }),
    y: fc.integer({ min: -2, max: 13 }),
    w: fc.integer({ min: 0, max: 25 }),
    h: fc.integer({ min: 0, max: 13 }),
  });
  const by = fc.constantFrom(-1, 0, 1);
  const changes = fc.dictionary(
    fc.constantFrom(
      'title',
      'figure',
      'scopes',
      'thresholds',
      'text',
      'rows',
      'name',
      'quiet',
      'x',
      'window',
    ),
    fc.oneof(
      fc.string({ maxLength: 100 }),
      fc.integer(),
      fc.constant(undefined),
      fc.constantFrom('asa', 'today'),
      fc.array(fc.constantFrom('site', 'queue:a', 'queue a')),
      fc.record(
        { amber: fc.double(), from: fc.constant('08:00'), to: fc.constant('18:00') },
        { requiredKeys: [] },
      ),
    ),
  );
  const command: fc.Arbitrary<Command> = fc.oneof(
    fc.record({ type: fc.constant('select' as const), widgetId }),
    fc.record({ type: fc.constant('place' as const), widgetId, cells }),
    fc.record({ type: fc.constant('step' as const), widgetId, dx: by, dy: by }),
    fc.record({ type: fc.constant('grow' as const), widgetId, dw: by, dh: by }),
    fc.record({
      type: fc.constant('add' as const),
      kind: fc.constantFrom(...kinds),
      newsText: fc.constant('News'),
    }),
    fc
      .constantFrom(...fromTemplate('floor', 'Other').widgets)
      .map((widget): Command => ({ type: 'insert', widget })),
    fc.record({ type: fc.constant('remove' as const), widgetId }),
    fc.record({
      type: fc.constant('change' as const),
      of: fc.oneof(fc.constant(boardItself), widgetId),
      changes,
      isTyping: fc.boolean(),
    }),
    fc.constantFrom<Command>({ type: 'settle' }, { type: 'undo' }, { type: 'redo' }),
  );
  const start = fc.constantFrom(...templateIds).map((id) => openEditor(fromTemplate(id, 'Hall')));

  it('leaves a board that the schema takes as it is, and a selection that is there', () => {
    fc.assert(
      fc.property(start, fc.array(command, { maxLength: 40 }), (state, commands) => {
        let now = state;
        for (const one of commands) {
          now = run(now, one).state;
          expect(boardSchema.parse(now.board)).to.deep.equal(now.board);
          if (now.selected !== undefined) expect(widgetOf(now, now.selected)).to.not.equal(undefined);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('is undone to the start and redone to the end', () => {
    fc.assert(
      fc.property(start, fc.array(command, { maxLength: 40 }), (state, commands) => {
        const end = play(state, ...commands, { type: 'settle' });
        let [back, steps] = [end, 0];
        for (; canUndo(back); steps += 1) back = run(back, { type: 'undo' }).state;
        expect([back.board, back.drafts]).to.deep.equal([state.board, state.drafts]);
        let again = back;
        for (let i = 0; i < steps; i += 1) again = run(again, { type: 'redo' }).state;
        expect([again.board, again.drafts]).to.deep.equal([end.board, end.drafts]);
      }),
      { numRuns: 100 },
    );
  });
});

describe('templates of boards', () => {
  for (const id of templateIds)
    it(`${id} is a board`, () => {
      const board = fromTemplate(id, 'Hall', 'cards');
      expect(boardSchema.parse(board)).to.deep.equal(board);
    });

  it('fill the board, but for the empty one', () => {
    for (const id of templateIds.filter((one) => one !== 'empty')) {
      const { widgets } = fromTemplate(id, 'Hall');
      expect(
        widgets.reduce((sum, { w, h }) => sum + w * h, 0),
        id,
      ).to.equal(24 * 12);
    }
  });

  it('ask for the queue that was chosen', () => {
    const board = JSON.stringify(fromTemplate('queue', 'Cards', 'cards'));
    expect(board).to.include('queue:cards').and.not.include('"site"');
  });
});
