/** Every kernel that has a row, on WebGPU, against tfjs' own cpu backend; and which of them onnxruntime leaves on the CPU. */
import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { lower } from "../../lib/executor/lower.ts";
import { prepare } from "../../lib/executor/providers.ts";
import { fromOrt } from "../../lib/executor/session.ts";
import { WEBGPU } from "../../lib/executor/targets.ts";
import { trace } from "../../lib/executor/trace.ts";
import { noWebgpu, placement, webgpu } from "../webgpu.ts";
import { ELEMENTWISE } from "./cases-elementwise.ts";
import { MOVING } from "./cases-moving.ts";
import * as s from "./support.ts";

const CASES = { ...ELEMENTWISE, ...MOVING };
const reason = await noWebgpu();

/** What WGSL does not promise (https://www.w3.org/TR/WGSL/#floating-point-evaluation), by kernel or by kernel and case. */
const EXACT = "exp and log are not exact enough for digits near 0";
const NEGATIVE = "the logarithm of a negative number may be any number";
const DIFFERENT: Readonly<Record<string, string | s.Tolerance>> = {
  Sin: { atol: 5e-4 },
  Cos: { atol: 5e-4 },
  Tan: { rtol: 5e-3, atol: 5e-4 },
  Log: { atol: 1e-5 },
  Log1p: { atol: 1e-5 },
  "Log float32 [5,7]": NEGATIVE,
  "Log1p float32 [5,7]": NEGATIVE,
  "Log1p tiny": EXACT,
  "Expm1 tiny": EXACT,
  "Pow a negative base": "pow is exp(y log x)",
};
const NOT_FINITE = "infinities, halves, zeros and NaN"; // may be taken for any number

/** Kernels with a case that onnxruntime leaves on the CPU: of integers, truth values, more than four axes, no elements. */
const ON_CPU =
  "Abs BatchMatMul Concat Equal FloorDiv GatherV2 LogicalOr Max Min Mod Neg NotEqual Pack PadV2 Relu Reshape Reverse Round Sign Slice Step Tile Transpose";

describe.skipIf(reason)(`kernels on WebGPU${reason ? ` (${reason})` : ""}`, { timeout: 120_000 }, () => {
  const left = new Set<string>();

  describe.each(Object.entries(CASES))("%s", (kernel, cases) => {
    const tested = Object.entries(cases).filter(
      ([name]) => !name.endsWith(NOT_FINITE) && typeof DIFFERENT[`${kernel} ${name}`] !== "string",
    );
    it.each(tested)("%s", async (_, test) => {
      const { fn, inputs, tolerance, expected } = test;
      const model = lower(prepare(trace(fn, s.specsOf(inputs)), WEBGPU), WEBGPU);
      const { placed, outputs } = await placement(model, inputs);
      if (Object.keys(placed).some((key) => key.startsWith("CPU"))) left.add(kernel);
      const wanted = expected ? { y: expected } : await s.runOn(s.eager, fn, inputs);
      const found = Object.fromEntries(model.outputs.map((o) => [o.key, fromOrt(outputs[o.name] as never)]));
      s.expectAllClose(found, wanted, (DIFFERENT[kernel] as s.Tolerance | undefined) ?? tolerance);
    });
  });

  it("stay on the GPU but for some cases of these kernels", () => {
    const known = new Set(ON_CPU.split(" "));
    expect([...left].filter((kernel) => !known.has(kernel))).toEqual([]);
  });

  it("sum rows of a large table by index, however often an index repeats, the same in every run", async () => {
    const fn = s.one(({ x, ids }) => tf.unsortedSegmentSum(x, ids as tf.Tensor1D, 1031));
    const inputs = { x: s.normal("x", [997, 23]), ids: s.integers("ids", [997], 0, 13) };
    const first = await s.runOn(webgpu, fn, inputs);
    s.expectAllClose(first, await s.runOn(s.eager, fn, inputs), { atol: 1e-4 });
    for (let i = 1; i < 5; i++) expect(await s.runOn(webgpu, fn, inputs)).toEqual(first);
    const model = lower(prepare(trace(fn, s.specsOf(inputs)), WEBGPU), WEBGPU);
    const { placed } = await placement(model, inputs);
    expect(placed["WebGpuExecutionProvider ScatterElements"]).toBe(1);
    expect(Object.keys(placed).filter((key) => key.startsWith("CPU"))).toEqual([]);
  });

  it("take sizes from the host: one session for all of them", async () => {
    const fn = s.one(({ x, ids }) => tf.mul(tf.mean(tf.gather(x, ids as tf.Tensor1D), 0), tf.ones([1, 7])));
    const program = webgpu.program(fn, { symbols: { ids: ["P"], x: ["V", 0] } });
    for (const [v, p] of [
      [11, 3],
      [13, 29],
      [5, 17],
    ] as const) {
      const inputs = { x: s.normal("x", [v, 7]), ids: s.integers("ids", [p], 0, v) };
      s.expectAllClose(await program.run(inputs), await s.runOn(s.eager, fn, inputs));
    }
    expect(program.stats()).toEqual({ compiled: 1, kept: 1 });
    await program.dispose();
  });
});
