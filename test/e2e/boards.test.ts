/** Boards in a real browser: laid out by pointer and by keys, undone, saved, fought over; and what displays show of them. */
import { expect } from 'chai';
import type { Frame, Page } from 'playwright-core';
import type { BoardTree, Widget } from '../../server/contract/boards.ts';
import { fromTemplate } from '../../admin-ui/admin/boards/templates.ts';
import { consoleStage, signIn } from '../support/console-stage.ts';
import { findOverflow, until } from '../support/ui-browser.ts';

/** A wallboard that says it is ready and keeps the last tree it was told. */
const standInWallboard = `<!doctype html><title>preview</title><script>
  addEventListener('message', (event) => {
    if (event.origin === location.origin && event.data.kind === 'hearthline-preview') self.told = event.data;
  });
  parent.postMessage({ kind: 'hearthline-preview-ready' }, location.origin);
</script>`;
interface Told {
  tree: BoardTree;
  language: string;
}

describe('boards in the browser', function () {
  this.timeout(60_000);
  const stage = consoleStage({ lasts: 'test' });
  let page: Page;
  let errors: string[] = [];

  async function open(hash: string, language = 'en') {
    ({ page, errors } = await stage.open({
      language,
      at: hash,
      prepare: (opened) =>
        opened.route('**/wallboard/?preview', (route) =>
          route.fulfill({ contentType: 'text/html', body: standInWallboard }),
        ),
    }));
  }
  const box = (widgetId: string) => page.locator(`[data-widget="${widgetId}"]`);
  const button = (name: string) => page.getByRole('button', { name, exact: true });
  const saved = (boardId: string) => stage.backend.rest.boards.rows.get(boardId)!.board;
  /** As the editor says them to those who hear it. */
  const placeOf = async (widgetId: string) =>
    /Columns (.*), rows (.*)/
      .exec((await box(widgetId).getAttribute('aria-label')) ?? '')
      ?.slice(1, 3)
      .join(' ');
  async function cell() {
    const grid = (await page.locator('.stage-grid').boundingBox())!;
    return { width: grid.width / 24, height: grid.height / 12 };
  }
  /** By whole cells, and not yet let go. */
  async function hold(from: { x: number; y: number }, columns: number, rows: number) {
    const { width, height } = await cell();
    await page.mouse.move(from.x, from.y);
    await page.mouse.down();
    await page.mouse.move(from.x + columns * width, from.y + rows * height, { steps: 3 });
  }
  const middle = async (selector: string) => {
    const place = (await page.locator(selector).boundingBox())!;
    return { x: place.x + place.width / 2, y: place.y + place.height / 2 };
  };
  async function drag(selector: string, columns: number, rows: number) {
    await hold(await middle(selector), columns, rows);
    await page.mouse.up();
  }
  const told = (): Promise<Told | undefined> => {
    const frame = page.frames().find((one): one is Frame => one.url().includes('/wallboard/'));
    return frame?.evaluate(() => (self as unknown as { told?: Told }).told) ?? Promise.resolve(undefined);
  };

  it('is made from nothing by pointer and keys, undone, redone and saved', async () => {
    await open('boards');
    await button('New board').click();
    await page.fill('#board-name', 'Hall south');
    await page.getByText('Empty board').click();
    await button('Create').click();
    await button('Number').click();
    await box('number-1').waitFor();
    expect(await placeOf('number-1')).to.equal('1–6 1–3');
    await drag('[data-widget="number-1"]', 6, 2);
    expect(await placeOf('number-1')).to.equal('7–12 3–5');
    await drag('[data-side="se"]', 4, 1);
    expect(await placeOf('number-1')).to.equal('7–16 3–6');
    await drag('[data-side="w"]', -2, 0);
    expect(await placeOf('number-1')).to.equal('5–16 3–6');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Shift+ArrowLeft');
    expect(await placeOf('number-1')).to.equal('5–15 2–5');
    await page.keyboard.press('Control+d');
    await box('number-2').waitFor();
    await page.keyboard.press('Delete');
    await box('number-2').waitFor({ state: 'detached' });
    await page.keyboard.press('Control+z');
    await box('number-2').waitFor();
    for (let i = 0; i < 4; i += 1) await page.keyboard.press('Control+z');
    expect(await placeOf('number-1')).to.equal('7–16 3–6');
    await page.keyboard.press('Control+Shift+z');
    expect(await placeOf('number-1')).to.equal('5–16 3–6');
    await box('number-1').click();
    await page.locator('select[name="figure"]').selectOption('asa');
    await page.locator('select[name="scope-kind"]').selectOption('queue');
    await page.locator('input[name="scope"][value="lost-cards"]').check();
    await page.fill('input[name="red"]', '45');
    await page.fill('input[name="title"]', 'Cards, speed of answer ');
    await button('Save').click();
    await until('it is saved', () => saved('b-1').widgets.length > 0);
    await page.getByText(/^Saved /).waitFor();
    const widget = saved('b-1').widgets[0] as Extract<Widget, { kind: 'number' }>;
    expect(saved('b-1')).to.include({ name: 'Hall south' });
    expect(widget).to.include({ figure: 'asa', x: 4, y: 2, w: 12, h: 4, title: 'Cards, speed of answer' });
    expect(widget.scopes).to.deep.equal(['queue:cards', 'queue:lost-cards']);
    expect(widget.thresholds).to.deep.equal({ red: 45 });
    await until('the preview shows it', async () => {
      const now = await told();
      return now?.tree.boards['draft']?.definition.widgets[0]?.title === widget.title;
    });
    expect((await told())?.language).to.equal('en');
    expect(errors).to.deep.equal([]);
  });

  it('refuses a place that is taken, and an entry that is wrong, without losing either', async () => {
    await open('boards?id=b-hall');
    await box('waiting').waitFor();
    await hold(await middle('[data-widget="waiting"]'), 3, 1);
    await page.locator('[data-widget="waiting"].is-refused').waitFor();
    await page.mouse.up();
    await page.getByText('There is no room there').waitFor();
    expect(await placeOf('waiting')).to.equal('1–6 1–3');
    await hold(await middle('[data-widget="waiting"]'), 3, 1);
    await page.keyboard.press('Escape');
    await page.mouse.up();
    await page.locator('.stage.is-busy').waitFor({ state: 'detached' });
    expect(await placeOf('waiting')).to.equal('1–6 1–3');
    expect(await button('Save').isDisabled()).to.equal(true);
    await box('waiting').click();
    await page.fill('input[name="red"]', '-4');
    await page.getByText('At least 0.').waitFor();
    await box('oldest').click();
    await page.keyboard.press('Control+s');
    await page.getByText('Put the marked entries right first.').waitFor();
    expect(await page.inputValue('input[name="red"]')).to.equal('-4');
    await page.fill('input[name="red"]', '12');
    await page.keyboard.press('Control+s');
    await until(
      'it is saved',
      () =>
        saved('b-hall').widgets[0]?.kind === 'number' &&
        stage.backend.rest.boards.rows.get('b-hall')!.version === 4,
    );
    expect(saved('b-hall').widgets.find(({ widgetId }) => widgetId === 'waiting')).to.deep.include({
      thresholds: { red: 12 },
    });
    expect(errors).to.deep.equal([]);
  });

  it('keeps both versions when somebody else saved first, or loads theirs', async () => {
    await open('boards?id=b-hall');
    await box('waiting').waitFor();
    const { boards } = stage.backend.rest;
    boards.changeElsewhere('b-hall', (board) => ({ ...board, name: 'Theirs' }));
    await page.fill('input[name="name"]', 'Mine');
    await button('Save').click();
    await page.getByText('grace saved it at').waitFor();
    await button('Keep mine as a copy').click();
    await until('the copy is open', () => page.url().endsWith('?id=b-1'));
    expect([saved('b-hall').name, saved('b-1').name]).to.deep.equal(['Theirs', 'Mine, copy']);
    await page.getByRole('heading', { name: 'Mine, copy', level: 1 }).waitFor();
    boards.changeElsewhere('b-1', (board) => ({ ...board, name: 'Theirs too' }));
    await page.fill('input[name="name"]', 'Mine again');
    await button('Save').click();
    await button('Load that version').click();
    await page.getByRole('heading', { name: 'Theirs too', level: 1 }).waitFor();
    boards.rows.delete('b-1');
    await page.fill('input[name="name"]', 'Mine after all');
    await button('Save').click();
    await page.getByText('This board was removed').waitFor();
    await button('Keep mine as a copy').click();
    await until('it lives on', () => boards.rows.get('b-2')?.board.name === 'Mine after all, copy');
    expect(errors).to.deep.equal([]);
  });

  it('asks before something unsaved is left, and has it still after a session that ended', async () => {
    await open('boards?id=b-hall');
    await box('waiting').click();
    await page.keyboard.press('Delete');
    await page.locator('nav a[href="#/displays"]').click();
    await page.getByText('Leave without saving?').waitFor();
    await button('Stay').click();
    expect(page.url()).to.match(/#\/boards\?id=b-hall$/);
    await page.context().clearCookies();
    await signIn(page);
    await page.getByText('Not saved').waitFor();
    expect(await box('waiting').count()).to.equal(0);
    await page.locator('nav a[href="#/displays"]').click();
    await button('Leave without saving').click();
    await page.getByRole('heading', { name: 'Displays' }).waitFor();
    expect(saved('b-hall')).to.deep.equal(fromTemplate('floor', 'Hall, floor overview'));
  });

  it('are copied, removed when no display shows them, and chosen for a display', async () => {
    await open('displays?code=ab2c3d4');
    await page.locator('#code').waitFor();
    expect(await page.inputValue('#code')).to.equal('AB2C3D4');
    await button('Settings').click();
    await page.locator('.ordered select').selectOption('b-cards');
    await page.locator('.ordered select').selectOption('b-hall');
    await button('Move up: Hall, floor overview').click();
    await page.fill('#rotate', '45');
    await page.locator('#display-language').selectOption('it');
    await page.locator('#display-theme').selectOption('light');
    await button('Save').click();
    await page.getByText('Hall, floor overview, Card services').waitFor();
    expect(stage.backend.rest.displays.get('d0')?.settings).to.deep.equal({
      boards: ['b-hall', 'b-cards'],
      rotateSec: 45,
      language: 'it',
      zoom: 100,
      theme: 'light',
    });
    await page.locator('nav a[href="#/boards"]').click();
    const row = page.locator('tr[data-board="b-cards"]');
    await row.getByText('Hall, north wall').waitFor();
    await row.getByRole('button', { name: 'Remove' }).click();
    await page.getByText('Take it from those displays first.').waitFor();
    await button('Cancel').click();
    await row.getByRole('button', { name: 'Copy' }).click();
    const copy = page.locator('tr[data-board="b-1"]', { hasText: 'Card services, copy' });
    await copy.getByRole('button', { name: 'Remove' }).click();
    await page.locator('dialog').getByRole('button', { name: 'Remove' }).click();
    await copy.waitFor({ state: 'detached' });
    expect([...stage.backend.rest.boards.rows.keys()]).to.deep.equal(['b-hall', 'b-cards']);
    expect(errors).to.deep.equal([]);
  });

  for (const language of ['en', 'ru', 'it'])
    it(`fits in ${language}, with every kind of widget`, async () => {
      stage.backend.rest.boards.changeElsewhere('b-cards', (board) => ({
        ...board,
        widgets: fromTemplate('empty', 'x').widgets,
      }));
      await open('boards', language);
      await page.locator('tr[data-board]').first().waitFor();
      expect(await findOverflow(page), 'the list').to.deep.equal([]);
      await page.locator('tr[data-board="b-cards"] a').first().click();
      await page.locator('.stage').waitFor();
      for (const kind of await page.locator('.add-kind').all()) await kind.click();
      const boxes = await page.locator('.stage-box').all();
      expect(boxes.length).to.be.at.least(8);
      for (const one of boxes) {
        await one.click();
        expect(await findOverflow(page), (await one.getAttribute('data-widget')) ?? '').to.deep.equal([]);
      }
      await page.setViewportSize({ width: 1920, height: 1080 });
      expect(await findOverflow(page), 'a large window').to.deep.equal([]);
      await page.setViewportSize({ width: 900, height: 900 });
      expect(await findOverflow(page), 'a narrow window').to.deep.equal([]);
    });
});
