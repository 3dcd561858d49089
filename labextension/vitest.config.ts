import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    environment: "happy-dom",
    // Milliseconds, far above the slowest test: a busy machine must not fail one.
    testTimeout: 60_000,
  },
});
