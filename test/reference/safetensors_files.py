"""Makes test/fixtures/encoder/safetensors: small files as Python's safetensors writes them, and what is in them.

    python test/reference/safetensors_files.py
"""
import hashlib
import json
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

HERE = Path(__file__).resolve().parents[1] / "fixtures" / "encoder" / "safetensors"
TRICKY = [  # around every edge of the half precision numbers
    *(0.0, -0.0, 1.0, -1.0, 0.1, 1 / 3, 65504.0, 65519.99, 65520.0, -65520.0, 65536.0, 1e9, 3.4e38, 1e-45, 1e-40),
    *(2.0**-14, 2.0**-14 * (1 - 2.0**-11), 2.0**-14 * (1 - 2.0**-12), 2.0**-15, 2.0**-24, 2.0**-25, 2.0**-25 * 1.0001),
    *(2.0**-26, 3 * 2.0**-25, 5 * 2.0**-25, 1 + 2.0**-11, 1 + 3 * 2.0**-11, 1 + 2.0**-11 + 2.0**-20, 2047.5, 2048.5),
    *(float("inf"), float("-inf"), float("nan")),
]


def main():
    HERE.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(1)
    normal = torch.tensor(rng.standard_normal((5, 7)), dtype=torch.float32)
    tricky = torch.tensor(TRICKY, dtype=torch.float32)
    files = {
        "f32": {"normal": normal, "tricky": tricky, "scalar": torch.tensor(2.5), "empty": torch.zeros(3, 0)},
        "f16": {"a": normal.half(), "b": tricky.half(), "ints": torch.tensor([7], dtype=torch.int32)},  # the wider first
        "bf16": {"normal": normal.bfloat16(), "tricky": tricky.bfloat16()},
        "mixed": {
            "größe": normal,
            "a/b": torch.tensor([[1, -2, 2**31 - 1]], dtype=torch.int32),
            "flags": torch.tensor([True, False, True]),
        },
        "skipped": {
            "embeddings.position_ids": torch.arange(11)[None],
            "double": torch.tensor([0.1], dtype=torch.float64),
            "bytes": torch.tensor([1, 2, 3], dtype=torch.uint8),
            "kept": normal[1],
        },
    }
    values = {}
    for name, tensors in files.items():
        path = HERE / f"{name}.safetensors"
        save_file(tensors, path, metadata={"format": "pt"} if name == "mixed" else None)
        path.chmod(0o644)
        values[name] = {key: {"shape": list(t.shape), **numbers(t)} for key, t in tensors.items()}

    # rounding: float32 bits and the bits of the half that numpy rounds them to
    spread = (rng.standard_normal(997) * 2.0 ** rng.integers(-30, 18, 997)).astype(np.float32)
    floats = np.concatenate([np.array(TRICKY, dtype=np.float32), spread])
    with np.errstate(over="ignore"):
        halves = floats.astype(np.float16)
    rounding = {"f32": floats.view(np.uint32).tolist(), "f16": halves.view(np.uint16).tolist()}

    every = np.arange(65536, dtype=np.uint16)
    f16 = every.view(np.float16).astype(np.float32)
    bf16 = torch.from_numpy(every.view(np.int16)).view(torch.bfloat16).float().numpy()
    digests = {"f16": digest(f16), "bf16": digest(bf16)}
    text = json.dumps({"files": values, "rounding": rounding, "digests": digests}, ensure_ascii=False)
    (HERE / "values.json").write_text(text + "\n", "utf8")


def numbers(t):
    """The numbers of a tensor as the kit reads them; floats as float32 bits, so that -0 can be compared."""
    if t.dtype.is_floating_point and t.dtype != torch.float64:
        return {"dtype": "float32", "bits": float_bits(t.float().numpy()).reshape(-1).tolist()}
    return {"dtype": str(t.dtype).removeprefix("torch."), "data": t.reshape(-1).tolist()}


def digest(floats):
    return hashlib.sha256(float_bits(floats).tobytes()).hexdigest()


def float_bits(floats):
    """Every NaN as one: libraries differ in which."""
    return np.where(np.isnan(floats), np.uint32(0x7FC00000), floats.view(np.uint32))


if __name__ == "__main__":
    main()
