"""The Python side of `npm run bench`: does the task of a JSON file, and prints what it found as the last line.

usage: python peers.py TASK.json (lib/bench/tasks.ts says what stands in it)
"""
import json
import resource
import sys
import time

import torch
import torch.nn.functional as F
from transformers import AutoTokenizer, BertModel

imported = time.time() * 1000
SHOWN = 5  # texts whose vectors are given back


def memory_mb():
    """Peak of resident memory; VmHWM is of this program alone, ru_maxrss also counts the parent at its start."""
    try:
        with open("/proc/self/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:")) / 1024
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 2**20)


def load(task):
    # In float32, whatever the checkpoint is stored in.
    return BertModel.from_pretrained(task["encoder"], add_pooling_layer=False).float().eval()


def padded(sentences):
    longest = max(map(len, sentences))
    ids = torch.tensor([s + [0] * (longest - len(s)) for s in sentences])
    mask = torch.tensor([[1] * len(s) + [0] * (longest - len(s)) for s in sentences])
    return ids, mask


def pooled(model, ids, mask, pooling="mean"):
    hidden = model(input_ids=ids, attention_mask=mask).last_hidden_state
    if pooling == "cls":
        return hidden[:, 0]
    weight = mask[:, :, None].to(hidden.dtype)
    return (hidden * weight).sum(1) / weight.sum(1)


def prototypical(vectors, n_way, n_shot):
    supports = n_way * n_shot
    prototypes = vectors[:supports].reshape(n_way, n_shot, -1).mean(1)
    return -((vectors[supports:, None] - prototypes[None]) ** 2).sum(-1)


def adamw(model, lr):
    """As the kit's: no decay of biases and normalisations. Fused is PyTorch's fastest, and what transformers' Trainer takes."""
    groups = {True: [], False: []}
    for name, p in model.named_parameters():
        groups[name.endswith("bias") or "LayerNorm" in name].append(p)
    return torch.optim.AdamW(
        [{"params": groups[False], "weight_decay": 0.01}, {"params": groups[True], "weight_decay": 0.0}],
        lr=lr, betas=(0.9, 0.999), eps=1e-8, fused=True,
    )


def steps(task):
    model = load(task)
    loaded = time.time() * 1000
    optimizer = adamw(model, task["lr"])
    forward = torch.compile(model, dynamic=True) if task.get("compile") else model
    losses, ms = [], []
    for episode in task["episodes"]:
        start = time.perf_counter()
        vectors = pooled(forward, *padded(episode["ids"]), task.get("pooling", "mean"))
        logits = prototypical(vectors, task["nWay"], task["nShot"])
        loss = F.cross_entropy(logits, torch.tensor(episode["labels"]))
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
        ms.append((time.perf_counter() - start) * 1000)
    if task["kind"] == "start-up":
        return {"losses": losses, "imported": imported, "loaded": loaded, "stepped": time.time() * 1000}
    return {"losses": losses, "ms": ms, "memoryMB": memory_mb()}


def sentence_transformer(task):
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(task["encoder"], device="cpu").float()
    model.max_seq_length = task["maxLength"]
    return model


def timed(model, texts, batch_size):
    start = time.perf_counter()
    vectors = model.encode(texts, batch_size=batch_size, show_progress_bar=False)  # sorts by length itself
    return time.perf_counter() - start, vectors


def encode(task):
    model = sentence_transformer(task)
    timed(model, task["texts"][: task["warm"]], task["batchSize"])
    seconds, vectors = timed(model, task["texts"], task["batchSize"])
    shown = F.normalize(torch.from_numpy(vectors[:SHOWN]))
    return {"seconds": seconds, "vectors": shown.tolist(), "memoryMB": memory_mb()}


def tune(task):
    model = sentence_transformer(task)
    timed(model, task["texts"], 32)
    seconds = {size: timed(model, task["texts"], size)[0] for size in task["batchSizes"]}
    return {"batchSize": min(seconds, key=seconds.get)}


def evaluate(task):
    """FewShotText's way: support and query of each episode go through the encoder together, padded to the longest."""
    tokenizer = AutoTokenizer.from_pretrained(task["encoder"])
    model = load(task)
    texts, accuracies = task["texts"], []
    start = time.perf_counter()
    with torch.no_grad():
        for episode in task["drawn"]:
            places = [i for row in episode["support"] for i in row] + episode["query"]
            batch = tokenizer(
                [texts[i] for i in places], padding=True, truncation=True, max_length=task["maxLength"], return_tensors="pt"
            )
            vectors = pooled(model, batch["input_ids"], batch["attention_mask"])
            logits = prototypical(vectors, len(episode["support"]), len(episode["support"][0]))
            right = logits.argmax(1) == torch.tensor(episode["label"])
            accuracies.append(right.float().mean().item())
    seconds = time.perf_counter() - start
    return {
        "seconds": seconds, "accuracy": sum(accuracies) / len(accuracies), "accuracies": accuracies, "memoryMB": memory_mb(),
    }


if __name__ == "__main__":
    with open(sys.argv[1]) as file:
        work = json.load(file)
    torch.set_num_threads(work["threads"])
    does = {"step": steps, "start-up": steps, "encode": encode, "tune": tune, "evaluate": evaluate}
    print(json.dumps(does[work["kind"]](work)))
