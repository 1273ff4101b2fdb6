"""Expected scores, losses and gradients of the heads, in PyTorch from their formulas -> test/fixtures/heads/heads.json.

usage: python heads.py
"""
import json
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(11)
E, N, K, Q, O, D = 2, 3, 2, 2, 1, 5
M = N * Q + O
support = torch.randn(E, N, K, D, dtype=torch.float64).float().double()
query = torch.randn(E, M, D, dtype=torch.float64).float().double()
labels = torch.zeros(E, M, N, dtype=torch.float64)
order = [[2, 0, -1, 1, 1, 0, 2], [0, -1, 2, 2, 1, 0, 1]]
for e in range(E):
    for m, c in enumerate(order[e]):
        if c >= 0:
            labels[e, m, c] = 1


def score(q, s, distance, scale):
    """q [..., D], s [..., D], broadcast -> higher is more alike."""
    if distance == "dot":
        return (q * s).sum(-1)
    if distance == "cosine":
        return scale * F.cosine_similarity(q, s, dim=-1)
    if distance == "manhattan":
        return -(q - s).abs().sum(-1)
    squared = ((q - s) ** 2).sum(-1)
    return -squared if distance == "sqEuclidean" else -(squared + 1e-10).sqrt()


def scores(head, variant, distance, scale, s, q):
    if head == "prototypical" or variant == "mean of class":
        return score(q[:, :, None, :], s.mean(2)[:, None], distance, scale)
    each = score(q[:, :, None, None, :], s[:, None], distance, scale)  # [E, M, N, K]
    return {"mean": each.mean(3), "max": each.max(3).values, "attention": each.logsumexp(3)}[variant]


def cross_entropy(x):
    known = labels.sum(-1) == 1
    return F.cross_entropy(x[known], labels.argmax(-1)[known])


def contrastive(x, m):
    d = -x
    terms = labels * torch.minimum(d, torch.tensor(m)) ** 2 + (1 - labels) * torch.clamp(m - d, min=0) ** 2
    return terms.sum() / (2 * E * M)


LOSSES = {
    "crossEntropy": lambda x: cross_entropy(x),
    "contrastive": lambda x: contrastive(x, 2.5),
    "squaredError": lambda x: ((labels - x) ** 2).mean(),
}

cases = []
for head, variants in (("prototypical", ["-"]), ("matching", ["mean", "max", "attention"]), ("siamese", ["max", "mean of class"])):
    for variant in variants:
        for distance in ("euclidean", "sqEuclidean", "cosine", "dot", "manhattan"):
            for loss, fn in LOSSES.items():
                s, q = support.clone().requires_grad_(), query.clone().requires_grad_()
                x = scores(head, variant, distance, 3.0, s, q)
                value = fn(x)
                gs, gq = torch.autograd.grad(value, (s, q))
                cases.append(
                    {
                        "head": head,
                        "variant": variant,
                        "distance": distance,
                        "loss": loss,
                        "scores": x.detach().flatten().tolist(),
                        "value": value.item(),
                        "gradSupport": gs.flatten().tolist(),
                        "gradQuery": gq.flatten().tolist(),
                    }
                )


def seed(head):
    """The seed's networks: a layer normalisation each for supports and queries, then its formulas as they stand."""
    s, q = support.clone().requires_grad_(), query.clone().requires_grad_()
    gain_s, bias_s = torch.linspace(0.5, 1.5, D, dtype=torch.float64), torch.linspace(-0.2, 0.2, D, dtype=torch.float64)
    gain_q, bias_q = torch.linspace(1.5, 0.5, D, dtype=torch.float64), torch.linspace(0.3, -0.1, D, dtype=torch.float64)
    ns, nq = F.layer_norm(s, (D,), gain_s, bias_s, 1e-12), F.layer_norm(q, (D,), gain_q, bias_q, 1e-12)
    if head == "matching":
        unit_s, unit_q = F.normalize(ns, dim=-1), F.normalize(nq, dim=-1)
        cos = torch.einsum("emd,enkd->emnk", unit_q, unit_s).max(3).values
        value, yes = ((labels - cos) ** 2).mean(), cos >= 0.5
    else:
        p = ns.mean(2)
        dots = torch.einsum("emd,end->emn", nq, p)
        d = (nq.pow(2).sum(-1)[:, :, None] - 2 * dots + p.pow(2).sum(-1)[:, None, :] + 1e-10).sqrt()
        m = 2.5  # the seed's is 10; smaller here, so that both terms of the loss are at work
        value = (labels * torch.minimum(d, torch.tensor(m)) ** 2 + (1 - labels) * torch.clamp(m - d, min=0) ** 2).sum() / (2 * E * M)
        yes = d <= m
    right = (yes == (labels == 1)).all(-1).double().mean()
    gs, gq = torch.autograd.grad(value, (s, q))
    return {
        "head": head,
        "norms": [t.tolist() for t in (gain_s, bias_s, gain_q, bias_q)],
        "value": value.item(),
        "accuracy": right.item(),
        "gradSupport": gs.flatten().tolist(),
        "gradQuery": gq.flatten().tolist(),
    }


out = {
    "shape": {"E": E, "N": N, "K": K, "M": M, "D": D},
    "support": support.flatten().tolist(),
    "query": query.flatten().tolist(),
    "labels": order,
    "scale": 3.0,
    "margin": 2.5,
    "cases": cases,
    "seed": [seed("matching"), seed("prototypical")],
}
path = pathlib.Path(__file__).parent.parent / "fixtures/heads/heads.json"
path.write_text(json.dumps(out, indent=0, separators=(",", ":"), default=float).replace("\n", "") + "\n")
print(path.name, len(cases), "cases")
