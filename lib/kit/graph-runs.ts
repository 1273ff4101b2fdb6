/** What is seen of a traced function by running it: eager against compiled, how many sessions it takes, what is refused. */
import { messageOf } from "../core/errors.ts";
import { describeTensor, type HostTensor, sizeOf, type Tensors } from "../core/tensor.ts";
import { compiledExecutor } from "../executor/compiled.ts";
import { eagerExecutor } from "../executor/eager.ts";
import { gradientName } from "../executor/gradients.ts";
import { type Spec, trace } from "../executor/trace.ts";
import type { Executor, GraphFunction, Program } from "../executor/types.ts";
import type { Row } from "../results/table.ts";
import type { Traceable } from "./graphs.ts";

export interface CompareOptions {
  /** Which of its inputs. Default 0. */
  i?: number;
  /** Default: compiled, on the CPU. */
  executor?: Executor;
  /** What it is compared with. Default: tfjs itself, in JavaScript. */
  reference?: Executor;
}

/**
 * Runs a function on both executors and compares every output, all gradients as one: the largest value, and a power of ten
 * that the largest difference, divided by the largest value, is below; 0 where all numbers are equal. Powers, because the last
 * digits differ from one processor to another.
 */
export async function compareOutputs(source: Traceable, options: CompareOptions = {}): Promise<Row[]> {
  const { i = 0, executor = compiledExecutor(), reference = eagerExecutor("cpu") } = options;
  const inputs = source.inputs(i);
  const [mine, theirs] = [await once(source, executor, inputs), await once(source, reference, inputs)];
  const gradients = Object.keys(theirs).filter((name) => name.startsWith(gradientName("")));
  const others = Object.keys(theirs).filter((name) => !gradients.includes(name));
  const groups = [
    ...others.map((name) => ({ output: name, names: [name] })),
    ...(gradients.length ? [{ output: `gradients of ${gradients.length} inputs`, names: gradients }] : []),
  ];
  return groups.map(({ output, names }): Row => {
    const pairs = names.map((name) => ({ a: mine[name] as HostTensor, b: theirs[name] as HostTensor }));
    const numbers = pairs.reduce((sum, { b }) => sum + sizeOf(b.shape), 0);
    const largest = Math.max(...pairs.map(({ b }) => most(b.data, (x) => x)));
    const apart = Math.max(...pairs.map(({ a, b }) => most(b.data, (x, at) => x - (a.data[at] as number))));
    return {
      output,
      numbers,
      "largest value": Number(largest.toPrecision(3)),
      "differ by less than": below(apart / largest),
    };
  });
}

async function once({ fn, options }: Traceable, executor: Executor, inputs: Tensors): Promise<Tensors> {
  const program = executor.program(fn, { symbols: options.symbols }); // dense, as every executor can
  try {
    return await program.run(inputs);
  } finally {
    await program.dispose();
  }
}

/** Largest magnitude; a loop, as spread arguments run out of stack. */
function most(data: ArrayLike<number>, of: (x: number, at: number) => number): number {
  let largest = 0;
  for (let at = 0; at < data.length; at++) largest = Math.max(largest, Math.abs(of(data[at] as number, at)));
  return largest;
}

function below(share: number): string {
  return share === 0 ? "0" : `1e${Math.floor(Math.log10(share)) + 1}`;
}

/**
 * Runs a function on its inputs number 0 to `batches` - 1, once with its sizes as symbols and, with `fixed`, once with every
 * shape compiled by itself: how many shapes came, how many sessions were made, and how many are held at the end.
 */
export async function countSessions(
  source: Traceable,
  batches: number,
  { fixed = true, executor = compiledExecutor() }: { fixed?: boolean; executor?: Executor } = {},
): Promise<Row[]> {
  const { symbols: _, ...rest } = source.options;
  const kinds = [
    { sizes: "symbols", program: executor.program(source.fn, source.options) },
    ...(fixed ? [{ sizes: "numbers", program: executor.program(source.fn, rest) }] : []),
  ];
  const shapes = new Set<string>();
  try {
    for (let i = 0; i < batches; i++) {
      const inputs = source.inputs(i);
      shapes.add(Object.values(inputs).map(describeTensor).join(" "));
      for (const { program } of kinds) await program.run(inputs);
    }
    return kinds.map(({ sizes, program }): Row => {
      const { compiled, kept } = program.stats();
      return {
        "sizes as": sizes,
        batches,
        "different shapes": shapes.size,
        "sessions made": compiled,
        "held at the end": kept,
      };
    });
  } finally {
    for (const { program } of kinds) await program.dispose();
  }
}

/**
 * How many times as long the reference takes, compiling apart: medians of `rounds` rounds, each of which runs the one and
 * then the other. It differs from run to run, and with whatever else the machine does.
 */
export async function relativeSpeed(
  source: Traceable,
  { rounds = 5, ...options }: CompareOptions & { rounds?: number } = {},
): Promise<Row[]> {
  const { i = 0, executor = compiledExecutor(), reference = eagerExecutor("cpu") } = options;
  const inputs = source.inputs(i);
  const programs = [executor, reference].map((e) => e.program(source.fn, source.options)) as [Program, Program];
  const times: [number[], number[]] = [[], []];
  try {
    for (let round = 0; round <= rounds; round++) {
      for (const [at, program] of programs.entries()) {
        const began = performance.now();
        await program.run(inputs);
        if (round > 0) times[at]?.push(performance.now() - began); // the first one compiles
      }
    }
  } finally {
    for (const program of programs) await program.dispose();
  }
  const [mine, theirs] = times.map((list) => list.sort((a, b) => a - b)[list.length >> 1] as number) as [
    number,
    number,
  ];
  const ratio = Number((theirs / mine).toPrecision(2));
  return [{ function: reference.name, against: executor.name, rounds, "times as long": ratio }];
}

/** Tries to trace functions that cannot be, and gives what a user is told, a paragraph each, in lines of 100 letters. */
export function refusals(functions: Readonly<Record<string, GraphFunction>>, specs: Traceable["specs"]): string {
  return Object.entries(functions)
    .map(([name, fn]) => `${name}:\n${lines(refusal(fn, specs), 100).join("\n")}`)
    .join("\n\n");
}

function refusal(fn: GraphFunction, specs: Readonly<Record<string, Spec>>): string {
  try {
    const { length } = trace(fn, specs).nodes;
    return `is traced, into ${length} nodes`;
  } catch (error) {
    return messageOf(error);
  }
}

/** Words in lines of at most so many letters, each two spaces in. */
function lines(text: string, width: number): string[] {
  const out: string[] = [];
  for (const word of text.split(/\s+/)) {
    const last = out.at(-1);
    if (last !== undefined && last.length + word.length < width) out[out.length - 1] = `${last} ${word}`;
    else out.push(`  ${word}`);
  }
  return out;
}
