/** What a run ran on: kept beside every result, so that a number can be traced to versions and hardware. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, cpus, totalmem } from "node:os";
import { dirname, join, resolve } from "node:path";
import { packageRoot } from "../core/place.ts";

export interface Environment {
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  /** Versions of the kit and of the libraries that compute. */
  readonly packages: Readonly<Record<string, string>>;
  /** The kit's git commit, "with changes" where files differ from it; null where it is no checkout, or git is missing. */
  readonly commit: string | null;
}

const PACKAGES = ["bert-few-shot", "@tensorflow/tfjs", "onnxruntime-node", "@xenova/transformers"];

/**
 * Versions are those that a program in `root` gets. Default: the current folder, and for what is not found from there
 * the running script's, as of a command that is installed for all users.
 */
export function environment(root?: string): Environment {
  const roots = root === undefined ? [process.cwd(), dirname(process.argv[1] ?? ".")] : [root];
  const packages = Object.fromEntries(PACKAGES.map((name) => [name, versionOf(name, roots) ?? "not found"]));
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    packages,
    commit: commitOf(packageRoot()),
  };
}

/** Files under results/ do not count as changes: a study is writing them. */
function commitOf(root: string): string | null {
  const git = (...args: string[]): string | undefined => {
    const { status, stdout } = spawnSync("git", ["-C", root, ...args], { encoding: "utf8" });
    return status === 0 ? stdout.trim() : undefined;
  };
  const top = git("rev-parse", "--show-toplevel");
  const commit =
    top !== undefined && resolve(top) === resolve(root) ? git("rev-parse", "--short=12", "HEAD") : undefined;
  if (commit === undefined) return null; // an installed package inside somebody else's checkout has none of its own
  const changed = git("status", "--porcelain", "--untracked-files=no", "--", ".", ":!results", ":!notebooks");
  return changed ? `${commit} with changes` : commit;
}

/** The version of a package as it is found from the first of these folders that has it; undefined where none has. */
export function versionOf(name: string, roots: readonly string[] = [process.cwd()]): string | undefined {
  for (const root of roots) {
    const require = createRequire(join(resolve(root), "package.json"));
    // Not every package exports its package.json: then it stands above the main file.
    for (const target of [`${name}/package.json`, name]) {
      const file = resolved(require, target);
      for (let folder = file && dirname(file); folder && folder !== dirname(folder); folder = dirname(folder)) {
        const version = readVersion(join(folder, "package.json"), name);
        if (version) return version;
      }
    }
  }
  return undefined;
}

function resolved(require: NodeJS.Require, target: string): string | undefined {
  try {
    return require.resolve(target);
  } catch {
    return undefined;
  }
}

/** The version, with the package's own name where it is installed under another one. */
function readVersion(file: string, wanted: string): string | undefined {
  try {
    const { name, version } = JSON.parse(readFileSync(file, "utf8")) as { name?: string; version?: string };
    if (!name || !version) return undefined;
    return name === wanted ? version : `${version} (${name})`;
  } catch {
    return undefined;
  }
}
