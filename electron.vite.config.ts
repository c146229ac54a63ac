import react from '@vitejs/plugin-react'
import { defineConfig } from 'electron-vite'
import { bundledLicences } from './electron/packaging/bundled-licences.mjs'

/*
 * Three bundles of the desktop app. The product runs on current Electron; tests and closed networks may run an Electron
 * with Node 18 and Chromium 114, so the targets are set by hand and kept at that floor.
 */
const ELECTRON_NODE = 'node18'
const ELECTRON_CHROMIUM = 'chrome114'

const cjs = (input: Record<string, string>, external: string[]) => ({
  target: ELECTRON_NODE,
  minify: false as const,
  externalizeDeps: false,
  rolldownOptions: {
    input,
    external,
    output: { format: 'cjs' as const, entryFileNames: '[name].cjs', chunkFileNames: 'chunk-[name].cjs' },
  },
})

export default defineConfig({
  main: {
    plugins: [bundledLicences()],
    build: {
      ...cjs({ index: 'electron/main/index.ts', engine: 'electron/engine/index.ts' }, [
        'electron',
        'bufferutil',
        'utf-8-validate',
      ]),
      outDir: 'dist/main',
    },
  },
  preload: {
    build: { ...cjs({ index: 'electron/preload/index.ts' }, ['electron']), outDir: 'dist/preload' },
  },
  renderer: {
    root: 'renderer',
    base: './',
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
