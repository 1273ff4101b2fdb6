/** `bert-few-shot doctor`: what is installed here and what works. */
import { packageRoot } from "../core/place.ts";
import { dataFolders } from "../data/find.ts";
import { availableExecutors } from "../executor/available.ts";
import { findDeno } from "../notebook/deno.ts";
import { environment, versionOf } from "../results/environment.ts";
import { command } from "./options.ts";
import { printJson } from "./shared.ts";

export const doctorCommand = command({
  name: "doctor",
  summary: "Says what is installed, which executors work, and why the others do not.",
  positional: "",
  options: { json: { kind: "flag", help: "print one JSON object" } },
  async run(v) {
    const env = environment();
    const optional: Record<string, string> = Object.fromEntries(
      ["@tensorflow/tfjs-node-gpu", "tslab"].map((n) => [n, versionOf(n) ?? "not installed"]),
    );
    const deno = await findDeno(packageRoot());
    optional.deno = deno?.version ?? "not installed";
    const executors = await availableExecutors();
    const data = await dataFolders();
    if (v.json) {
      printJson({ ...env, optional, executors, data });
      return;
    }
    const rows = [
      `Node ${env.node} on ${env.platform}, ${env.cpu}, ${env.cores} cores, ${env.memoryGiB} GiB`,
      "",
      "packages",
      ...Object.entries({ ...env.packages, ...optional }).map(([name, version]) => `  ${name.padEnd(28)} ${version}`),
      "",
      "executors",
      ...executors.map((e) => `  ${e.works ? "works" : "no   "} ${e.name.padEnd(46)} ${e.detail}`),
      "",
      "public data sets",
      ...data.map((d) => `  ${d.folder}: ${d.sets.length ? d.sets.join(", ") : "nothing found"}`),
    ];
    process.stdout.write(`${rows.join("\n")}\n`);
  },
});
