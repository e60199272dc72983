import { defineConfig } from 'tsup';

/** One ESM bundle per door; dependencies stay in node_modules, heavy ones are imported lazily. */
export default defineConfig({
  entry: { main: 'runtime/cli/main.ts' },
  format: ['esm'],
  target: 'node22',
  platform: 'node',
  splitting: true,
  clean: true,
  dts: false,
  sourcemap: false,
});
