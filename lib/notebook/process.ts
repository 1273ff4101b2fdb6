/** A kernel's process: started, watched, and ended with all that it has started. */
import { type ChildProcess, spawn } from "node:child_process";

export interface KernelProcess {
  /** Becomes the words for how it ended, once it has; never fails. */
  readonly ended: Promise<string>;
  /** The last of what it wrote beside its messages, for when something went wrong. */
  lastWords(): string;
  /** Ends it at once. */
  kill(): void;
}

export interface ProcessOptions {
  cwd: string;
  env: NodeJS.ProcessEnv;
}

const KEPT = 4000; // characters of its own output that are kept

/** Starts a program as the leader of a process group of its own: Ctrl-C at the terminal does not reach it. */
export function startProcess(command: readonly string[], { cwd, env }: ProcessOptions): KernelProcess {
  const [program = "", ...args] = command;
  const grouped = process.platform !== "win32"; // there, another group is another window
  // Its standard input stays open as long as this process lives: see --end-with-stdin.
  const child = spawn(program, args, { cwd, env, stdio: ["pipe", "pipe", "pipe"], detached: grouped });
  let words = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => {
      words = (words + text).slice(-KEPT);
    });
  child.stdin.on("error", () => undefined); // it may close its end
  const kill = (): void => killGroup(child, grouped);
  process.once("exit", kill);
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(`did not start: ${error.message}`));
    child.once("exit", (code, signal) => resolve(signal ? `was ended by ${signal}` : `ended with exit code ${code}`));
  });
  void ended.then(() => process.off("exit", kill));
  return { ended, lastWords: () => words.trim(), kill };
}

function killGroup(child: ChildProcess, grouped: boolean): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    if (grouped) process.kill(-child.pid, "SIGKILL");
    else child.kill("SIGKILL");
  } catch {
    // it has just ended by itself
  }
}
