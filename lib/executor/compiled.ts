/** Programs compiled to ONNX and run by onnxruntime-node on the CPU, one session for all sizes of a symbol. */
import { availableParallelism } from "node:os";
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { InputError } from "../core/errors.ts";
import { type DType, describeTensor, type HostTensor, type Tensors } from "../core/tensor.ts";
import { fuse } from "./fuse.ts";
import type { Dim } from "./graph.ts";
import { lower, splitSparse } from "./lower.ts";
import { simplify } from "./simplify.ts";
import { type Spec, trace } from "./trace.ts";
import type { CompileOptions, Executor, GraphFunction, Program } from "./types.ts";

type Ort = typeof import("onnxruntime-node");

export interface CompiledOptions {
  /** Threads of one operation. Default: the cores this process may use. */
  threads?: number;
}

/** The executor of choice on a CPU. onnxruntime-node is loaded at the first run. */
export function compiledExecutor(options: CompiledOptions = {}): Executor {
  const { threads = availableParallelism() } = options;
  return {
    name: "compiled cpu",
    program: (fn, settings) => compiledProgram(fn, threads, settings),
  };
}

// How long an idle thread keeps its core before it sleeps. onnxruntime's own default, about a millisecond and more, slows two
// processes on one machine several times over; 50 us cost nothing that can be measured when there is one.
const SPIN_MICROSECONDS = "50";

interface Session {
  readonly ort: Ort;
  readonly session: InferenceSession;
  readonly inputs: readonly string[];
  /** Names of the outputs by their names in the model. */
  readonly outputs: ReadonlyMap<string, string>;
}

/** A session being made or ready, and how many hold it: the table of programs and every run under way. */
interface Held {
  readonly ready: Promise<Session>;
  holders: number;
}

function compiledProgram(fn: GraphFunction, threads: number, options: CompileOptions = {}): Program {
  const { symbols = {}, sparse = [], keep = 4 } = options;
  checkSymbols(symbols);
  const held = new Map<string, Held>(); // in the order of last use
  let compiled = 0;
  let disposed = false;

  /** The program for these inputs' shapes, made at first need, with the caller as a holder. */
  async function take(inputs: Tensors): Promise<Held> {
    if (disposed) throw new Error("this program was disposed and cannot run");
    const specs = specsOf(inputs, symbols);
    const key = Object.entries(specs)
      .map(([name, s]) => `${name}:${describeTensor(s)}`)
      .join(" ");
    const entry = held.get(key) ?? { ready: create(specs), holders: 1 };
    entry.holders++;
    held.delete(key);
    held.set(key, entry);
    const forget = (): boolean => held.get(key) === entry && held.delete(key);
    entry.ready.catch(forget); // so that the next run tries again
    const oldest = held.size > keep ? held.entries().next().value : undefined;
    if (oldest && held.delete(oldest[0])) await release(oldest[1]);
    return entry;
  }

  /** Lets go of a session; the last holder frees it, so that none is freed while it runs. */
  async function release(entry: Held): Promise<void> {
    if (--entry.holders > 0) return;
    const made = await entry.ready.catch(() => undefined);
    await made?.session.release();
  }

  async function create(specs: Readonly<Record<string, Spec>>): Promise<Session> {
    compiled++;
    const { bytes, inputs, outputs } = lower(splitSparse(fuse(simplify(trace(fn, specs))), sparse));
    const ort = (await import("onnxruntime-node")) as Ort;
    const session = await ort.InferenceSession.create(bytes, {
      executionProviders: ["cpu"],
      intraOpNumThreads: threads,
      graphOptimizationLevel: "all",
      extra: { session: { intra_op: { spin_duration_us: SPIN_MICROSECONDS } } },
      logSeverityLevel: 3, // errors; its warnings are of constants that its own folding left over
      // Plans of memory by shape would be kept for every batch size seen.
      enableMemPattern: !Object.keys(symbols).length,
    });
    return { ort, session, inputs, outputs: new Map(outputs.map((o) => [o.name, o.key])) };
  }

  return {
    async run(inputs) {
      const entry = await take(inputs);
      try {
        const { ort, session, inputs: wanted, outputs } = await entry.ready;
        const feeds: Record<string, OrtTensor> = {};
        for (const name of wanted) feeds[name] = toOrt(ort, inputs[name] as HostTensor);
        const fetched = await session.run(feeds);
        return Object.fromEntries([...outputs].map(([name, key]) => [key, fromOrt(fetched[name] as OrtTensor)]));
      } finally {
        await release(entry);
      }
    },
    stats: () => ({ compiled, kept: held.size }),
    async dispose() {
      disposed = true;
      const all = [...held.values()];
      held.clear();
      for (const entry of all) await release(entry);
    },
  };
}

function checkSymbols(symbols: NonNullable<CompileOptions["symbols"]>): void {
  for (const [input, axes] of Object.entries(symbols)) {
    const odd = axes.find((a) => typeof a === "string" && !/^[A-Za-z_]\w*$/.test(a));
    if (odd !== undefined) {
      throw new InputError(`symbols of input '${input}': '${odd}' is no name; wanted letters, digits and _`);
    }
  }
}

/** Shapes of the inputs with symbols in place, after a check that equal symbols have equal sizes. */
export function specsOf(inputs: Tensors, symbols: NonNullable<CompileOptions["symbols"]>): Record<string, Spec> {
  const sizes = new Map<string, { size: number; input: string }>();
  const specs: Record<string, Spec> = {};
  // In one order, however the caller wrote them.
  for (const [name, tensor] of Object.entries(inputs).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const axes = symbols[name];
    if (axes && axes.length !== tensor.shape.length) {
      throw new InputError(`input '${name}' is ${describeTensor(tensor)}, but its symbols are [${axes.join(",")}]`);
    }
    const shape = tensor.shape.map((size, i): Dim => {
      const symbol = axes?.[i];
      if (typeof symbol !== "string") return size;
      const known = sizes.get(symbol);
      if (known && known.size !== size) {
        throw new InputError(
          `size ${symbol} is ${known.size} in input '${known.input}' and ${size} in input '${name}'`,
        );
      }
      sizes.set(symbol, { size, input: name });
      return symbol;
    });
    specs[name] = { shape, dtype: tensor.dtype };
  }
  return specs;
}

function toOrt(ort: Ort, t: HostTensor): OrtTensor {
  return new ort.Tensor(t.dtype, t.data, t.shape) as OrtTensor;
}

function fromOrt(t: OrtTensor): HostTensor {
  return { dtype: t.type as DType, shape: t.dims, data: t.data } as HostTensor;
}
