/** The build of TensorFlow's binding: what it takes from PyPI for which machine, and what it says where it cannot go on. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { run } from "../../lib/core/programs.ts";
import { findCompiler, findPython, unpackWheel, wheelNames } from "../../lib/executor/tensorflow-tools.ts";
import {
  cudaFiles,
  cudaRequirements,
  cudaWheel,
  pipDownload,
  TENSORFLOW_VERSION,
  tensorflowFiles,
  thisMachine,
  wheelFor,
} from "../../lib/executor/tensorflow-wheel.ts";
import { useCli } from "../cli/child.ts";

const linux = { platform: "linux", glibc: "2.36" };
const supported = thisMachine().platform === "linux" && thisMachine().glibc !== undefined;
const python = (await run("python3", ["--version"])).code === 0;

describe("the wheel for a machine", () => {
  it.each([
    ["x64", false, `tensorflow-cpu==${TENSORFLOW_VERSION}`, "x86_64"],
    ["x64", true, `tensorflow==${TENSORFLOW_VERSION}`, "x86_64"],
    ["arm64", false, `tensorflow==${TENSORFLOW_VERSION}`, "aarch64"], // there is no tensorflow-cpu for it
  ] as const)("%s, with a GPU %s: %s", (arch, gpu, requirement, cpu) => {
    const platforms = [`manylinux_2_17_${cpu}`, `manylinux2014_${cpu}`];
    expect(wheelFor({ ...linux, arch }, gpu)).toEqual({ requirement, platforms });
  });

  it.each([
    [{ platform: "darwin", arch: "arm64", glibc: undefined }, "this is darwin arm64; wanted Linux with glibc"],
    [
      { platform: "win32", arch: "x64", glibc: undefined },
      "this is win32 x64; wanted Linux with glibc on x64 or arm64",
    ],
    [{ platform: "linux", arch: "x64", glibc: undefined }, "this is linux x64 without glibc"],
    [{ ...linux, arch: "riscv64" }, "this is linux riscv64;"],
  ])("%o has none", (machine, message) => {
    expect(() => wheelFor(machine, false)).toThrow(message);
  });

  it("has no CUDA for arm64", () => {
    expect(() => wheelFor({ ...linux, arch: "arm64" }, true)).toThrow(
      "this is arm64; TensorFlow's wheel has CUDA on x64",
    );
  });

  it("is asked for with versions and platforms of its own, whatever Python pip runs on", () => {
    const args = pipDownload({ requirement: "a==1", platforms: ["p", "q"] }, "DIR");
    expect(args.slice(0, 3)).toEqual(["-m", "pip", "download"]);
    for (const part of ["--no-deps", "--only-binary=:all:"]) expect(args).toContain(part);
    expect(args.join(" ")).toMatch(/--python-version 3\.12 .*--platform p --platform q --dest DIR a==1$/);
  });
});

describe("what is taken out of a wheel", () => {
  const libraries = ["tensorflow/libtensorflow_cc.so.2", "tensorflow/libtensorflow_framework.so.2"];
  const c = "tensorflow/include/tensorflow/c/c_api.h";

  it("TensorFlow's two libraries and its C headers, and nothing of Python", () => {
    const names = [
      ...[...libraries, c, "tensorflow/include/tensorflow/c/eager/c_api.h"],
      ...["tensorflow/include/tsl/platform/ctstring.h", "tensorflow/include/xla/tsl/c/tsl_status.h"],
      ...["tensorflow/include/external/local_tsl/tsl/platform/ctstring.h", "tensorflow/include/tensorflow/c/BUILD"],
      ...["tensorflow/include/tensorflow/core/platform/ctstring.h", "tensorflow/include/tensorflow/core/kernels/a.h"],
      ...["tensorflow/__init__.py", "tensorflow/python/a.so", "tensorflow/include/tensorflow/c/", "x/include/a.h"],
    ];
    expect(Object.fromEntries(tensorflowFiles(names, "a.whl"))).toEqual({
      "tensorflow/libtensorflow_cc.so.2": "lib/libtensorflow_cc.so.2",
      "tensorflow/libtensorflow_framework.so.2": "lib/libtensorflow_framework.so.2",
      [c]: "include/tensorflow/c/c_api.h",
      "tensorflow/include/tensorflow/c/eager/c_api.h": "include/tensorflow/c/eager/c_api.h",
      "tensorflow/include/tsl/platform/ctstring.h": "include/tsl/platform/ctstring.h",
      "tensorflow/include/xla/tsl/c/tsl_status.h": "include/xla/tsl/c/tsl_status.h",
      "tensorflow/include/external/local_tsl/tsl/platform/ctstring.h":
        "include/external/local_tsl/tsl/platform/ctstring.h",
      "tensorflow/include/tensorflow/core/platform/ctstring.h": "include/tensorflow/core/platform/ctstring.h",
    });
  });

  it.each([...libraries, c])("a wheel without %s is another one", (missing) => {
    const names = [...libraries, c].filter((name) => name !== missing);
    expect(() => tensorflowFiles(names, "a.whl")).toThrow(`a.whl: no ${missing} in it; wanted a wheel of TensorFlow`);
  });

  it("CUDA's libraries and tools, without headers and Python", () => {
    const wanted = [
      "nvidia/cublas/lib/libcublas.so.12",
      "nvidia/cuda_nvcc/bin/ptxas",
      "nvidia/cuda_nvcc/nvvm/libdevice/a.bc",
    ];
    const others = ["nvidia/__init__.py", "nvidia/cublas/include/cublas.h", "nvidia/cublas/lib/", "a.dist-info/RECORD"];
    expect([...cudaFiles([...wanted, ...others])]).toEqual(wanted.map((name) => [name, name]));
  });
});

describe("the CUDA libraries of a wheel", () => {
  const METADATA = `Metadata-Version: 2.4
Name: tensorflow
Requires-Dist: numpy>=1.26.0
Provides-Extra: and-cuda
Requires-Dist: nvidia-cublas-cu12<13.0,>=12.5.3.2; extra == "and-cuda"
Requires-Dist: nvidia-cuda-nvcc-cu12 (==12.3.107) ; extra == 'and-cuda'
Requires-Dist: tensorrt==8.6.1.post1; extra == "and-cuda"
Requires-Dist: nvidia-other; extra == "something"
Requires-Dist: nvidia-nccl-cu12<3.0,>=2.25.1; platform_system == "Linux" and extra == "and-cuda"

Requires-Dist: nvidia-prose; extra == "and-cuda"
`;

  it("are those that its METADATA names for the extra and-cuda, as pip takes them", () => {
    expect(cudaRequirements(METADATA, "a.whl")).toEqual([
      "nvidia-cublas-cu12<13.0,>=12.5.3.2",
      "nvidia-cuda-nvcc-cu12==12.3.107",
      "nvidia-nccl-cu12<3.0,>=2.25.1",
    ]);
  });

  it("are not for a wheel that is built without CUDA, which names them too", () => {
    expect(() => cudaRequirements(METADATA.replace("Name: tensorflow", "Name: tensorflow_cpu"), "a.whl")).toThrow(
      "a.whl: it is built without CUDA; wanted a wheel of the package tensorflow",
    );
  });

  it("must be named", () => {
    expect(() => cudaRequirements("Name: tensorflow\nRequires-Dist: numpy\n", "a.whl")).toThrow(
      "a.whl: it names no nvidia-* packages for its extra 'and-cuda'",
    );
  });

  it("come for any glibc that they are made for", () => {
    const { platforms } = cudaWheel("nvidia-nccl-cu12");
    for (const tag of ["manylinux_2_27_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64"])
      expect(platforms).toContain(tag);
  });
});

describe("the programs that the build takes", () => {
  const nowhere = { PATH: "/nowhere" };

  it("are named where they are missing", async () => {
    const wanted = "wanted python3 with pip on PATH; it only gets and opens the wheel";
    await expect(findPython(true, nowhere)).rejects.toThrow(`looking for a Python: spawn python3 ENOENT; ${wanted}`);
    await expect(findPython(false, nowhere)).rejects.toThrow("wanted python3 on PATH");
    await expect(findCompiler(nowhere)).rejects.toThrow(
      "looking for a C++ compiler: spawn g++ ENOENT; spawn c++ ENOENT; wanted $CXX, g++ or c++",
    );
    await expect(findCompiler({ CXX: "/nowhere/clang++ -m64" })).rejects.toThrow(
      "$CXX is '/nowhere/clang++ -m64': spawn /nowhere/clang++ ENOENT",
    );
  });

  it("a compiler may have options", async () => {
    expect(await findCompiler({ CXX: ` ${process.execPath}  --no-warnings ` })).toEqual([
      process.execPath,
      "--no-warnings",
    ]);
  });

  it.skipIf(!python)("files of a wheel get new paths, and programs stay programs (needs python3)", async () => {
    const folder = mkdtempSync(join(tmpdir(), "wheel-"));
    const file = join(folder, "small.whl");
    const make = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as z:
    z.writestr("a/text", "words")
    tool = zipfile.ZipInfo("a/tool")
    tool.external_attr = 0o755 << 16
    z.writestr(tool, "program")`;
    expect(await run("python3", ["-c", make, file])).toMatchObject({ code: 0 });
    expect(await wheelNames("python3", file)).toEqual(["a/text", "a/tool"]);
    const wanted = new Map([
      ["a/text", "lib/words"],
      ["a/tool", "bin/tool"],
    ]);
    await unpackWheel("python3", file, wanted, join(folder, "new"));
    expect(readFileSync(join(folder, "new", "lib", "words"), "utf8")).toBe("words");
    expect(statSync(join(folder, "new", "bin", "tool")).mode & 0o111).toBe(0o111);
    expect(statSync(join(folder, "new", "lib", "words")).mode & 0o111).toBe(0);
    await expect(unpackWheel("python3", file, new Map([["b", "b"]]), folder)).rejects.toThrow("There is no item named");
    rmSync(folder, { recursive: true });
  });
});

describe.skipIf(!supported)("the command (needs Linux with glibc)", () => {
  const cli = useCli();
  const fails = async (args: readonly string[], message: string, env = {}): Promise<void> => {
    const { code, stderr } = await cli.run(["tensorflow", ...args], { env });
    expect(stderr).toMatch(/^bert-few-shot tensorflow: /);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
    const root = join(dirname(cli.script), "..", "..");
    const left = join(root, ".cache", "tensorflow");
    expect(existsSync(left) ? readdirSync(left) : []).toEqual([]);
  };
  const noWheel = (): string => {
    const file = cli.path("no.whl");
    writeFileSync(file, "no wheel");
    return file;
  };

  it("names a wheel that is not there", () =>
    fails(["--wheel", cli.path("absent.whl")], `--wheel ${cli.path("absent.whl")}: no such file`));

  it("names the Python that is missing, before anything is downloaded", () =>
    fails(["--wheel", noWheel()], "looking for a Python: spawn python3 ENOENT", { PATH: "/nowhere" }));

  it.skipIf(!python)("says that a file is no wheel, and leaves nothing behind (needs python3)", () =>
    // Any program that runs: it comes to no compiling.
    fails(["--wheel", noWheel()], "no.whl: cannot read it as a wheel: zipfile.BadZipFile", { CXX: process.execPath }),
  );
});
