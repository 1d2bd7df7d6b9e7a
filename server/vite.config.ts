/**
 * The server in one file, for its start: finding and reading some 2,400 modules, most of them of packages, took two thirds of the
 * processor time until it was ready, and after a crash that is time in which nobody is routed. Code only moves together, unshortened.
 * What it starts as threads stays as tsc emits it, beside which a packed module is told to lie.
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
    return code
      .replaceAll('import.meta.dirname', `(import.meta.dirname + '/../${dirname(place)}')`)
      .replaceAll('import.meta.url', `new URL('../${place}', import.meta.url).href`);
  },
};

/** Some packages ask for another by a name that they compute: those are found in node_modules. */
const banner = `import { createRequire as requireFrom } from 'node:module';\nconst require = requireFrom(import.meta.url);`;

export default defineConfig({
  root,
  publicDir: false,
  plugins: [ownPlace],
  // As Node itself would find them: a bundler's own entries are other code.
  resolve: { mainFields: ['main'] },
  ssr: { noExternal: true, external: ['koffi'], resolve: { mainFields: ['main'], conditions: ['node'] } },
  build: {
    ssr: 'server/main.ts',
    outDir: 'dist/packed',
    emptyOutDir: true,
    target: 'node20',
    minify: false,
    sourcemap: false,
    reportCompressedSize: false,
    rollupOptions: {
      external: ['pg-hstore', 'pg-native'],
      output: { banner, entryFileNames: 'server.js', codeSplitting: false },
    },
  },
});
