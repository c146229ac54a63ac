import { chmodSync } from 'node:fs'
import { join } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'
import { besideBundle } from './electron/packaging/beside-bundle.mjs'
import { bundledLicences } from './electron/packaging/bundled-licences.mjs'

/*
 * Three builds. The product runs on current Electron; tests and closed networks may run an Electron with Node 18 and
 * Chromium 114, so the targets are set by hand and kept at that floor.
 */
const ELECTRON_NODE = 'node18'
const ELECTRON_CHROMIUM = 'chrome114'

/** Small, and still with the names that a stack trace needs. */
const NAMES = { function: true, class: true }
const MINIFY = { compress: { keepNames: NAMES }, mangle: { keepNames: NAMES }, codegen: true }

/** Modules that each packet passes through, and what they are built on. */
const PACKET_PATH = /[\\/]core[\\/](bytes|flow|capture|receive|protocol[\\/](ip|lct|alp|route))[\\/]/

const cjs = {
  format: 'cjs' as const,
  entryFileNames: '[name].cjs',
  chunkFileNames: 'core/[name].cjs',
  assetFileNames: 'core/[name][extname]',
  minify: MINIFY,
}

export default defineConfig({
  /* All that runs on Node: the app's main process, its engine and the command line, so that they share chunks. It empties dist/. */
  main: {
    plugins: [
      besideBundle(),
      bundledLicences(['main', 'cli'], ['koffi']),
      { name: 'executable', writeBundle: () => chmodSync('dist/cli/routescope.cjs', 0o755) },
    ],
    build: {
      target: ELECTRON_NODE,
      externalizeDeps: false,
      outDir: 'dist',
      emptyOutDir: true,
      rolldownOptions: {
        input: {
          'main/index': 'electron/main/index.ts',
          'main/engine': 'electron/engine/index.ts',
          'cli/routescope': 'core/cli/main.ts',
        },
        external: ['electron', 'bufferutil', 'utf-8-validate'],
        output: {
          ...cjs,
          banner: (chunk) => (chunk.name === 'cli/routescope' ? '#!/usr/bin/env node' : ''),
          // What another chunk exports is read by a getter each time: all that runs for every packet is one chunk.
          codeSplitting: {
            groups: [
              { name: 'base', test: /[\\/]core[\\/](contract|failure)[\\/]/, priority: 2 },
              { name: 'packets', test: PACKET_PATH, priority: 1 },
            ],
          },
        },
      },
    },
  },
  preload: {
    build: {
      target: ELECTRON_NODE,
      externalizeDeps: false,
      outDir: 'dist/preload',
      rolldownOptions: { input: { index: 'electron/preload/index.ts' }, external: ['electron'], output: cjs },
    },
  },
  renderer: {
    root: 'renderer',
    base: './',
    // The player without licences, reporting, offline playback and Smooth Streaming.
    resolve: {
      alias: { dashjs: join(import.meta.dirname, 'node_modules/dashjs/dist/modern/esm/dash.mediaplayer.min.js') },
    },
    plugins: [react(), bundledLicences()],
    build: {
      target: ELECTRON_CHROMIUM,
      minify: true,
      outDir: 'dist/renderer',
      emptyOutDir: true,
      rolldownOptions: { input: 'renderer/index.html' },
    },
  },
})
