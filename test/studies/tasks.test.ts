import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { fingerprint, runTasks, Stopped, type Task } from "../../lib/studies/tasks.ts";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "tasks-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** Tasks that count how often each ran. */
function tasks(fault: Partial<Record<string, Error>> = {}): { list: Task[]; ran: string[] } {
  const ran: string[] = [];
  const list = [2, 3, 5].map(
    (weight, i): Task => ({
      name: `task ${i}`,
      weight,
      run: async (report) => {
        report(0.5, "half of it");
        ran.push(`task ${i}`);
        const error = fault[`task ${i}`];
        if (error) throw error;
        return [{ i, third: 1 / 3, nothing: undefined }];
      },
    }),
  );
  return { list, ran };
}

/** A stream that is no terminal and keeps what is written. */
function screen(): { stream: NodeJS.WriteStream; lines: string[] } {
  const lines: string[] = [];
  const write = (text: string): boolean => lines.push(text) > 0;
  return { stream: { write, isTTY: false } as unknown as NodeJS.WriteStream, lines };
}

describe("the tasks of a study", () => {
  it("run in order and give their rows and times", async () => {
    const { list, ran } = tasks();
    const result = await runTasks(list, { folder: folder(), title: "study", quiet: true });
    expect(ran).toEqual(["task 0", "task 1", "task 2"]);
    expect(result.complete).toBe(true);
    expect(result.rows).toEqual([0, 1, 2].map((i) => ({ i, third: 1 / 3 })));
    expect(Object.keys(result.seconds)).toEqual(ran);
  });

  it("are not done again, and give the same rows as if they had been", async () => {
    const where = folder();
    const first = await runTasks(tasks().list, { folder: where, title: "study", quiet: true });
    const { list, ran } = tasks();
    const again = await runTasks(list, { folder: where, title: "study", quiet: true });
    expect(ran).toEqual([]);
    expect(again).toEqual(first);
    expect(Object.keys(again.rows[0] ?? {})).toEqual(Object.keys(first.rows[0] ?? {}));
  });

  it("keep what was finished before an error, and go on after it", async () => {
    const where = folder();
    const broken = tasks({ "task 1": new Error("no space left") });
    await expect(runTasks(broken.list, { folder: where, title: "study", quiet: true })).rejects.toThrow("no space");
    expect(Object.keys(JSON.parse(readFileSync(join(where, "tasks.json"), "utf8")))).toEqual(["task 0"]);
    const { list, ran } = tasks();
    expect((await runTasks(list, { folder: where, title: "study", quiet: true })).complete).toBe(true);
    expect(ran).toEqual(["task 1", "task 2"]);
  });

  it("end early where a task was stopped or the signal was given", async () => {
    const stopped = await runTasks(tasks({ "task 2": new Stopped() }).list, {
      folder: folder(),
      title: "study",
      quiet: true,
    });
    expect([stopped.complete, stopped.rows.length]).toEqual([false, 2]);
    const { list, ran } = tasks();
    const signal = AbortSignal.abort();
    expect((await runTasks(list, { folder: folder(), title: "study", quiet: true, signal })).complete).toBe(false);
    expect(ran).toEqual([]);
  });

  it("move one bar by their weights", async () => {
    const where = folder();
    const { stream, lines } = screen();
    await runTasks(tasks({ "task 2": new Stopped() }).list, { folder: where, title: "study", stream });
    expect(lines[0]).toMatch(/^study 10\/100 .*task 0: half of it/);
    expect(lines.at(-1)).toMatch(/^study 75\/100 /);
    const next = screen();
    await runTasks(tasks().list, { folder: where, title: "study", stream: next.stream });
    expect(next.lines[0]).toBe("2 of 3 tasks were done before\n");
    expect(next.lines.at(-1)).toMatch(/^study 100\/100 /);
  });
});

describe("fingerprint", () => {
  it("is equal for equal settings and another one for others", () => {
    expect(fingerprint({ a: 1, b: [2] })).toBe(fingerprint({ a: 1, b: [2] }));
    expect(fingerprint({ a: 1, b: [2] })).toMatch(/^[0-9a-f]{12}$/);
    expect(fingerprint({ a: 1, b: [3] })).not.toBe(fingerprint({ a: 1, b: [2] }));
  });
});
