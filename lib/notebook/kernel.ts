/** A running Jupyter kernel: code goes in, outputs come out. No Python is involved. */
import { randomUUID } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Channels, newConnection, openChannels } from "./channels.ts";
import { type Failure, failureOf } from "./failure.ts";
import type { Output } from "./format.ts";
import { commandLine, type Launch, RUNNER_ARGUMENTS } from "./kernels.ts";
import type { Message } from "./messages.ts";
import { type CellOutputs, cellOutputs, type Displays } from "./outputs.ts";
import { type KernelProcess, startProcess } from "./process.ts";

export interface CellRun {
  readonly outputs: Output[];
  readonly failure?: Failure;
}

export interface Kernel {
  /** What the kernel says of its language, for `metadata.language_info`. */
  readonly language: Readonly<Record<string, unknown>>;
  /** Runs code until all its outputs are there, for at most `timeout` seconds; afterwards the kernel is of no use. */
  execute(code: string, timeout: number): Promise<CellRun>;
  /** Ends it: asks first, and kills it when it does not go. */
  stop(): Promise<void>;
}

export interface KernelOptions {
  /** The kernel's working directory. */
  cwd: string;
  /** Its environment. Default this process's. */
  env?: NodeJS.ProcessEnv;
  /** Seconds until it must answer. Default 120. */
  startTimeout?: number;
  /** Ends the kernel at once. */
  signal?: AbortSignal;
}

type Listener = (channel: "shell" | "iopub", message: Message) => void;

const STOP_MS = 2000; // for a kernel to end by itself
const MARK_MS = 5000; // for the end mark, once the kernel says that it is written

/** Starts a kernel and waits until it answers. */
export async function startKernel(launch: Launch, options: KernelOptions): Promise<Kernel> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await tryStart(launch, options);
    } catch (error) {
      // Between our look for free ports and its start another program may have taken one.
      if (attempt === 3 || !/address (?:already )?in use|EADDRINUSE/i.test(String(error))) throw error;
    }
  }
}

async function tryStart(launch: Launch, options: KernelOptions): Promise<Kernel> {
  const { cwd, env = process.env, startTimeout = 120, signal } = options;
  signal?.throwIfAborted();
  const key = randomUUID();
  const connection = await newConnection(key);
  let listener: Listener = () => undefined;
  let fault = (_: Error): void => undefined;
  const broken = new Promise<string>((resolve) => {
    fault = (error) => resolve(`sent what cannot be read: ${error.message}`);
  });
  const channels = await openChannels(connection, { key, id: randomUUID() }, (...args) => listener(...args), fault);
  const folder = await mkdtemp(join(tmpdir(), "kernel-"));
  const file = join(folder, "connection.json");
  await writeFile(file, JSON.stringify(connection), { mode: 0o600 }); // the key lets one run code
  const child = startProcess([...commandLine(launch, file), ...RUNNER_ARGUMENTS[launch.name]], { cwd, env });
  const gone = Promise.race([child.ended, broken]);
  signal?.addEventListener("abort", child.kill, { once: true });
  if (signal?.aborted) child.kill(); // in the meantime
  const close = async (): Promise<void> => {
    signal?.removeEventListener("abort", child.kill);
    child.kill();
    await child.ended;
    channels.close();
    await rm(folder, { recursive: true, force: true });
  };
  const listen = (next: Listener): void => {
    listener = next;
  };
  try {
    const language = await answered(channels, child, gone, startTimeout, listen);
    const running = { launch, channels, child, gone, listen, displays: new Map(), earlier: new Map() };
    return {
      language,
      execute: (code, timeout) => execute(running, code, timeout),
      async stop() {
        channels.send("control", "shutdown_request", { restart: false });
        await within(child.ended, STOP_MS);
        await close();
      },
    };
  } catch (error) {
    await close();
    signal?.throwIfAborted();
    throw new Error(`the ${launch.name} kernel ${(error as Error).message}${quoted(child)}`);
  }
}

/** Asks until an answer came on shell and anything on iopub: only then are no outputs lost. */
async function answered(
  channels: Channels,
  child: KernelProcess,
  gone: Promise<string>,
  seconds: number,
  listen: (listener: Listener) => void,
): Promise<Record<string, unknown>> {
  let language: Record<string, unknown> | undefined;
  let outputs = false;
  const ready = new Promise<void>((resolve) => {
    listen((channel, { type, content }) => {
      if (channel === "iopub") outputs = true;
      if (type === "kernel_info_reply") language = (content.language_info ?? {}) as Record<string, unknown>;
      if (language && outputs) resolve();
    });
  });
  const end = performance.now() + 1000 * seconds;
  while (performance.now() < end) {
    channels.send("shell", "kernel_info_request", {});
    const state = await within(Promise.race([ready.then(() => "ready"), gone]), 300);
    if (state === "ready") return language as Record<string, unknown>;
    if (state !== undefined) throw new Error(`${state} while starting`);
    // tslab only writes down that it could not bind its ports, and waits for ever.
    if (/EADDRINUSE|address already in use/i.test(child.lastWords())) break;
  }
  throw new Error(`did not answer in ${seconds} s`);
}

interface Running {
  readonly launch: Launch;
  readonly channels: Channels;
  readonly child: KernelProcess;
  readonly gone: Promise<string>;
  readonly displays: Displays;
  /** Cells by their requests: what a cell's timers print later is its own output. */
  readonly earlier: Map<string, CellOutputs>;
  listen(listener: Listener): void;
}

async function execute(kernel: Running, code: string, timeout: number): Promise<CellRun> {
  const { launch, channels, child, gone, displays, earlier, listen } = kernel;
  const cell = cellOutputs(displays);
  const stderr: string[] = [];
  let status: string | undefined;
  let idle = false;
  // Deno from 2.8.2 on sends outputs after "idle", under whatever request runs by then. Its queue keeps their order: a
  // second request prints a mark, and all up to the mark is the cell's.
  const mark = launch.name === "deno" ? `\u2063end of cell ${randomUUID()}` : "";
  let markRequest = "";
  const request = channels.send("shell", "execute_request", executeRequest(code, false));
  earlier.set(request, cell);
  const finished = new Promise<void>((resolve) => {
    listen((channel, { type, parent, content }) => {
      const own = parent === request;
      if (channel === "shell") {
        if (own) status = String(content.status);
        else if (parent === markRequest) setTimeout(resolve, MARK_MS).unref(); // code may have replaced console.log
      } else if (type === "status") {
        if (own) idle = content.execution_state === "idle";
      } else {
        (mark ? cell : earlier.get(parent))?.add(type, content);
        if (type === "stream" && content.name === "stderr") stderr.push(String(content.text));
        if (mark && takeMark(cell.outputs, mark)) resolve();
      }
      if (status === undefined || !idle) return;
      if (!mark) resolve();
      else if (!markRequest)
        markRequest = channels.send("shell", "execute_request", executeRequest(`console.log("${mark}")`, true));
    });
  });
  const end = await within(Promise.race([finished.then(() => ""), gone]), 1000 * timeout);
  listen(() => undefined);
  const { outputs } = cell;
  if (end === undefined) return { outputs, failure: { message: `no end after ${timeout} s`, details: "" } };
  if (end) return { outputs, failure: { message: `the ${launch.name} kernel ${end}`, details: child.lastWords() } };
  const failure = failureOf(status ?? "", outputs, stderr, earlier.size);
  return { outputs, ...(failure && { failure }) };
}

function executeRequest(code: string, silent: boolean): object {
  return { code, silent, store_history: !silent, user_expressions: {}, allow_stdin: false, stop_on_error: true };
}

/** Takes the mark out of the cell's last stdout, where it is there. */
function takeMark(outputs: Output[], mark: string): boolean {
  const marked = (o: Output): boolean => o.output_type === "stream" && o.name === "stdout" && o.text.includes(mark);
  const at = outputs.findIndex(marked);
  const output = outputs[at];
  if (output?.output_type !== "stream") return false;
  output.text = output.text.slice(0, output.text.indexOf(mark));
  if (!output.text) outputs.splice(at, 1);
  return true;
}

/** The promise's value, or undefined when it takes longer. */
async function within<T>(promise: Promise<T>, ms: number): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, Math.min(ms, 2 ** 31 - 1), undefined); // beyond that Node takes 1 ms
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

function quoted(child: KernelProcess): string {
  const words = child.lastWords();
  return words && `; it said:\n${words}`;
}
