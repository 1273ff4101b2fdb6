"""Makes test/fixtures/evaluate/preserved.json: what pictures keep of vectors, as scipy and scikit-learn compute it.

    python test/reference/preserved.py
"""
import json
from pathlib import Path

import numpy as np
from scipy.spatial.distance import pdist
from scipy.stats import spearmanr
from sklearn.neighbors import NearestNeighbors

OUT = Path(__file__).resolve().parents[1] / "fixtures" / "evaluate" / "preserved.json"
rng = np.random.default_rng(11)


def nearest(x, k):
    return NearestNeighbors(n_neighbors=k, algorithm="brute").fit(x).kneighbors(return_distance=False)


def case(rows, width, k, grid):
    """Vectors, and points that are two of their columns, moved a little; on a grid, so that distances are tied, for the second."""
    x = np.float32(rng.normal(size=(rows, width)) * np.linspace(2, 0.5, width) + 1)
    points = np.float32(x[:, :2] + 0.3 * rng.normal(size=(rows, 2)))
    if grid:
        points = np.float32(np.stack([np.arange(rows) % 5, np.arange(rows) // 5], 1))
    out = {"shape": [rows, width], "k": k, "vectors": x.ravel().tolist(), "points": points.ravel().tolist()}
    for name, high in (("plain", np.float64(x)), ("unit", np.float64(x) / np.linalg.norm(np.float64(x), axis=1)[:, None])):
        shared = [len(set(a) & set(b)) for a, b in zip(nearest(high, k), nearest(np.float64(points), k))]
        out[name] = {
            # Neighbours on a grid are tied, and then depend on an order: they are not compared.
            "neighbours": None if grid else float(np.mean(shared) / k),
            "distances": float(spearmanr(pdist(high), pdist(np.float64(points)))[0]),
        }
    return out


OUT.write_text(json.dumps([case(37, 7, 5, False), case(23, 5, 3, True)], separators=(",", ":")) + "\n")
