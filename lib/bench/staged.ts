/** A copy of the kit with exactly what a bench on a device loads: its own program, parts of packages, a model and intents. */
import { existsSync } from "node:fs";
import { copyFile, cp, mkdir, readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, relative, sep } from "node:path";
import { writeAtomic } from "../core/files.ts";
import { packageRoot } from "../core/place.ts";
import { environment } from "../results/environment.ts";
import { PACKED } from "./device.ts";
import { INTENTS, TINY } from "./subjects.ts";
import { tracedFiles } from "./traced.ts";

/** Packages that are loaded and not used: they are left out, and a file in their place says so. */
const UNUSED = ["sharp"];
const LEFT_OUT = [...UNUSED, "@img"];
/** Read by name at run time, and no JavaScript. */
const FILES = [TINY, INTENTS, join("lib", "bench", "peers.py"), "package.json"];
/** What Node starts, wherever the program lies. */
export const ENTRY = "main.mjs";

export interface Staging {
  /** The command line's file: dist/cli/main.js. */
  readonly script: string;
  /** Folder for what the traced runs leave. */
  readonly work: string;
}

/** The runs whose files are wanted: what a GPU machine will run, on this machine's CPU. */
function runsOf({ script, work }: Staging): string[][] {
  const bench = ["bench", "--device", "cpu", "--models", "tiny", "--quick", "--steps", "2", "--data", INTENTS];
  return [
    [script, ...bench, "--out", join(work, "out"), "--work", join(work, "work")],
    [script, "doctor"],
  ];
}

/** Makes the copy in the folder `app`. */
export async function stage(app: string, staging: Staging): Promise<void> {
  const { script, work } = staging;
  const program = dirname(dirname(script));
  const root = dirname(program);
  const require = createRequire(script);
  const runtime = dirname(require.resolve("onnxruntime-node/package.json"));
  const modules = dirname(runtime);
  const placeOf = (file: string): string | undefined => {
    for (const [base, target] of [
      [root, ""],
      [modules, "node_modules"],
    ] as const)
      if (file.startsWith(base + sep)) return join(target, relative(base, file));
    return undefined;
  };
  const wanted = new Set<string>();
  for (const file of await tracedFiles(runsOf(staging), join(work, "coverage"))) {
    const kept = [program, join(root, "node_modules"), modules].some((base) => file.startsWith(base + sep));
    if (!kept || LEFT_OUT.some((name) => file.startsWith(join(modules, name) + sep))) continue;
    wanted.add(file);
    // Those beside it too: they say what a .js file is.
    for (let folder = dirname(file); placeOf(folder) !== undefined; folder = dirname(folder))
      wanted.add(join(folder, "package.json"));
  }
  const native = join(runtime, "bin", "napi-v6", process.platform, process.arch);
  for (const name of await readdir(native)) if (!name.includes("providers")) wanted.add(join(native, name));
  for (const name of await readdir(program, { recursive: true }))
    if (name.endsWith(".js")) wanted.add(join(program, name));

  for (const file of wanted) {
    const place = placeOf(file);
    if (place === undefined || !existsSync(file)) continue;
    await mkdir(dirname(join(app, place)), { recursive: true });
    await copyFile(file, join(app, place));
  }
  for (const file of FILES) await cp(join(packageRoot(), file), join(app, file), { recursive: true });
  for (const name of UNUSED) {
    const text = `module.exports = () => {\n  throw new Error("${name} was left out of this copy");\n};\n`;
    await writeAtomic(join(app, "node_modules", name, "index.js"), text);
    await writeAtomic(
      join(app, "node_modules", name, "package.json"),
      `${JSON.stringify({ name, main: "index.js" })}\n`,
    );
  }
  await writeAtomic(join(app, ENTRY), `import "./${relative(root, script).split(sep).join("/")}";\n`);
  const { commit, node, packages } = environment(root);
  const record = { commit, node, packages, packed: new Date().toISOString() };
  await writeAtomic(join(app, PACKED), `${JSON.stringify(record, null, 2)}\n`);
}
