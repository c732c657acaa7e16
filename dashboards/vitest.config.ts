import { defineConfig } from "vitest/config";

import { alias, plugins } from "./vite.config.ts";

export default defineConfig({
  plugins,
  resolve: { alias },
  test: {
    environment: "happy-dom",
    include: ["{shared,signin,agent,desk,department,supervisor}/**/*.test.ts"],
    restoreMocks: true,
    server: { deps: { inline: ["element-plus"] } },
  },
});
