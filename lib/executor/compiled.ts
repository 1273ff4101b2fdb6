/** Programs compiled to ONNX and run by onnxruntime-node, one session for all sizes of a symbol. */
import { availableParallelism } from "node:os";
import type { Tensor as OrtTensor } from "onnxruntime-node";
import { InputError } from "../core/errors.ts";
import { describeTensor, type HostTensor } from "../core/tensor.ts";
import type { Dim } from "./graph.ts";
import { deviceLoaded, hostLoaded, type Loaded, type Shapes } from "./loaded.ts";
import { PROVIDERS, type Provider, type ProviderName } from "./providers.ts";
import { createSession, fromOrt, type Ort, type Session, toOrt } from "./session.ts";
import type { Spec } from "./trace.ts";
import type { CompileOptions, Executor, GraphFunction, Program } from "./types.ts";

export interface CompiledOptions {
  /** Threads of one operation on the CPU. Default: the cores this process may use. */
  threads?: number;
  /** onnxruntime's provider: the CPU, a GPU through WebGPU or CUDA. Default "cpu". */
  provider?: ProviderName;
  /**
   * "mixed", for GPUs that have float16: dense products take such copies of their operands; parameters, sums over rows,
   * attention and all else stay in float32, and training scales its loss so that small gradients survive. Default "float32".
   */
  precision?: Precision;
  /**
   * onnxruntime's profile of each session goes to a JSON file whose path begins so, once the session is released: what
   * each node took, and on WebGPU each kernel. It slows the runs. Default: none.
   */
  profile?: string;
}

export const PRECISIONS = ["float32", "mixed"] as const;
export type Precision = (typeof PRECISIONS)[number];

/** The executor of choice. onnxruntime-node is loaded at the first run. */
export function compiledExecutor(options: CompiledOptions = {}): Executor {
  const { threads = availableParallelism(), provider: name = "cpu", precision = "float32", profile } = options;
  let profiles = 0;
  const sessions: Sessions = {
    threads,
    // A number for each: two files of one second would have one name.
    ...(profile !== undefined && { nextProfile: () => `${profile}-${++profiles}` }),
  };
  const mixed = precision === "mixed";
  const { target, ...rest } = PROVIDERS[name];
  const provider: Provider = { ...rest, target: { ...target, halfProducts: mixed } };
  return {
    name: `compiled ${name}${mixed ? ", float16 products" : ""}`,
    ownMemory: provider.ownMemory,
    scaledLoss: mixed,
    program: (fn, settings) =>
      provider.ownMemory
        ? compiledProgram(fn, provider, sessions, deviceLoaded(provider), DEVICE, settings)
        : compiledProgram(fn, provider, sessions, hostLoaded(), HOST, settings),
  };
}

/** What all sessions of an executor have in common. */
interface Sessions {
  readonly threads: number;
  /** How the next profile's path begins; absent: none is taken. */
  nextProfile?(): string;
}

/** How loaded inputs of kind T become feeds, and state that came out becomes one of them. */
interface Kind<T> {
  feed(ort: Ort, loaded: T): OrtTensor;
  keep(output: OrtTensor): T;
}
const HOST: Kind<HostTensor> = { feed: toOrt, keep: fromOrt };
const DEVICE: Kind<OrtTensor> = { feed: (_, tensor) => tensor, keep: (tensor) => tensor };

/** A session being made or ready, and how many hold it: the table of programs and every run under way. */
interface Held {
  readonly ready: Promise<Session>;
  holders: number;
}

function compiledProgram<T>(
  fn: GraphFunction,
  provider: Provider,
  { threads, nextProfile }: Sessions,
  loaded: Loaded<T>,
  kind: Kind<T>,
  options: CompileOptions = {},
): Program {
  const { symbols = {}, state = [], keep = 4 } = options;
  checkSymbols(symbols);
  const held = new Map<string, Held>(); // in the order of last use
  let compiled = 0;
  let disposed = false;

  /** The program for these inputs' shapes, made at first need, with the caller as a holder. */
  async function take(inputs: Shapes): Promise<Held> {
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
    if (nextProfile) made?.session.endProfiling();
    await made?.session.release();
  }

  function create(specs: Readonly<Record<string, Spec>>): Promise<Session> {
    compiled++;
    const profile = nextProfile && { profile: nextProfile() };
    return createSession(fn, specs, provider, threads, { ...options, ...profile });
  }

  return {
    async run(inputs) {
      const shapes = { ...loaded.shapes, ...inputs };
      const entry = await take(shapes);
      try {
        const made = await entry.ready;
        const feeds = made.sizes(shapes);
        for (const name of made.inputs) {
          const given = inputs[name];
          feeds[name] = given ? toOrt(made.ort, given) : kind.feed(made.ort, loaded.get(name) as T);
        }
        const fetched = await made.session.run(feeds);
        const outputs: Record<string, HostTensor> = {};
        for (const [name, key] of made.outputs) {
          const tensor = fetched[name] as OrtTensor;
          if (state.includes(key)) loaded.replace(key, kind.keep(tensor));
          else outputs[key] = fromOrt(tensor);
        }
        return outputs;
      } finally {
        await release(entry);
      }
    },
    load: (inputs) => loaded.load(inputs),
    read: (names) => loaded.read(names),
    stats: () => ({ compiled, kept: held.size }),
    async dispose() {
      disposed = true;
      const all = [...held.values()];
      held.clear();
      for (const entry of all) await release(entry);
      await loaded.dispose();
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
export function specsOf(inputs: Shapes, symbols: NonNullable<CompileOptions["symbols"]>): Record<string, Spec> {
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
