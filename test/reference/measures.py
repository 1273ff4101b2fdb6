"""Makes test/fixtures/evaluate/measures.json: geometry, PCA, curves and paired tests as numpy, scipy and scikit-learn compute them.

    python test/reference/measures.py

IsoScore comes from its authors' package. What scikit-learn has no function for is written out here pair by pair, as slow and
as close to its definition as can be.
"""
import json
from itertools import combinations
from pathlib import Path

import numpy as np
from IsoScore.IsoScore import IsoScore
from scipy.stats import permutation_test, skew
from sklearn.decomposition import PCA
from sklearn.metrics import auc, roc_auc_score, roc_curve
from sklearn.metrics.pairwise import cosine_similarity
from sklearn.model_selection import LeaveOneOut, cross_val_score
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

OUT = Path(__file__).resolve().parents[1] / "fixtures" / "evaluate" / "measures.json"
rng = np.random.default_rng(7)


def vectors(rows, width, classes):
    """Blobs of uneven size around a common offset, as float32."""
    labels = rng.integers(0, classes, rows)
    means = rng.normal(size=(classes, width))
    scale = np.linspace(1.5, 0.3, width)
    x = (means[labels] + rng.normal(size=(rows, width))) * scale + 0.7
    return x.astype(np.float32), labels


def geometry(x, labels, hub):
    x = x.astype(np.float64)
    cos = cosine_similarity(x)
    pairs = list(combinations(range(len(x)), 2))
    same = [cos[i, j] for i, j in pairs if labels[i] == labels[j]]
    different = [cos[i, j] for i, j in pairs if labels[i] != labels[j]]
    mean = x.mean(0)
    within = np.zeros((x.shape[1],) * 2)
    between = np.zeros((x.shape[1],) * 2)
    for c in np.unique(labels):
        own = x[labels == c]
        within += (own - own.mean(0)).T @ (own - own.mean(0))
        between += len(own) * np.outer(own.mean(0) - mean, own.mean(0) - mean)
    s = np.linalg.svd(x - mean, compute_uv=False)
    s = s[s > 1e-10]
    p = s / s.sum()
    nearest = {
        name: cross_val_score(KNeighborsClassifier(1, metric=name), x, labels, cv=LeaveOneOut()).mean()
        for name in ("euclidean", "cosine")
    }
    chosen = NearestNeighbors(n_neighbors=hub).fit(x).kneighbors(return_distance=False)
    return {
        "meanCosine": float(np.mean([cos[i, j] for i, j in pairs])),
        "withinCosine": float(np.mean(same)),
        "betweenCosine": float(np.mean(different)),
        "scatterRatio": float(np.trace(within) / np.trace(between)),
        "effectiveRank": float(np.exp(-(p * np.log(p)).sum())),
        "firstShare": float(PCA().fit(x).explained_variance_ratio_[0]),
        "isoScore": float(IsoScore(x)),
        "nearestAccuracy": nearest,
        "hubness": float(skew(np.bincount(chosen.ravel(), minlength=len(x)))),
    }


def pca(x, others):
    fitted = PCA(2).fit(x.astype(np.float64))
    return {
        "points": fitted.transform(x.astype(np.float64)).ravel().tolist(),
        "others": fitted.transform(others.astype(np.float64)).ravel().tolist(),
        "explained": fitted.explained_variance_ratio_.tolist(),
        "axes": fitted.components_.tolist(),
    }


def risk_coverage(score, right):
    """The mean over queries of the risk among those that score at least as high."""
    risks = [np.mean(~right[score >= s]) for s in score]
    order = np.argsort(right)[::-1]  # right ones first: the best order
    best = [np.mean(~right[order[: i + 1]]) for i in range(len(right))]
    coverage = [float(np.mean(score >= s)) for s in np.unique(score)[::-1]]
    risk = [float(np.mean(~right[score >= s])) for s in np.unique(score)[::-1]]
    return {"coverage": coverage, "risk": risk, "area": float(np.mean(risks)), "excess": float(np.mean(risks) - np.mean(best))}


def sets():
    for rows, width, classes, hub in ((41, 7, 5, 5), (11, 29, 3, 3)):
        x, labels = vectors(rows, width, classes)
        others, _ = vectors(5, width, classes)
        yield {
            "shape": [rows, width],
            "vectors": x.ravel().tolist(),
            "labels": labels.tolist(),
            "others": others.ravel().tolist(),
            "hub": hub,
            "geometry": geometry(x, labels, hub),
            "pca": pca(x, others),
        }


def curves():
    score = rng.integers(0, 12, 53) / 8
    known = rng.random(53) < 0.3 + score / 2
    right = known & (rng.random(53) < 0.5 + score / 4)
    fpr, tpr, _ = roc_curve(known, score, drop_intermediate=False)
    assert abs(auc(fpr, tpr) - roc_auc_score(known, score)) < 1e-12
    return {
        "score": score.tolist(),
        "known": known.tolist(),
        "right": right.tolist(),
        "roc": {"otherAccepted": fpr.tolist(), "knownAccepted": tpr.tolist(), "area": float(auc(fpr, tpr))},
        "risk": risk_coverage(score, right),
    }


def paired():
    def test(a, b, resamples):
        r = permutation_test((a, b), lambda x, y, axis: np.mean(x - y, axis=axis), permutation_type="samples",
                             n_resamples=resamples, rng=np.random.default_rng(3))
        return {"a": a.tolist(), "b": b.tolist(), "mean": float(r.statistic), "p": float(r.pvalue)}

    right = rng.integers(10, 26, 13)
    a, b = right / 25, np.clip(right + rng.integers(-2, 5, 13), 0, 25) / 25
    # Two settings that share the ease of an episode, as on frozen episodes; the p value by half a million random flips.
    ease = rng.normal(18, 3, 101)
    c, d = (np.clip(np.round(ease + rng.normal(m, 2, 101)), 0, 25) / 25 for m in (0.8, 0))
    return {"exact": test(a, b, np.inf), "sampled": test(c, d, 500_000)}


OUT.parent.mkdir(exist_ok=True)
OUT.write_text(json.dumps({"sets": list(sets()), "curves": curves(), "paired": paired()}) + "\n")
