/**
 * Build of the console and of the agent's page, which loads nothing of the console's. Nothing is inlined as a data: address and no script stands in the page, since
 * the server's content security policy allows neither.
 */
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  root: here('.'),
  base: '/',
  publicDir: false,
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    outDir: here('../dist/admin-ui'),
    rollupOptions: { input: { console: here('./index.html'), agent: here('./agent/index.html') } },
    emptyOutDir: true,
    target: 'es2022',
    assetsInlineLimit: 0,
    modulePreload: false,
    sourcemap: false,
    reportCompressedSize: false,
  },
});
