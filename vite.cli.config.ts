import { chmodSync } from 'node:fs'
import { builtinModules } from 'node:module'
import { defineConfig } from 'vite'
import { bundledLicences } from './electron/packaging/bundled-licences.mjs'

/** The command line: one CommonJS file for the user's Node, runnable after `npm ci`. */
export default defineConfig({
  publicDir: false,
  plugins: [{ name: 'executable', closeBundle: () => chmodSync('dist/cli/routescope.cjs', 0o755) }, bundledLicences()],
  ssr: { noExternal: true },
  build: {
    ssr: true,
    target: 'node20.19',
    outDir: 'dist/cli',
    emptyOutDir: true,
    minify: false,
    rolldownOptions: {
      input: { routescope: 'core/cli/main.ts' },
      external: [...builtinModules, ...builtinModules.map((name) => `node:${name}`), 'bufferutil', 'utf-8-validate'],
      output: {
        format: 'cjs',
        banner: '#!/usr/bin/env node',
        entryFileNames: '[name].cjs',
        chunkFileNames: 'chunk-[name].cjs',
      },
    },
  },
})
