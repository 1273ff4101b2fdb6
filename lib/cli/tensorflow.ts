/** `bert-few-shot tensorflow`: gets the binding to TensorFlow where its package's own install did not work. */
import { realpathSync } from "node:fs";
import { resolve } from "node:path";
import { InputError } from "../core/errors.ts";
import { run } from "../core/programs.ts";
import { tryProduct } from "../executor/available.ts";
import { eagerExecutor } from "../executor/eager.ts";
import { loadTensorFlow, openTensorFlow, type TensorFlow } from "../executor/tensorflow.ts";
import { buildTensorFlow, installWasm } from "../executor/tensorflow-build.ts";
import { TENSORFLOW_VERSION } from "../executor/tensorflow-wheel.ts";
import { command } from "./options.ts";
import { printJson } from "./shared.ts";

export const tensorflowCommand = command({
  name: "tensorflow",
  summary:
    "Builds the binding to TensorFlow for the eager executor, where @tensorflow/tfjs-node(-gpu) did not install. Linux.",
  positional: "",
  options: {
    gpu: {
      kind: "flag",
      help: "with CUDA 12 and cuDNN 9 from PyPI, several GB; x64 only, and not yet tried on a GPU",
    },
    wheel: {
      kind: "text",
      value: "FILE",
      help: "build on this wheel of TensorFlow, also where a binding works",
      defaultText: `${TENSORFLOW_VERSION}, which pip downloads`,
    },
    wasm: { kind: "flag", help: "also install tfjs' WebAssembly backend, for the bench" },
    json: { kind: "flag", help: "print one JSON object and nothing else on stdout" },
    check: { kind: "text", value: "DIR", help: "try the package in this folder, for the command itself" },
  },
  async run(v) {
    if (v.check !== undefined) return printJson(await checked(openTensorFlow(resolve(v.check), true)));
    const say = (line: string): void => void process.stderr.write(`${line}\n`);
    let found = v.wheel === undefined ? await loadTensorFlow({ gpu: v.gpu }).catch(ignoreInputError) : undefined;
    const built = !found;
    if (!found) {
      const wheel = v.wheel !== undefined && { wheel: v.wheel };
      found = openTensorFlow(await buildTensorFlow({ gpu: v.gpu, ...wheel, say, check: checkInNewProcess }), true);
    }
    if (v.wasm) await installWasm(say);
    if (v.json) return printJson({ ...found, new: built });
    const device = found.gpu ? "on a GPU" : "on the CPU";
    process.stdout.write(
      `TensorFlow ${found.version} works ${device}${built ? "" : " already"}: ${found.name} in ${found.folder}\n`,
    );
  },
});

function ignoreInputError(error: unknown): undefined {
  if (error instanceof InputError) return undefined;
  throw error;
}

async function checked(found: TensorFlow): Promise<TensorFlow> {
  await tryProduct(eagerExecutor("tensorflow"));
  return found;
}

/** By this same command line: a library that ends the process ends only that one. */
async function checkInNewProcess(folder: string): Promise<void> {
  const script = realpathSync(process.argv[1] ?? "");
  const { code, stderr } = await run(process.execPath, [script, "tensorflow", "--check", folder]);
  if (code === 0) return;
  const said = stderr.trim().split("\n").at(-1) || "without a word";
  throw new Error(`it does not work: ${said} (ended with ${code})`);
}
