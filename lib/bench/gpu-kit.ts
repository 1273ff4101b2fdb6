/** Packs Node, the kit and a Vulkan loader, so that a Linux machine with a GPU and without a network is measured by one command. */
import { existsSync } from "node:fs";
import { chmod, copyFile, mkdir, mkdtemp, readdir, realpath, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { InputError } from "../core/errors.ts";
import { packageRoot } from "../core/place.ts";
import { run } from "../core/programs.ts";
import { ENTRY, stage } from "./staged.ts";
import { INTENTS } from "./subjects.ts";

/** Megabytes that the kit may have. */
export const LARGEST_MB = 60;
const RUN = "run.sh";

/** Libraries of the system that the other one may lack: the Vulkan loader, and what NVIDIA's driver and Node are linked with. */
const LIBRARIES = [
  ...["libvulkan.so.1", "libGLdispatch.so.0", "libEGL.so.1", "libX11.so.6", "libXext.so.6", "libxcb.so.1"],
  ...["libXau.so.6", "libXdmcp.so.6", "libbsd.so.0", "libmd.so.0", "libstdc++.so.6", "libgcc_s.so.1"],
];

export interface GpuKitOptions {
  /** The command line's file. Default: the one that runs. */
  readonly script?: string;
  /** Folder for run.sh and the archive; OUT.tar.gz beside it holds both. */
  readonly out: string;
  readonly say: (line: string) => void;
}

export interface GpuKit {
  readonly folder: string;
  readonly archive: string;
  /** Bytes of the folder, and of the archive. */
  readonly bytes: number;
  readonly archiveBytes: number;
}

/** Makes the kit. Throws an InputError on another system than Linux on x64, and an Error where it is larger than LARGEST_MB. */
export async function packGpuKit({ script = process.argv[1] as string, out, say }: GpuKitOptions): Promise<GpuKit> {
  if (process.platform !== "linux" || process.arch !== "x64")
    throw new InputError(
      `gpu-kit packs this machine's Node for Linux on x64; this is ${process.platform} on ${process.arch}`,
    );
  await checkFolder(out);
  const work = await mkdtemp(join(tmpdir(), "gpu-kit-"));
  try {
    const root = join(work, "root");
    say("finding the files that a bench loads, by running it here on the CPU");
    await stage(join(root, "app"), { script: await realpath(script), work: join(work, "traced") });
    await addNode(join(root, "bin"), say);
    await addLibraries(join(root, "spare"), say);
    say("trying the copy");
    await tryCopy(root, join(work, "tried"));
    await rm(out, { recursive: true, force: true });
    await mkdir(out, { recursive: true });
    await compress(root, out, say);
    await copyFile(join(packageRoot(), "lib", "bench", "gpu-kit.sh"), join(out, RUN));
    await chmod(join(out, RUN), 0o755);
    const folder = resolve(out);
    const archive = `${folder}.tar.gz`;
    await shell('tar -C "$1" -cf - "$2" | gzip -1 > "$3"', dirname(folder), basename(folder), archive);
    const sizes = await Promise.all((await readdir(folder)).map(async (name) => (await stat(join(folder, name))).size));
    const kit = { folder, archive, bytes: sizes.reduce((a, b) => a + b), archiveBytes: (await stat(archive)).size };
    const largest = Math.max(kit.bytes, kit.archiveBytes);
    if (largest > LARGEST_MB * 1e6)
      throw new Error(`gpu-kit: it has ${(largest / 1e6).toFixed(1)} MB, wanted at most ${LARGEST_MB}`);
    return kit;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** A folder that is removed must be one of ours. */
async function checkFolder(out: string): Promise<void> {
  const names = existsSync(out) ? await readdir(out) : [];
  if (names.length && !names.includes(RUN))
    throw new InputError(
      `--out ${out}: this folder has other files in it; wanted an empty one, or one that gpu-kit made`,
    );
}

async function addNode(folder: string, say: (line: string) => void): Promise<void> {
  await mkdir(folder, { recursive: true });
  const node = join(folder, "node");
  await copyFile(process.execPath, node);
  await chmod(node, 0o755);
  const { code } = await run("strip", [node]);
  if (code !== 0) say("node stays as it is: there is no strip");
}

/** Those that are here, found by the loader's own list. */
async function addLibraries(folder: string, say: (line: string) => void): Promise<void> {
  await mkdir(folder, { recursive: true });
  const listed = await run("/sbin/ldconfig", ["-p"]);
  for (const name of LIBRARIES) {
    const line = listed.stdout.split("\n").find((l) => l.trim().startsWith(`${name} `) && l.includes("x86-64"));
    const path = line?.split(" => ")[1]?.trim();
    if (path) await copyFile(await realpath(path), join(folder, name));
    else say(`${name} is not here: the other machine must have it`);
  }
}

/** Runs the copy with nothing of this shell: what is missing in it is found here, and not on the other machine. */
async function tryCopy(root: string, work: string): Promise<void> {
  const app = join(root, "app");
  const bench = ["bench", "--device", "cpu", "--models", "tiny", "--quick", "--steps", "2", "--data", INTENTS];
  const command = [join(root, "bin", "node"), ENTRY, ...bench, "--only", "parity,step", "--work", work, "--out", work];
  const { code, stderr } = await run("env", ["-i", "sh", "-c", 'cd "$1" && shift && exec "$@"', "sh", app, ...command]);
  if (code !== 0) throw new Error(`gpu-kit: the copy does not run: ${stderr.trim().slice(-500)}`);
}

/** With xz where it is, which python3 also reads: a quarter smaller. */
async function compress(root: string, out: string, say: (line: string) => void): Promise<void> {
  const xz = (await run("xz", ["--version"])).code === 0;
  say(`packing with ${xz ? "xz, about two minutes" : "gzip"}`);
  const [program, name] = xz ? ["xz --x86 --lzma2=preset=9", "kit.tar.xz"] : ["gzip -9", "kit.tar.gz"];
  await shell(`tar -C "$1" -cf - . | ${program} > "$2"`, root, join(out, name));
}

async function shell(script: string, ...args: string[]): Promise<void> {
  const { code, stderr } = await run("sh", ["-c", script, "sh", ...args]);
  if (code !== 0 || stderr) throw new Error(`gpu-kit: ${script} ended with ${code}: ${stderr.trim()}`);
}
