/** A cell's outputs, put together from the messages of a kernel as Jupyter's front ends do. */
import type { MimeBundle, Output } from "./format.ts";

type Display = Extract<Output, { output_type: "display_data" }>;

/** Displays of a whole notebook by their id: a later cell may change an earlier cell's display. */
export type Displays = Map<string, Display[]>;

export interface CellOutputs {
  /** What is there so far; `add` changes it in place. */
  readonly outputs: Output[];
  /** Takes a message from the kernel's output channel; messages that are no output change nothing. */
  add(type: string, content: Readonly<Record<string, unknown>>): void;
}

/** Collects the outputs of one cell. */
export function cellOutputs(displays: Displays): CellOutputs {
  const outputs: Output[] = [];
  let clearFirst = false;
  const push = (output: Output): void => {
    if (clearFirst) outputs.length = 0;
    clearFirst = false;
    const last = outputs.at(-1);
    if (output.output_type === "stream" && last?.output_type === "stream" && last.name === output.name)
      last.text += output.text;
    else outputs.push(output);
  };
  return {
    outputs,
    add(type, c) {
      const data = (c.data ?? {}) as MimeBundle;
      const metadata = (c.metadata ?? {}) as Record<string, unknown>;
      if (type === "stream")
        push({ output_type: "stream", name: c.name === "stderr" ? "stderr" : "stdout", text: String(c.text) });
      else if (type === "display_data") {
        const display: Display = { output_type: "display_data", data, metadata };
        const id = displayId(c);
        if (id) displays.set(id, [...(displays.get(id) ?? []), display]);
        push(display);
      } else if (type === "update_display_data")
        for (const display of displays.get(displayId(c)) ?? []) Object.assign(display, { data, metadata });
      else if (type === "execute_result")
        push({
          output_type: "execute_result",
          execution_count: (c.execution_count as number | undefined) ?? null,
          data,
          metadata,
        });
      else if (type === "error")
        push({
          output_type: "error",
          ename: String(c.ename),
          evalue: String(c.evalue),
          traceback: ((c.traceback as unknown[] | undefined) ?? []).map(String),
        });
      else if (type === "clear_output") {
        if (c.wait) clearFirst = true;
        else outputs.length = 0;
      }
    },
  };
}

/** Text as a terminal shows it: what follows a carriage return overwrites the line from its beginning. */
export function overwritten(text: string): string {
  return text
    .split("\n")
    .map((line) => line.split("\r").reduce((shown, part) => part + shown.slice(part.length), ""))
    .join("\n");
}

function displayId(content: Readonly<Record<string, unknown>>): string {
  const transient = content.transient as { display_id?: unknown } | undefined;
  return typeof transient?.display_id === "string" ? transient.display_id : "";
}
