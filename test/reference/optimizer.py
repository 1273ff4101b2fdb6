"""Makes test/fixtures/train: what torch and transformers give for AdamW, clipping and the schedule.

    python test/reference/optimizer.py

adamw.json     parameters after each step of torch.optim.AdamW, in float32; one parameter has decay, one has not.
               "uncorrected" is AdamW without bias correction, as google-research/bert trains (decay added to the update
               before it is multiplied with the learning rate), written here in numpy, in float64
clip.json      norms and clipped gradients of torch.nn.utils.clip_grad_norm_
schedule.json  factors of transformers.get_linear_schedule_with_warmup
"""
import json
from pathlib import Path

import numpy as np
import torch
from transformers import get_linear_schedule_with_warmup

HERE = Path(__file__).resolve().parents[1] / "fixtures" / "train"
SHAPES = {"dense.weight": (3, 5), "dense.bias": (7,)}
STEPS = 7


def main():
    HERE.mkdir(parents=True, exist_ok=True)
    write("adamw.json", adamw())
    write("clip.json", clip())
    write("schedule.json", schedule())


def adamw():
    rng = np.random.default_rng(11)
    start = {name: normal(rng, shape) for name, shape in SHAPES.items()}
    # Gradients over five orders of magnitude, some of them 0.
    grads = [
        {name: normal(rng, shape) * np.float32(10.0 ** -(step % 5)) * (rng.random(shape) > 0.2) for name, shape in SHAPES.items()}
        for step in range(STEPS)
    ]
    lrs = [0.0, 0.01, 0.02, 0.05, 0.03, 0.02, 0.01]
    cases = {
        "defaults": {"betas": [0.9, 0.999], "eps": 1e-8, "decay": 0.01},
        "others": {"betas": [0.8, 0.98], "eps": 1e-4, "decay": 0.3},
    }
    return {
        "start": plain(start),
        "gradients": [plain(g) for g in grads],
        "lr": lrs,
        "cases": {name: {**case, "params": by_torch(start, grads, lrs, **case)} for name, case in cases.items()},
        "uncorrected": {"eps": 1e-6, "decay": 0.01, "params": uncorrected(start, grads, lrs, 1e-6, 0.01)},
    }


def by_torch(start, grads, lrs, betas, eps, decay):
    params = {name: torch.nn.Parameter(torch.tensor(x)) for name, x in start.items()}
    groups = [
        {"params": [params["dense.weight"]], "weight_decay": decay},
        {"params": [params["dense.bias"]], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups, lr=1.0, betas=tuple(betas), eps=eps)
    after = []
    for lr, grad in zip(lrs, grads):
        for group in optimizer.param_groups:
            group["lr"] = lr
        for name, param in params.items():
            param.grad = torch.tensor(grad[name])
        optimizer.step()
        after.append(plain({name: p.detach().numpy() for name, p in params.items()}))
    return after


def uncorrected(start, grads, lrs, eps, decay):
    params = {name: x.astype(np.float64) for name, x in start.items()}
    m = {name: np.zeros(shape) for name, shape in SHAPES.items()}
    v = {name: np.zeros(shape) for name, shape in SHAPES.items()}
    after = []
    for lr, grad in zip(lrs, grads):
        for name in params:
            m[name] = 0.9 * m[name] + 0.1 * grad[name]
            v[name] = 0.999 * v[name] + 0.001 * np.square(grad[name], dtype=np.float64)
            update = m[name] / (np.sqrt(v[name]) + eps)
            if name != "dense.bias":
                update = update + decay * params[name]
            params[name] = params[name] - lr * update
        after.append(plain({name: p.astype(np.float32) for name, p in params.items()}))
    return after


def clip():
    rng = np.random.default_rng(13)
    cases = []
    for scale, maximum in [(1.0, 1.0), (0.01, 1.0), (100.0, 10.0), (1.0, 0.1)]:
        grads = {name: normal(rng, shape) * np.float32(scale) for name, shape in SHAPES.items()}
        params = {name: torch.nn.Parameter(torch.zeros(shape)) for name, shape in SHAPES.items()}
        for name, param in params.items():
            param.grad = torch.tensor(grads[name])
        norm = torch.nn.utils.clip_grad_norm_(params.values(), maximum)
        clipped = plain({name: p.grad.numpy() for name, p in params.items()})
        cases.append({"max": maximum, "gradients": plain(grads), "norm": norm.item(), "clipped": clipped})
    return cases


def schedule():
    cases = []
    for steps, warmup in [(11, 3), (13, 0), (7, 1), (5, 5)]:
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
        scheduler = get_linear_schedule_with_warmup(optimizer, warmup, steps)
        factors = []
        for _ in range(steps):
            factors.append(scheduler.get_last_lr()[0])
            optimizer.step()
            scheduler.step()
        cases.append({"steps": steps, "warmup": warmup, "factors": factors})
    return cases


def normal(rng, shape):
    return rng.standard_normal(shape).astype(np.float32)


def plain(tensors):
    return {name: [float(x) for x in np.asarray(t, dtype=np.float32).ravel()] for name, t in tensors.items()}


def write(name, value):
    text = json.dumps(value, separators=(",", ":"))
    (HERE / name).write_text(text + "\n")


if __name__ == "__main__":
    main()
