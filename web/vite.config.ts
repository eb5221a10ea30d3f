/** How the page is built: `vite build web` writes web/dist, which signaling serves. */
import { fileURLToPath } from 'node:url';
import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

/** Where `vite web` (the development server) finds signaling. */
const signalingUrl = process.env['UNDERSTUDY_SIGNALING_URL'] ?? 'http://127.0.0.1:8080';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [react()],
  build: {
    target: 'es2022',
    /** The first browsers with `light-dark()`, which the tokens rely on; older targets would flatten it at the root. */
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    outDir: 'dist',
    emptyOutDir: true,
    /** The licences of everything bundled travel with the bundle. */
    license: { fileName: 'licences/bundled.md' },
    /** livekit-client alone is about 500 kB before compression; it loads only on the way to a call. */
    chunkSizeWarningLimit: 700,
  },
  server: {
    proxy: { '/api': signalingUrl, '/faces': signalingUrl, '/health': signalingUrl },
  },
});
