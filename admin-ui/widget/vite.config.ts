/**
 * Build of the customer's widget: one script that stands on the bank's pages, so for older browsers than the screens of the
 * house, in one piece, and with its styles as text inside. Beside it a page to try it on.
 */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { defineConfig, type Plugin } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The demo page is served as it is written. */
const demoPage: Plugin = {
  name: 'hearthline-widget-demo',
  async generateBundle() {
    for (const fileName of ['demo.html', 'demo.css', 'demo.js'])
      this.emitFile({ type: 'asset', fileName, source: await readFile(here(fileName)) });
  },
};

export default defineConfig({
  root: here('.'),
  publicDir: false,
  plugins: [demoPage],
  // The classic form is a kilobyte shorter: every byte here is loaded by every visitor of the bank.
  oxc: {
    jsx: { runtime: 'classic', pragma: 'h', pragmaFrag: 'Fragment' },
    jsxInject: "import { h, Fragment } from 'preact'",
  },
  build: {
    outDir: here('../../dist/widget'),
    emptyOutDir: true,
    // What the style sheet needs is as old: Chrome 87, Firefox 78, Safari 14.1.
    target: 'es2020',
    cssTarget: ['chrome87', 'firefox78', 'safari14.1', 'ios14.5'],
    sourcemap: false,
    reportCompressedSize: false,
    lib: {
      entry: here('widget.tsx'),
      formats: ['iife'],
      name: 'hearthlineWidget',
      fileName: () => 'widget.js',
    },
  },
});
