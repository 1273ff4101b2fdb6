"""Makes test/fixtures/evaluate/post-processing.json: repaired vectors as scikit-learn's PCA gives them, and counts of numpy's histogram.

    python test/reference/post_processing.py
"""
import json
from pathlib import Path

import numpy as np
from sklearn.decomposition import PCA

OUT = Path(__file__).resolve().parents[1] / "fixtures" / "evaluate" / "post-processing.json"
rng = np.random.default_rng(11)


def vectors(rows, width):
    """A cloud far from the origin, with a spread of its own in every direction, as float32."""
    turn, _ = np.linalg.qr(rng.normal(size=(width, width)))
    return ((rng.normal(size=(rows, width)) * np.linspace(2, 0.2, width)) @ turn + 1.3).astype(np.float32)


def repaired(rows, width, top):
    sample, x = vectors(rows, width), vectors(5, width)
    pca = PCA(svd_solver="full").fit(sample.astype(np.float64))
    centred = x.astype(np.float64) - pca.mean_
    axes = pca.components_[:top]
    kept = min(rows - 1, width)
    white = PCA(kept, whiten=True, svd_solver="full").fit(sample.astype(np.float64)).transform(x.astype(np.float64))
    return {
        "shape": [rows, width],
        "sample": sample.ravel().tolist(),
        "vectors": x.ravel().tolist(),
        "top": top,
        "allButTheTop": (centred - centred @ axes.T @ axes).ravel().tolist(),
        # signs of components are free, so the test compares squared distances
        "whitenedDistances": [float(((a - b) ** 2).sum()) for a in white for b in white],
    }


def histogram(values, bins, span):
    counts, edges = np.histogram(values, bins=bins, range=span)
    return {"values": list(map(float, values)), "edges": edges.tolist(), "counts": counts.tolist()}


histograms = [
    histogram(rng.normal(size=211).round(2), 13, (-2.0, 2.0)),
    histogram(np.round(np.arange(0, 2.31, 0.1), 1), 23, (0.0, 2.3)),
    histogram(rng.integers(3, 30, 97), 27, (2.5, 29.5)),
]
OUT.write_text(json.dumps({"repairs": [repaired(31, 7, 2), repaired(11, 17, 3)], "histograms": histograms}) + "\n")
