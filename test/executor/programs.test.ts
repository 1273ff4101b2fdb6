/** Programs as text, before and after they are simplified; each rewrite has a case. */
import * as tf from "@tensorflow/tfjs";
import { describe, expect, it } from "vitest";
import { withGradients } from "../../lib/executor/gradients.ts";
import { printGraph } from "../../lib/executor/graph.ts";
import { simplify } from "../../lib/executor/simplify.ts";
import { type Spec, trace } from "../../lib/executor/trace.ts";
import type { GraphFunction } from "../../lib/executor/types.ts";
import { type In, layerNorm } from "./parts.ts";
import * as s from "./support.ts";

const spec = (...shape: (number | string)[]): Spec => ({ shape, dtype: "float32" });
const traced = (fn: GraphFunction, specs: Record<string, Spec>): string => `\n${printGraph(trace(fn, specs))}\n`;
const simplified = (fn: GraphFunction, specs: Record<string, Spec>): string =>
  `\n${printGraph(simplify(trace(fn, specs)))}\n`;

describe("a program prints as text", () => {
  it("before it is simplified, as it was traced", () => {
    const fn = ({ x, w }: In) => ({ y: tf.relu(tf.add(tf.matMul(x!, w!, false, true), 0.1)) });
    expect(traced(fn, { x: spec(5, 7), w: spec(3, 7) })).toMatchInlineSnapshot(`
      "
      inputs x:float32[5,7] w:float32[3,7]
      v0:float32[5,3] = BatchMatMul x w transposeA=false transposeB=true
      v1:float32[5,3] = Add v0 0.1
      v2:float32[5,3] = Relu v1
      outputs y=v2
      "
    `);
  });

  it("with every kind of constant and attribute", () => {
    const fn = ({ x }: In) => ({
      y: tf.add(
        tf.pad(
          x!,
          [
            [0, 0],
            [1, 1],
          ],
          Number.NEGATIVE_INFINITY,
        ),
        [[1, 2, 3, 4]],
      ),
      z: tf.div(tf.cast(tf.clipByValue(x!, -0, 2), "int32"), x!.shape[0]!),
      ones: tf.ones([2, 3]),
    });
    expect(traced(fn, { x: spec("P", 2) })).toMatchInlineSnapshot(`
      "
      inputs x:float32[P,2]
      v0:float32[P,4] = PadV2 x paddings=[[0,0],[1,1]] constantValue="-Infinity"
      v1:float32[P,4] = Add v0 const:float32[1,4]
      v2:float32[P,2] = ClipByValue x clipValueMin="-0" clipValueMax=2
      v3:int32[P,2] = Cast v2 dtype="int32"
      v4:float32[P,2] = Cast v3 dtype="float32"
      v5:float32[] = Cast size(P) dtype="float32"
      v6:float32[P,2] = RealDiv v4 v5
      outputs y=v1 z=v6 ones=1:float32[2,3]
      "
    `);
  });

  it("the gradient of layer norm", () => {
    const fn = withGradients(({ x, g, b }) => ({ loss: tf.sum(layerNorm(x!, g!, b!)) }), ["g", "b"]);
    const specs = { x: spec("P", 7), g: spec(7), b: spec(7) };
    expect(trace(fn, specs).nodes.length).toBe(21);
    expect(simplified(fn, specs)).toMatchInlineSnapshot(`
      "
      inputs x:float32[P,7] g:float32[7] b:float32[7]
      v0:float32[P,1] = Mean x axis=-1 keepDims=true
      v1:float32[P,7] = Sub x v0
      v2:float32[P,7] = Square v1
      v3:float32[P,1] = Mean v2 axis=-1 keepDims=true
      v4:float32[P,1] = Add v3 0.00001
      v5:float32[P,1] = Rsqrt v4
      v6:float32[P,7] = Multiply v1 v5
      v7:float32[P,7] = Multiply v6 g
      v8:float32[P,7] = Add v7 b
      v9:float32[] = Sum v8 axis=null keepDims=false
      v10:float32[1,1] = Reshape 1
      v11:float32[P,7] = Multiply v10 1:float32[P,7]
      v12:float32[7] = Sum v11 axis=[0] keepDims=false
      v13:float32[P,7] = Multiply v10 v6
      v14:float32[7] = Sum v13 axis=[0] keepDims=false
      outputs loss=v9 grad:g=v14 grad:b=v12
      "
    `);
  });
});

describe("simplifying", () => {
  const x = { x: spec(3, 5) };

  it("drops casts, reshapes, transpositions, slices, tiles and pads that change nothing, and a concat of one", () => {
    const fn = ({ x }: In) => {
      const same = tf.pad(
        tf.tile(tf.slice(tf.transpose(tf.reshape(tf.cast(x!, "float32"), [3, 5]), [0, 1]), 0), [1, 1]),
        [
          [0, 0],
          [0, 0],
        ],
      );
      return { y: tf.neg(tf.concat([same])) };
    };
    expect(simplified(fn, x)).toMatchInlineSnapshot(`
      "
      inputs x:float32[3,5]
      v0:float32[3,5] = Neg x
      outputs y=v0
      "
    `);
  });

  it("joins reshapes and expanded axes, and drops them when they lead back", () => {
    const fn = ({ x }: In) => {
      const flat = tf.reshape(tf.expandDims(tf.reshape(x!, [5, 3]), 1), [-1]);
      return { flat, back: tf.neg(tf.reshape(flat, [3, 5])) };
    };
    expect(simplified(fn, x)).toMatchInlineSnapshot(`
      "
      inputs x:float32[3,5]
      v0:float32[15] = Reshape x
      v1:float32[3,5] = Neg x
      outputs flat=v0 back=v1
      "
    `);
  });

  it("joins transpositions, and drops them when they lead back", () => {
    const fn = ({ x }: In) => {
      const turned = tf.transpose(tf.transpose(x!, [1, 2, 0]), [1, 2, 0]);
      return { turned, back: tf.neg(tf.transpose(turned, [1, 2, 0])) };
    };
    expect(simplified(fn, { x: spec(2, 3, 5) })).toMatchInlineSnapshot(`
      "
      inputs x:float32[2,3,5]
      v0:float32[5,2,3] = Transpose x perm=[2,0,1]
      v1:float32[2,3,5] = Neg x
      outputs turned=v0 back=v1
      "
    `);
  });

  it("drops x * 1, x / 1, x + 0 and x - 0, whichever side the number is on", () => {
    const fn = ({ x }: In) => ({ y: tf.neg(tf.sub(tf.add(0, tf.div(tf.mul(1, tf.add(tf.mul(x!, 1), 0)), 1)), 0)) });
    expect(simplified(fn, x)).toMatchInlineSnapshot(`
      "
      inputs x:float32[3,5]
      v0:float32[3,5] = Neg x
      outputs y=v0
      "
    `);
  });

  it("but not where that widens x, nor 0 - x and 1 / x", () => {
    const fn = ({ x }: In) => ({
      wide: tf.add(x!, tf.zeros([2, 3, 5])),
      minus: tf.sub(0, x!),
      inverse: tf.div(1, x!),
    });
    expect(simplified(fn, x)).toMatchInlineSnapshot(`
      "
      inputs x:float32[3,5]
      v0:float32[2,3,5] = Add x 0:float32[2,3,5]
      v1:float32[3,5] = Sub 0 x
      v2:float32[3,5] = RealDiv 1 x
      outputs wide=v0 minus=v1 inverse=v2
      "
    `);
  });

  it("makes scalars of filled arrays, and takes a widened operand as it was", () => {
    const fn = ({ x, w }: In) => ({
      filled: tf.maximum(x!, tf.fill([3, 5], 0.5)),
      widened: tf.mul(tf.mul(w!, tf.ones([3, 5])), x!), // as tfjs spreads the gradient of a sum
    });
    expect(simplified(fn, { ...x, w: spec(5) })).toMatchInlineSnapshot(`
      "
      inputs x:float32[3,5] w:float32[5]
      v0:float32[3,5] = Maximum x 0.5
      v1:float32[3,5] = Multiply w x
      outputs filled=v0 widened=v1
      "
    `);
  });

  it("takes a condition and a number to choose as they were, unless all are widened", () => {
    const fn = ({ x, w }: In) => ({
      kept: tf.where(tf.lessEqual(tf.sum(x!), 3), x!, 0),
      wide: tf.where(tf.lessEqual(w!, 3), tf.zeros([3, 5]), 1),
    });
    expect(simplified(fn, { ...x, w: spec(5) })).toMatchInlineSnapshot(`
      "
      inputs x:float32[3,5] w:float32[5]
      v0:float32[] = Sum x axis=null keepDims=false
      v1:bool[] = LessEqual v0 3
      v2:bool[1,1] = Reshape v1
      v3:float32[1,1] = Reshape 0
      v4:float32[3,5] = Select v2 x v3
      v5:bool[5] = LessEqual w 3
      v6:bool[1,5] = Reshape v5
      v7:float32[1,1] = Reshape 1
      v8:float32[3,5] = Tile v7 reps=[3,5]
      v9:float32[3,5] = Select v6 0 v8
      outputs kept=v4 wide=v9
      "
    `);
  });

  it("but not where both operands of an operation are widened", () => {
    const fn = ({ w }: In) => {
      const wide = tf.mul(w!, tf.ones([3, 5]));
      return { y: tf.add(wide, wide), z: tf.add(tf.ones([3, 5]), tf.ones([3, 5])) };
    };
    expect(simplified(fn, { w: spec(5) })).toMatchInlineSnapshot(`
      "
      inputs w:float32[5]
      v0:float32[3,5] = Multiply w 1:float32[3,5]
      v1:float32[3,5] = Add w v0
      v2:float32[3,5] = Add 1 1:float32[3,5]
      outputs y=v1 z=v2
      "
    `);
  });

  it("computes equal things once", () => {
    const fn = ({ x }: In) => ({ y: tf.add(tf.exp(tf.add(x!, 1)), tf.exp(tf.add(x!, tf.scalar(1)))) });
    expect(simplified(fn, x)).toMatchInlineSnapshot(`
      "
      inputs x:float32[3,5]
      v0:float32[3,5] = Add x 1
      v1:float32[3,5] = Exp v0
      v2:float32[3,5] = Add v1 v1
      outputs y=v2
      "
    `);
  });

  it("but not things that differ by infinities, NaN, the sign of zero, an attribute or a dtype", async () => {
    const [inf, nan] = [Number.POSITIVE_INFINITY, Number.NaN];
    const fn = ({ x }: In) => ({
      ...Object.fromEntries([inf, -inf, nan].map((v, i) => [`most${i}`, tf.maximum(x!, v)])),
      ...Object.fromEntries(
        [inf, -inf, 0].map((v, i) => [
          `pad${i}`,
          tf.pad(
            x!,
            [
              [0, 0],
              [1, 0],
            ],
            v,
          ),
        ]),
      ),
      ...Object.fromEntries([0, -0].map((v, i) => [`zero${i}`, tf.div(1, tf.mul(v, tf.abs(x!)))])),
      sum0: tf.sum(x!, 0),
      sum1: tf.sum(x!, 1),
      int: tf.cast(x!, "int32"),
      bool: tf.cast(x!, "bool"),
    });
    const inputs = { x: s.normal("x", [3, 5]) };
    const specs = s.specsOf(inputs);
    expect(simplify(trace(fn, specs)).nodes.length).toBe(trace(fn, specs).nodes.length - 1); // one abs for two
    await s.expectSame(fn, inputs);
  });

  it("drops what no output needs", () => {
    const fn = ({ x }: In) => {
      tf.exp(tf.neg(x!));
      return { y: tf.abs(x!) };
    };
    expect(trace(fn, x).nodes.length).toBe(3);
    expect(simplified(fn, x)).toMatchInlineSnapshot(`
      "
      inputs x:float32[3,5]
      v0:float32[3,5] = Abs x
      outputs y=v0
      "
    `);
  });

  it("finds nothing more the second time", () => {
    const fn = withGradients(({ x, g, b }) => ({ loss: tf.mean(tf.square(layerNorm(x!, g!, b!))) }), ["x", "g", "b"]);
    const once = simplify(trace(fn, { x: spec("P", 7), g: spec(7), b: spec(7) }));
    expect(printGraph(simplify(once))).toBe(printGraph(once));
  });
});
