/** TensorFlow as a tfjs backend: where its package is, whether its native half works, and an executor on it. */
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import util from "node:util";
import * as tf from "@tensorflow/tfjs";
import { InputError, messageOf } from "../core/errors.ts";
import { packageRoot } from "../core/place.ts";
import { eagerExecutor } from "./eager.ts";
import type { Executor } from "./types.ts";

/** What `.cache/tensorflow` may hold, each in a folder of its own: the binding for either device, and tfjs' WebAssembly backend. */
export const PACKAGES = {
  gpu: "@tensorflow/tfjs-node-gpu",
  cpu: "@tensorflow/tfjs-node",
  wasm: "@tensorflow/tfjs-backend-wasm",
} as const;
export type PackageKind = keyof typeof PACKAGES;

/** How to get TensorFlow, for messages. */
export const GET_TENSORFLOW = "get it with `npm run tensorflow`";

/** TensorFlow as it was loaded. */
export interface TensorFlow {
  /** The package: `@tensorflow/tfjs-node-gpu` or `@tensorflow/tfjs-node`. */
  readonly name: string;
  readonly folder: string;
  /** Made by `npm run tensorflow`, not by the package's own install. */
  readonly built: boolean;
  /** TensorFlow's own version, such as `2.20.0`. */
  readonly version: string;
  /** Operations run on a GPU. */
  readonly gpu: boolean;
}

export interface LoadOptions {
  /** Only packages that can use a GPU; they run on the CPU where there is none. Default false. */
  gpu?: boolean;
}

/** The folder in which the kit itself installs a package of that kind, `node_modules` in it. */
export function builtFolder(kind: PackageKind): string {
  return join(packageRoot(), ".cache", "tensorflow", kind);
}

/** The folder of a package that the kit itself has installed. */
export function builtPackage(kind: PackageKind, folder = builtFolder(kind)): string {
  return join(folder, "node_modules", ...PACKAGES[kind].split("/"));
}

/**
 * Registers the tfjs backend "tensorflow". Packages that npm has installed are tried first, then those that `npm run
 * tensorflow` has built; for a GPU before those for the CPU. The backend that was in use stays in use.
 *
 * @throws InputError that says of each package why it does not work
 */
export async function loadTensorFlow(options: LoadOptions = {}): Promise<TensorFlow> {
  const before = tf.getBackend();
  const faults: string[] = [];
  const kinds = options.gpu ? (["gpu"] as const) : (["gpu", "cpu"] as const);
  for (const built of [false, true]) {
    for (const kind of kinds) {
      try {
        return openTensorFlow(built ? builtPackage(kind) : installedPackage(kind), built);
      } catch (error) {
        const fault = messageOf(error).split("\n")[0];
        faults.push(built ? `the kit's build for the ${kind.toUpperCase()} ${fault}` : `${PACKAGES[kind]} ${fault}`);
      } finally {
        if (before) await tf.setBackend(before); // a package that is loaded puts its own in use
      }
    }
  }
  throw new InputError(`TensorFlow cannot be loaded: ${faults.join("; ")}; ${GET_TENSORFLOW}`);
}

/** Operation by operation on TensorFlow, on a GPU where it has one. Throws an InputError as `loadTensorFlow` does. */
export async function tensorflowExecutor(): Promise<Executor> {
  await loadTensorFlow();
  return eagerExecutor("tensorflow");
}

/** Loads the package in this folder. Throws an error whose message, after the package's name, says why it does not work. */
export function openTensorFlow(folder: string, built: boolean): TensorFlow {
  const file = join(folder, "package.json");
  if (!existsSync(file)) throw new Error("is not there");
  const { name } = JSON.parse(readFileSync(file, "utf8")) as { name: string };
  if (name !== PACKAGES.gpu && name !== PACKAGES.cpu)
    throw new Error("is plain tfjs here (an override, for danfojs-node)");
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2"; // errors; else it greets with the processor's features
  restoreUtil();
  const require = createRequire(file);
  const { find } = require("@mapbox/node-pre-gyp") as { find(packageFile: string): string };
  const addon = find(file);
  if (!existsSync(addon)) throw new Error("has no native half, as its own install did not work");
  // Before the package, which registers its kernels first: were the addon to fail then, the next package's would come second.
  const binding = require(addon) as { TF_Version: string; isUsingGpuDevice(): boolean };
  require(folder);
  if (!tf.findBackendFactory("tensorflow")) throw new Error("registers its backend with another tfjs than the kit's");
  return { name, folder, built, version: binding.TF_Version, gpu: binding.isUsingGpuDevice() };
}

function installedPackage(kind: PackageKind): string {
  try {
    return dirname(createRequire(join(packageRoot(), "package.json")).resolve(`${PACKAGES[kind]}/package.json`));
  } catch {
    throw new Error("is not installed");
  }
}

/** Node 23 removed two functions that the package calls. */
function restoreUtil(): void {
  const old = util as { isNullOrUndefined?: unknown; isArray?: unknown };
  old.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  old.isArray ??= Array.isArray;
}
