import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

export default defineConfig({
  resolve: { alias: { "bert-few-shot": fileURLToPath(new URL("./lib/index.ts", import.meta.url)) } },
  test: {
    include: ["test/**/*.test.ts"],
    pool: "forks", // onnxruntime-node is not safe with several worker threads in a process
    maxWorkers: 2,
    testTimeout: 60_000,
  },
});
