/** Which notebook kernel runs us, and how outputs reach its cell. */
import { createRequire } from "node:module";
import { join } from "node:path";

/** MIME types to contents: texts, base64 of pictures, or JSON values. */
export type MimeBundle = Readonly<Record<string, unknown>>;

export interface Display {
  readonly kernel: "tslab" | "deno";
  /** Sends one output with all its MIME types, of which the front end shows the richest that it knows. */
  send(data: MimeBundle, metadata?: MimeBundle): Promise<void>;
  /** Writes to the cell's error stream, where a carriage return begins the line again. */
  write(text: string): void;
}

interface Output {
  readonly data: MimeBundle;
  readonly metadata: MimeBundle;
  readonly transient: MimeBundle;
}

interface DenoJupyter {
  broadcast(type: "display_data", content: Output): Promise<void>;
  broadcast(type: "stream", content: { readonly name: "stderr"; readonly text: string }): Promise<void>;
}

/** tslab's module dist/jupyter.js, where the running cell's way out is kept. */
interface TslabJupyter {
  readonly lastWriteDisplayData: ((output: Output, update: boolean) => void) | null;
}

/** The display of the notebook cell that is running now; undefined outside of notebooks. */
export function currentDisplay(): Display | undefined {
  const world = globalThis as { Deno?: { jupyter?: DenoJupyter }; __tslab__?: unknown };
  const jupyter = denoJupyter(world.Deno);
  if (jupyter) {
    return {
      kernel: "deno",
      send: (data, metadata = {}) => jupyter.broadcast("display_data", { data, metadata, transient: {} }),
      write: (text) => void jupyter.broadcast("stream", { name: "stderr", text }), // process.stderr is lost there
    };
  }
  const write = world.__tslab__ ? tslabWriter() : undefined;
  if (!write) return undefined;
  return {
    kernel: "tslab",
    send: async (data, metadata = {}) => write({ data, metadata, transient: {} }, false),
    write: (text) => void process.stderr.write(text),
  };
}

/** `Deno.jupyter`, which throws when it is touched outside of a notebook. */
function denoJupyter(deno: { jupyter?: DenoJupyter } | undefined): DenoJupyter | undefined {
  try {
    return deno?.jupyter;
  } catch {
    return undefined;
  }
}

/**
 * The function by which tslab answers the running cell. Its public `display` sends one MIME type at a time, so this is
 * the inner one, of the loaded copy of tslab: the project's or a global one, whichever was started.
 */
function tslabWriter(): TslabJupyter["lastWriteDisplayData"] | undefined {
  const { cache } = createRequire(join(process.cwd(), "package.json"));
  for (const [file, module] of Object.entries(cache)) {
    if (!/[\\/]tslab[\\/]dist[\\/]jupyter\.js$/.test(file)) continue;
    const write = (module?.exports as TslabJupyter | undefined)?.lastWriteDisplayData;
    if (write) return write;
  }
  return undefined;
}
