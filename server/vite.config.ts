/**
 * The server in one file, for its start: finding and reading some 2,400 modules, most of them of packages, took two thirds of the
 * processor time until it was ready, and after a crash that is time in which nobody is routed. Code only moves together, unshortened.
 * Its threads likewise (`--mode threads`): they start beside it, and what they read they read at its expense.
 */
import { fileURLToPath } from 'node:url';
import { dirname, relative } from 'node:path';
import { defineConfig, type Plugin } from 'vite';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Where a module would be if it were not packed: threads and pages are looked for from there. */
const ownPlace: Plugin = {
  name: 'hearthline-own-place',
  enforce: 'pre',
  transform(code, id) {
    if (!id.startsWith(root) || id.includes('node_modules') || !code.includes('import.meta.')) return;
    const place = relative(root, id).replace(/\.ts$/, '.js');
    return (
      code
        // A packed program finds its packed threads beside itself.
        .replaceAll('startThread(import.meta.url', 'startThread(import.meta["url"]')
        .replaceAll('import.meta.dirname', `(import.meta.dirname + '/../${dirname(place)}')`)
        .replaceAll('import.meta.url', `new URL('../${place}', import.meta.url).href`)
    );
  },
};

/** Some packages ask for another by a name that they compute: those are found in node_modules. */
const banner = `import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);`;

/** By the name that `startThread` is given. */
const threads = {
  'site-worker': 'server/config/site-worker.ts',
  'figures-worker': 'server/db/figures-worker.ts',
  'fairness-worker': 'server/db/fairness-worker.ts',
  'mail-worker': 'server/channels/mail/mail-worker.ts',
  'webhook-worker': 'server/channels/webhook/webhook-worker.ts',
};

export default defineConfig(({ mode }) => ({
  root,
  publicDir: false,
  plugins: [ownPlace],
  // As Node itself would find them: a bundler's own entries are other code.
  resolve: { mainFields: ['main'] },
  ssr: { noExternal: true, external: ['koffi'], resolve: { mainFields: ['main'], conditions: ['node'] } },
  build: {
    ssr: true,
    outDir: 'dist/packed',
    emptyOutDir: mode !== 'threads',
    target: 'node20',
    minify: false,
    sourcemap: false,
    reportCompressedSize: false,
    rollupOptions: {
      input: mode === 'threads' ? threads : { server: 'server/main.ts' },
      external: ['pg-hstore', 'pg-native'],
      output: {
        banner,
        entryFileNames: '[name].js',
        ...(mode === 'threads' ? { chunkFileNames: 'shared-[name].js' } : { codeSplitting: false }),
      },
    },
  },
}));
