import { resolve } from "node:path";

import vue from "@vitejs/plugin-vue";
import { ElementPlusResolver } from "unplugin-vue-components/resolvers";
import components from "unplugin-vue-components/vite";
import { defineConfig } from "vite";

const root = import.meta.dirname;

export const plugins = [
  vue(),
  components({ resolvers: [ElementPlusResolver()], dts: false, dirs: [] }),
];

export const alias = { "@": root };

export default defineConfig({
  plugins,
  resolve: { alias },
  build: {
    outDir: "dist",
    emptyOutDir: true,
    // The content policy of the server allows nothing but its own files: no data: URLs.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 900,
    rolldownOptions: {
      input: {
        index: resolve(root, "index.html"),
        agent: resolve(root, "agent.html"),
        desk: resolve(root, "desk.html"),
        department: resolve(root, "department.html"),
        supervisor: resolve(root, "supervisor.html"),
      },
    },
  },
  server: {
    // `npx vite` beside a running server: pages from here, data from there.
    proxy: { "/api": { target: "http://localhost:12345", ws: true } },
  },
});
