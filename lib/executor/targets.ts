/** What the lowering must know of the kernels of onnxruntime's providers, where it has a choice. */

export interface Target {
  /** FusedMatMul: stacks of products with transposed operands and a factor. Otherwise Transpose and MatMul. */
  readonly fusedProducts: boolean;
  /** Kernels of int64, which ArgMax gives. Otherwise it is found by comparisons, in float32. */
  readonly int64: boolean;
  /** Sizes are read off the inputs by nodes of the graph, which run on the CPU. Otherwise the host gives them as inputs. */
  readonly sizesInGraph: boolean;
  /** Rows of a large table are summed by ScatterND, each after all that share its index were added to it. */
  readonly scatters: boolean;
  /** Products of two axes, which are most of the work, take halves: copies of their operands in float16. */
  readonly halfProducts: boolean;
}

export const CPU: Target = {
  fusedProducts: true,
  int64: true,
  sizesInGraph: true,
  scatters: false,
  halfProducts: false,
};
/** Every node must have a kernel on the GPU: one on the CPU between two there costs two transfers and a wait. */
export const WEBGPU: Target = {
  ...{ fusedProducts: false, int64: false, sizesInGraph: false, scatters: true, halfProducts: false },
};
