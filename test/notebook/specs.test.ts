import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { InputError } from "../../lib/core/errors.ts";
import { denoFault, findDeno } from "../../lib/notebook/deno.ts";
import { findKernel } from "../../lib/notebook/kernels.ts";
import { jupyterFolder, writeSpec } from "../../lib/notebook/specs.ts";

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "specs-"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe("Jupyter's data folder", () => {
  // jupyter_core.paths.jupyter_data_dir() of jupyter_core 5
  it.each([
    ["linux", {}, join(homedir(), ".local", "share", "jupyter")],
    ["linux", { XDG_DATA_HOME: "/data" }, join("/data", "jupyter")],
    ["darwin", { XDG_DATA_HOME: "/data" }, join(homedir(), "Library", "Jupyter")],
    ["win32", { APPDATA: "/roaming" }, join("/roaming", "jupyter")],
    ["darwin", { JUPYTER_DATA_DIR: "/own" }, "/own"],
  ] as const)("of the user on %s with %j", (platform, env, expected) => {
    expect(jupyterFolder({}, env, platform)).toBe(expected);
    expect(jupyterFolder({ user: true }, env, platform)).toBe(expected);
  });

  it("of a prefix is its share/jupyter, whatever the environment says", () => {
    expect(jupyterFolder({ prefix: folder }, { JUPYTER_DATA_DIR: "/own" })).toBe(join(folder, "share", "jupyter"));
  });

  it("of a virtual environment wants one", () => {
    expect(() => jupyterFolder({ venv: folder })).toThrow(/is no virtual environment: it has neither pyvenv.cfg/);
    writeFileSync(join(folder, "pyvenv.cfg"), "");
    expect(jupyterFolder({ venv: folder })).toBe(join(folder, "share", "jupyter"));
  });

  it("is one alone", () => {
    expect(() => jupyterFolder({ venv: "a", prefix: "b" })).toThrow("--venv and --prefix were given; wanted one");
    expect(() => jupyterFolder({ prefix: "b", user: true })).toThrow(InputError);
  });
});

describe("a kernel's spec", () => {
  it("is a kernel.json in a folder of its own, with the command and Jupyter's word for the connection file", async () => {
    const written = await writeSpec(
      { name: "deno", command: ["/bin/deno", "jupyter", "--conn"], version: "2" },
      folder,
    );
    expect(written).toBe(join(folder, "kernels", "bert-few-shot-deno"));
    expect(JSON.parse(readFileSync(join(written, "kernel.json"), "utf8"))).toEqual({
      argv: ["/bin/deno", "jupyter", "--conn", "{connection_file}"],
      display_name: "Deno (bert-few-shot)",
      language: "typescript",
      interrupt_mode: "signal",
      env: { NO_COLOR: "1" },
      metadata: { debugger: false },
    });
  });
});

describe("a kernel's program", () => {
  it("that is not there is named, with how to get it", async () => {
    await expect(findKernel("tslab", join(folder, "none.js"), folder)).rejects.toThrow("run `npm run build`");
    const script = join(folder, "tslab-kernel.js"); // no tslab above this folder
    writeFileSync(script, "");
    await expect(findKernel("tslab", script, folder)).rejects.toThrow("npm install --save-dev tslab@1.0.22");
    expect(await findDeno(folder, { PATH: folder })).toBeUndefined();
    await expect(findDeno(folder, { PATH: folder, DENO: join(folder, "deno") })).rejects.toThrow(InputError);
  });

  it("of tslab is the script with this Node", async () => {
    const script = join(process.cwd(), "package.json"); // any file of the repository: tslab is found from there
    expect(await findKernel("tslab", script, folder)).toEqual({
      ...{ name: "tslab", command: [process.execPath, script] },
      version: "1.0.22",
    });
  });
});

describe("Deno's fault with Jupyter's own runner", () => {
  it.each(["1.46.3", "2.0.0", "2.7.14", "2.8.0", "2.8.1"])("is not in %s", (version) => {
    expect(denoFault(version)).toBeUndefined();
  });
  it.each(["2.8.2", "2.8.10", "2.9.0", "2.10.1", "3.0.0"])("is in %s", (version) => {
    expect(denoFault(version)).toContain(`Deno ${version} sends a cell's output after its end`);
  });
});
