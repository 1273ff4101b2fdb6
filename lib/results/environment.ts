/** What a run ran on: kept beside every result, so that a number can be traced to versions and hardware. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, cpus, totalmem } from "node:os";
import { dirname, join } from "node:path";

export interface Environment {
  readonly node: string;
  readonly platform: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  /** Versions of the kit and of the libraries that compute. */
  readonly packages: Readonly<Record<string, string>>;
}

const LIBRARIES = ["@tensorflow/tfjs", "onnxruntime-node", "@xenova/transformers"];

/** Versions are looked up from `root`, the folder that holds package.json. Default the current folder. */
export function environment(root: string = process.cwd()): Environment {
  const require = createRequire(join(root, "package.json"));
  const packages: Record<string, string> = {};
  for (const name of LIBRARIES) packages[name] = versionOf(require, name) ?? "not found";
  return {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    packages,
  };
}

/** The version of an installed package; undefined when it is not there. */
export function versionOf(require: NodeJS.Require, name: string): string | undefined {
  try {
    // Not every package exports its package.json: walk up from its main file.
    for (let folder = dirname(require.resolve(name)); folder !== dirname(folder); folder = dirname(folder)) {
      const version = readVersion(join(folder, "package.json"));
      if (version) return version;
    }
  } catch {
    return undefined;
  }
  return undefined;
}

function readVersion(file: string): string | undefined {
  try {
    const { name, version } = JSON.parse(readFileSync(file, "utf8")) as { name?: string; version?: string };
    return name && version ? version : undefined;
  } catch {
    return undefined;
  }
}
