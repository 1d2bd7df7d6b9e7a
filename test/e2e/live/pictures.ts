/**
 * Takes the pictures of the screens at work: the whole product, real calls, a real browser.
 *
 *   node --import tsx test/e2e/live/pictures.ts [seconds of traffic before] [folder for every page in every language]
 */
import { join } from 'node:path';
import { findOverflow } from '../../support/ui-browser.ts';
import { LiveHouse, visit } from './live-house.ts';
import { Traffic, trafficSite } from './traffic.ts';

const trafficMs = Number(process.argv[2] ?? 120) * 1000;
const folder = process.argv[3];
const images = join(import.meta.dirname, '../../../docs/images');
const languages = ['en', 'ru', 'it'];
const sizes = [
  { width: 1366, height: 768 },
  { width: 1920, height: 1080 },
];

const live = await LiveHouse.open(trafficSite);
let traffic: Traffic | undefined;
try {
  const admin = await live.setUp('lang=en');
  const television = await live.display(admin.page, 'Hall, north wall');
  traffic = await Traffic.start(live.house.stack);
  await live.house.talkFor(trafficMs);
  await admin.page.setViewportSize(sizes[1]!);
  await television.page.screenshot({ path: join(images, 'wallboard-live.png') });
  await visit(admin.page, 'live');
  await admin.page.locator('.panel-calls tbody tr').nth(2).waitFor();
  await admin.page.screenshot({ path: join(images, 'admin-live.png') });
  await visit(admin.page, 'recordings');
  await admin.page.locator('tbody .button').nth(1).click();
  await admin.page.fill('#reason', 'Complaint 4711, asked for by the branch manager');
  await admin.page.keyboard.press('Enter');
  await admin.page.locator('audio').waitFor();
  await admin.page.evaluate(
    () => new Promise((done) => document.querySelector('audio')?.addEventListener('timeupdate', done)),
  );
  await admin.page.screenshot({ path: join(images, 'recordings-live.png') });
  if (folder !== undefined)
    for (const language of languages) {
      await admin.page.goto('about:blank');
      await admin.page.goto(`${live.url}/?lang=${language}`);
      await television.page.goto(`${live.url}/wallboard/?lang=${language}`);
      for (const id of ['live', 'recordings', 'contacts', 'displays', 'site', 'audit'])
        for (const size of sizes) {
          await admin.page.setViewportSize(size);
          await visit(admin.page, id);
          await admin.page
            .locator(id === 'site' ? '.editor' : '.table-box tbody tr')
            .first()
            .waitFor();
          await admin.page.screenshot({ path: join(folder, `${id}-${language}-${size.width}.png`) });
          for (const fault of await findOverflow(admin.page)) console.log(id, language, size.width, fault);
        }
      await television.page.locator('[data-connection=live]').waitFor();
      for (const size of sizes) {
        await television.page.setViewportSize(size);
        await television.page.locator('.hour-canvas').waitFor();
        await television.page.screenshot({ path: join(folder, `wallboard-${language}-${size.width}.png`) });
        for (const fault of await findOverflow(television.page))
          console.log('wallboard', language, size.width, fault);
      }
    }
  console.log([...admin.errors, ...television.errors].join('\n'));
} finally {
  await traffic?.stop();
  await live.close();
}
