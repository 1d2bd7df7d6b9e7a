/** The small pure parts of the widget: colours, checks, texts, its tag, its words, and how heavy it is. */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import fc from 'fast-check';
import { checkMail, checkPhone, refusalCode, refusalText } from '../../../../admin-ui/widget/checks.ts';
import { cleanText, maxTextLength, mergeLines, splitText } from '../../../../admin-ui/widget/chat-lines.ts';
import { accentOf, contrast, grounds, type Theme } from '../../../../admin-ui/widget/colours.ts';
import { readEmbedding } from '../../../../admin-ui/widget/embed.ts';
import { isAccepted } from '../../../../admin-ui/widget/views/uploads.ts';
import { en } from '../../../../admin-ui/widget/words/en.ts';
import { it as italian } from '../../../../admin-ui/widget/words/it.ts';
import { ru } from '../../../../admin-ui/widget/words/ru.ts';
import { chatRequestSchema, formRequestSchema, type ChatLine } from '../../../../server/contract/chat.ts';

const themes: Theme[] = ['light', 'dark'];
const places = (text: string) => [...text.matchAll(/\{\w+\}/g)].map((match) => match[0]).sort();
const line = (seq: number): ChatLine => ({ seq, at: 0, from: 'agent', text: `${seq}`, attachments: [] });

describe('widget colours', () => {
  it('are readable in both themes, whatever colour the bank has', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 0xffffff }), (value) => {
        const colour = `#${value.toString(16).padStart(6, '0')}`;
        for (const theme of themes) {
          const accent = accentOf(colour, theme);
          expect(contrast(accent.fill, accent.onFill)).to.be.at.least(4.5);
          for (const ground of grounds[theme]) expect(contrast(accent.text, ground)).to.be.at.least(4.5);
        }
      }),
      { numRuns: 500 },
    );
  });

  it('leave a colour alone that is readable already', () => {
    expect(accentOf('#0b5fa5', 'light')).to.deep.equal({
      fill: '#0b5fa5',
      onFill: '#ffffff',
      text: '#0b5fa5',
    });
    expect(contrast('#000000', '#ffffff')).to.equal(21);
  });

  it('stand in the style sheet with the grounds that they were computed for', () => {
    const sheet = readFileSync(
      fileURLToPath(new URL('../../../../admin-ui/widget/styles/base.css', import.meta.url)),
      'utf8',
    );
    const [light = '', dark = ''] = sheet.split(".widget[data-theme='dark']");
    for (const [theme, css] of [
      ['light', light],
      ['dark', dark],
    ] as const) {
      const value = (name: string) => new RegExp(`--${name}: (#[0-9a-f]{6})`).exec(css)?.[1] ?? '';
      expect([value('surface'), value('soft')]).to.deep.equal([...grounds[theme]]);
      for (const ground of grounds[theme])
        for (const name of ['text', 'quiet', 'bad', 'good'])
          expect(contrast(value(name), ground), `${theme} ${name} on ${ground}`).to.be.at.least(4.5);
      for (const name of ['bad', 'good', 'text'])
        expect(contrast(value(name), value(name === 'text' ? 'bad-soft' : `${name}-soft`))).to.be.at.least(
          4.5,
        );
      expect(contrast(value('edge'), value('surface'))).to.be.at.least(3);
    }
  });
});

describe('widget texts', () => {
  it('are always such as a frame takes, and lose nothing that a keyboard makes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 6000 }), (text) => {
        const [clean, rest] = splitText(cleanText(text));
        expect(clean + rest).to.equal(cleanText(text));
        const frame = JSON.stringify({ type: 'line', clientId: 'client-1', text: clean, attachmentIds: [] });
        expect(chatRequestSchema.safeParse(JSON.parse(frame)).success).to.equal(true);
        expect(Buffer.byteLength(frame)).to.be.at.most(16_384);
        expect(clean.length).to.be.at.most(maxTextLength);
      }),
    );
    expect(cleanText(' a\r\nb\tc 😀 ёж\u0000\ud800 ')).to.equal('a\nb\tc 😀 ёж');
    const edge = 'x'.repeat(maxTextLength - 1);
    expect(splitText(`${edge}😀`)).to.deep.equal([edge, '😀']);
  });

  for (const [language, words] of Object.entries({ ru, it: italian }))
    it(`${language} has every key, filled, with the same places`, () => {
      expect(Object.keys(words)).to.have.members(Object.keys(en));
      for (const [key, text] of Object.entries(en)) {
        const other: unknown = words[key as keyof typeof words];
        if (typeof text === 'string') {
          expect(other, key).to.be.a('string').that.is.not.equal('');
          expect(places(String(other)), key).to.deep.equal(places(text));
        } else
          for (const form of Object.values(other as Record<string, string>))
            expect(form, key).to.contain('#');
      }
    });
});

describe('widget lines', () => {
  it('take no line twice, and none after a hole', () => {
    const two = mergeLines([], [line(2), line(1), line(1)], false);
    expect(two.lines.map((one) => one.seq)).to.deep.equal([1, 2]);
    expect(mergeLines(two.lines, [line(2), line(4)], false)).to.deep.equal({
      lines: two.lines,
      hasHole: true,
    });
    // A server that has forgotten the beginning says so by its welcome.
    expect(mergeLines([], [line(7), line(8)], true).lines.map((one) => one.seq)).to.deep.equal([7, 8]);
    expect(mergeLines([], [line(7), line(9)], true).hasHole).to.equal(true);
  });
});

describe('widget checks', () => {
  it('tell a refusal by its code, and say politely that nothing is taken', () => {
    expect(refusalCode({ status: 422, code: 'sender-refused', details: {} })).to.equal('sender-refused');
    expect(refusalCode({ status: 422, code: 'consent-needed', details: {} })).to.equal('consent-needed');
    for (const words of [en, italian, ru])
      expect(refusalText(words, 'sender-refused')).to.equal(words.senderRefused);
  });
  it('of a phone number are those of the contract', () => {
    const body = { clientId: 'client-1', language: 'en', wants: 'call', text: 'x' };
    for (const phone of ['+39 06 123.45-67', '112', '06/1234567', '(02) 555 01 01', 'call me', '+', '12345'])
      expect(checkPhone(en, phone, true) === undefined, phone).to.equal(
        formRequestSchema.safeParse({ ...body, phone }).success,
      );
  });
  it('of an address accept what people have, and refuse what cannot be one', () => {
    for (const good of ['anna@example.org', 'a.b+c@mail.example.co.uk'])
      expect(checkMail(en, good, true)).to.equal(undefined);
    for (const bad of ['anna', 'anna@', '@example.org', 'anna@example', 'an na@example.org'])
      expect(checkMail(en, bad, true)).to.equal(en.emailWrong);
    expect(checkMail(en, ' ', true)).to.equal(en.fieldNeeded);
    expect(checkMail(en, '', false)).to.equal(undefined);
  });
  it('of a file go by its kind or its ending', () => {
    const types = ['image/*', 'application/pdf', '.TXT'];
    const file = (name: string, type: string) => isAccepted({ name, type }, types);
    expect([file('a.png', 'image/png'), file('a.pdf', 'application/pdf'), file('A.txt', '')]).to.deep.equal([
      true,
      true,
      true,
    ]);
    expect([file('a.exe', 'application/x-msdownload'), file('image', 'imagery/x')]).to.deep.equal([
      false,
      false,
    ]);
    expect(isAccepted({ name: 'a', type: '' }, [])).to.equal(true);
  });
});

describe('widget tag', () => {
  const src = 'https://appliance.bank.example:8443/chat/widget.js';
  it('says which widget, which form, which language, and where the appliance is', () => {
    expect(readEmbedding({ src, dataset: { widget: 'web', language: 'it' } }, ['ru'])).to.deep.include({
      kind: 'chat',
      id: 'web',
      base: 'https://appliance.bank.example:8443',
      language: 'it',
    });
    expect(readEmbedding({ src, dataset: { form: 'callback' } }, ['de', 'ru-RU'])).to.include({
      kind: 'form',
      id: 'callback',
      language: 'ru',
    });
  });
  it('is not believed everything', () => {
    expect(readEmbedding({ src, dataset: { widget: '../x' } }, [])).to.equal(undefined);
    expect(readEmbedding({ src: 'data:text/javascript,1', dataset: {} }, [])).to.equal(undefined);
    const odd = { theme: 'pink', colour: 'url(x)' };
    expect(readEmbedding({ src, dataset: odd }, [])).to.include({ theme: undefined, colour: undefined });
  });
});

describe('widget refusals', () => {
  it('of a name or an address are told beside their field, all others above the form', () => {
    const refused = (status: number, details: Record<string, unknown> = {}) =>
      refusalCode({ status, code: 'bad-request', details });
    expect(refused(400, { field: 'name' })).to.equal('field-name');
    expect(refused(400, { faults: [{ path: ['email'], message: 'no address' }] })).to.equal('field-email');
    expect(refused(400, { faults: [{ path: ['topic'], message: 'too long' }] })).to.equal('bad-request');
    expect(refused(400)).to.equal('bad-request');
    expect(refused(409)).to.equal('closed');
    expect(refused(422)).to.equal('consent-needed');
  });
});

describe('widget bundle', () => {
  it('is one script under 30 kB, as it goes over the wire', function () {
    const file = fileURLToPath(new URL('../../../../dist/widget/widget.js', import.meta.url));
    if (!existsSync(file)) this.skip();
    expect(gzipSync(readFileSync(file), { level: 9 }).length).to.be.below(30_000);
  });
});
