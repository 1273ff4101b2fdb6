/** The tslab kernel for notebooks of the kit: `node tslab-kernel.js CONNECTION_FILE [--end-with-stdin]`. */
import { createRequire } from "node:module";
import { dirname } from "node:path";
import vm from "node:vm";
import { alignLines } from "./lines.ts";

/** `--end-with-stdin`: ends with the process that started it, also where that one is killed. */
export type TslabArguments = readonly [connectionFile: string, end: "--end-with-stdin"];

// The parts of tslab 1.0.22 and its libraries that are changed here.
interface Compiler extends Record<string, unknown> {
  createWatchCompilerHost(
    files: string[],
    options: object,
    system: unknown,
    create: unknown,
    ...rest: unknown[]
  ): unknown;
  createEmitAndSemanticDiagnosticsBuilderProgram(...args: unknown[]): { getProgram(): Program };
  getPreEmitDiagnosticsOfFiles(...args: unknown[]): { readonly code: number }[];
  ModuleResolutionKind: { Bundler: number };
}
interface Program {
  emit(file: unknown, write: unknown, token: unknown, only: unknown, transformers: unknown, force?: boolean): unknown;
}
interface Converter {
  convert(declarations: string, source: string): { output?: string; hasToplevelAwait?: boolean };
  addModule(...args: unknown[]): unknown;
}
interface CellCode {
  readonly source: string;
  readonly compiled: string;
}
interface Handler {
  createWriteToIopub(name: string, send: (name: string, text: string) => void): unknown;
}

const [, script = "", configPath, end] = process.argv;
const require = createRequire(script);
const tslab = <T>(file: string): T => require(`tslab/dist/${file}.js`) as T;

compilerOptions();
const ran: CellCode[] = [];
cells(ran);
errors(ran);
outputQueue();
if (end) process.stdin.on("end", () => process.exit()).resume();
tslab<{ startKernel(options: object): void }>("main").startKernel({ configPath, enableFindLocal: false });

/** Other options for the compiler of cells; tslab reads no tsconfig. */
function compilerOptions(): void {
  const path = require.resolve("@tslab/typescript-for-tslab", {
    paths: [dirname(require.resolve("tslab/package.json"))],
  });
  const compiler = require(path) as Compiler;
  const changed = {
    moduleResolution: compiler.ModuleResolutionKind.Bundler, // "exports" of packages, and the kit by its own name
    lib: ["lib.es2023.d.ts"], // what Node 20 has
    strict: true,
  };
  // The compiler's exports are getters without setters: tslab gets a copy.
  const copy: Compiler = Object.assign({}, ...Object.keys(compiler).map((name) => ({ [name]: compiler[name] })));
  copy.createWatchCompilerHost = (files, options, system, _, ...rest) =>
    compiler.createWatchCompilerHost(files, { ...options, ...changed }, system, createProgram, ...rest);
  // A cell's variables reach the next cell as declarations, written as if to publish them. A type that another package
  // could not name (errors 2742, 4023, ...: it is behind the "exports" of its package) can be named here, by its path.
  const createProgram: Compiler["createEmitAndSemanticDiagnosticsBuilderProgram"] = (...args) => {
    const builder = compiler.createEmitAndSemanticDiagnosticsBuilderProgram(...args);
    const program = builder.getProgram();
    const { emit } = program;
    program.emit = (file, write, token, only, transformers) => emit(file, write, token, only, transformers, true);
    return builder;
  };
  copy.getPreEmitDiagnosticsOfFiles = (...args) =>
    compiler
      .getPreEmitDiagnosticsOfFiles(...args)
      .filter(({ code }) => ![2527, 2742, 7056].includes(code) && !(code >= 4000 && code < 4104));
  (require.cache[path] as NodeJS.Module).exports = copy;
}

/** Cells may await whatever they like, and have numbers, by which errors name them: those of execution. */
function cells(ran: CellCode[]): void {
  const conversion = tslab<{ createConverter(options: object): Converter }>("converter");
  const { createConverter } = conversion;
  conversion.createConverter = (options) => {
    const converter = createConverter(options);
    return {
      ...converter,
      addModule(...args) {
        ran.push({ source: "", compiled: "" });
        return converter.addModule(...args);
      },
      convert(declarations, source) {
        const result = converter.convert(declarations, source);
        ran.push({ source, compiled: result.output ?? "" });
        result.hasToplevelAwait ||= awaits(result.output ?? "");
        return result;
      },
    };
  };
  const { runInThisContext } = vm;
  vm.runInThisContext = (code, options) => {
    // So tslab runs cells, and no one else anything.
    const cell = typeof options === "object" && options.breakOnSigint && options.filename === undefined;
    return runInThisContext(code, cell ? { ...options, filename: `cell ${ran.length}` } : options);
  };
}

/**
 * Whether code awaits outside of its functions. tslab knows it by a diagnostic that TypeScript does not give for
 * `await (x)`; in a function of plain code that is a call of something named await, in a static block it is an error.
 */
function awaits(code: string): boolean {
  return !compiles(`(class { static { ${code}\n} })`) && compiles(`(async function() { ${code}\n})`);
}

function compiles(code: string): boolean {
  try {
    new vm.Script(code);
    return true;
  } catch {
    return false;
  }
}

/** Stacks name lines of cells instead of compiled lines, and leave out what is tslab's and Node's. */
function errors(ran: readonly CellCode[]): void {
  const { prototype } = tslab<{ JupyterHandlerImpl: { prototype: Handler } }>("jupyter").JupyterHandlerImpl;
  const { createWriteToIopub } = prototype;
  prototype.createWriteToIopub = (stream, send) =>
    createWriteToIopub(stream, (name, text) =>
      send(name, /^ +at .*\bcell \d+:\d/m.test(text) ? inSource(text, ran) : text),
    );
}

function inSource(text: string, ran: readonly CellCode[]): string {
  const kept: string[] = [];
  // Above a stack Node may show the compiled line.
  for (const row of text.replace(/^cell \d+:\d+\n.*\n *\^+\n\n?/m, "").split("\n")) {
    const frame = /^ +at /.test(row);
    const [place, cell, line] = (frame && /\bcell (\d+):(\d+)(?::\d+)?/.exec(row)) || [];
    const code = ran[Number(cell) - 1];
    const at = code && alignLines(code.source, code.compiled)[Number(line) - 1];
    // tslab holds what a cell declares in a Proxy, and calls it from there.
    if (place && at) kept.push(row.replace(place, `cell ${cell}, line ${at}`).replace(" Proxy.", " "));
    else if (!frame || !(place || /node_modules\/@?tslab\/|[( ]node:/.test(row) || row.includes(script)))
      kept.push(row);
  }
  return kept.join("\n");
}

/**
 * A queue for outputs: zeromq takes 512 messages in one turn of the event loop and throws at more, and it drops what is
 * beyond its limit. A loop that prints would lose lines, and the message that its cell has ended.
 */
function outputQueue(): void {
  type Socket = { send(frames: unknown): Promise<void> };
  const path = createRequire(require.resolve("tslab/package.json")).resolve("zeromq");
  const zeromq = require(path) as { Publisher: new (options: object) => Socket };
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  zeromq.Publisher = class extends zeromq.Publisher {
    #waiting: unknown[] | undefined;
    constructor() {
      super({ sendHighWaterMark: 0 });
    }
    override send(frames: unknown): Promise<void> {
      if (this.#waiting) this.#waiting.push(frames);
      else if (!this.#sent(frames)) void this.#drain([frames]);
      return Promise.resolve();
    }
    async #drain(waiting: unknown[]): Promise<void> {
      this.#waiting = waiting;
      for (const next of waiting) while (!this.#sent(next)) await turn();
      this.#waiting = undefined;
    }
    /** False where the socket is busy. */
    #sent(frames: unknown): boolean {
      try {
        super.send(frames).catch(() => undefined);
        return true;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === "EBUSY") return false;
        throw error;
      }
    }
  };
}
