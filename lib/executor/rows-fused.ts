/** How the operations that fuse.ts makes become ONNX. */
import type { Row } from "./emitter.ts";
import type { Dim, Value } from "./graph.ts";

/** Output number `which` of one LayerNormalization for all who ask: 0 (x - mean) / deviation, 2 one over the deviation. */
const normalisation =
  (which: 0 | 2): Row =>
  (e, { inputs, attrs }, [x]) => {
    const width = (inputs[0] as Value).shape.at(-1) as Dim;
    const one: Value = {
      name: "ones",
      dtype: "float32",
      shape: [width],
      constant: { kind: "uniform", value: 1 },
    };
    const epsilon = attrs.epsilon as number;
    const ones = e.cached(`ones ${width}`, () => e.name(one));
    const name = e.cached(`normalised ${x} ${epsilon}`, () =>
      e.addAll("LayerNormalization", [x as string, ones], { axis: -1, epsilon: { float: epsilon } }, 3),
    );
    return which ? `${name}.${which}` : name;
  };

/** Rows by operation. */
export const FUSED_ROWS: Readonly<Record<string, Row>> = {
  Normalised: normalisation(0),
  InverseDeviation: normalisation(2),
  LayerNorm: (e, { attrs }, names) =>
    e.add("LayerNormalization", names, { axis: -1, epsilon: { float: attrs.epsilon as number } }),
  Gelu: (e, _, names) => e.add("Gelu", names),
};
