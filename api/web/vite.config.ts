import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react()],
  // The server replaces this word in every response, so that the nonce in the page matches its policy.
  html: { cspNonce: "__CSP_NONCE__" },
  build: {
    target: "es2022",
    // Inlined files would be data: addresses, which the policy forbids for fonts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    // The first page names some sixty of them: a hash says enough.
    rollupOptions: { output: { chunkFileNames: "assets/[hash].js" } },
    // Everything is bundled and served from one origin: 1 MB before compression is expected.
    chunkSizeWarningLimit: 1000,
    reportCompressedSize: false,
  },
  server: {
    proxy: { "/v1": process.env.VOUCH_URL ?? "http://127.0.0.1:8000" },
  },
});
