/**
 * Build of the wallboard. Target: Chromium 63 (Tizen 5.0, the televisions of 2019); test/unit/wallboard/target.test.ts holds
 * what was built to it. Nothing is inlined as a data: address
 * and no script stands in the page, since the server's content security policy allows neither.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: '/wallboard/',
  publicDir: false,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: fileURLToPath(new URL('../dist/wallboard', import.meta.url)),
    emptyOutDir: true,
    target: 'chrome63',
    cssTarget: 'chrome63',
    assetsInlineLimit: 0,
    modulePreload: false,
    sourcemap: false,
    reportCompressedSize: false,
  },
});
