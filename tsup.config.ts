import { defineConfig } from 'tsup';

/** One ESM bundle per door; dependencies stay in node_modules, heavy ones are imported lazily. */
export default defineConfig({
  entry: {
    main: 'runtime/cli/main.ts',
    // Programs that run inside a lab's namespaces, as processes of their own.
    'lab-server': 'runtime/lab/server.ts',
    'lab-client': 'runtime/lab/client.ts',
  },
  format: ['esm'],
  target: 'node22',
  platform: 'node',
  splitting: true,
  clean: true,
  dts: false,
  sourcemap: false,
});
