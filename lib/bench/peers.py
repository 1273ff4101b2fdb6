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


def take(task, model, forward, optimizer, device="cpu", precision="float32"):
    """Losses and times of the steps. The batch goes to the device within the time, and no step ends before the device has."""
    losses, ms = [], []
    for episode in task["episodes"]:
        start = time.perf_counter()
        ids, mask = padded(episode["ids"])
        labels = torch.tensor(episode["labels"])
        if device != "cpu":
            ids, mask, labels = ids.to(device), mask.to(device), labels.to(device)
        with torch.autocast(device, dtype=torch.bfloat16, enabled=precision == "bf16"):
            vectors = pooled(forward, ids, mask, task.get("pooling", "mean"))
        logits = prototypical(vectors.float(), task["nWay"], task["nShot"])
        loss = F.cross_entropy(logits, labels)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        losses.append(loss.item())
        if device != "cpu":
            torch.cuda.synchronize()
        ms.append((time.perf_counter() - start) * 1000)
    return losses, ms


def points(task):
    """Steps of several sizes and precisions, each from the same weights: a line for each, also where one fails."""
    device = task["device"]
    model = load(task)
    initial = {name: value.clone() for name, value in model.state_dict().items()}
    model.to(device)
    for number, point in enumerate(task["points"]):
        try:
            torch.set_float32_matmul_precision("high" if point["precision"] == "tf32" else "highest")
            model.load_state_dict(initial)
            optimizer = adamw(model, task["lr"])
            losses, ms = take(point, model, model, optimizer, device, point["precision"])
            line = {"point": number, "losses": losses, "ms": ms}
        except RuntimeError as error:  # such as memory that does not suffice
            line = {"point": number, "losses": [], "ms": [], "fault": str(error).split("\n")[0]}
        print(json.dumps(line), flush=True)


def steps(task):
    model = load(task)
    loaded = time.time() * 1000
    optimizer = adamw(model, task["lr"])
    forward = torch.compile(model, dynamic=True) if task.get("compile") else model
    losses, ms = take(task, model, forward, optimizer)
    if task["kind"] == "start-up":
        return {"losses": losses, "imported": imported, "loaded": loaded, "stepped": time.time() * 1000}
    return {"losses": losses, "ms": ms, "memoryMB": memory_mb()}


def sentence_transformer(task):
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(task["encoder"], device=task.get("device", "cpu")).float()
    model.max_seq_length = task["maxLength"]
    return model


def timed(model, texts, batch_size):
    start = time.perf_counter()
    vectors = model.encode(texts, batch_size=batch_size, show_progress_bar=False)  # sorts by length itself
    return time.perf_counter() - start, vectors


def encode(task):
    torch.set_float32_matmul_precision("highest")
    model = sentence_transformer(task)
    size = task["batchSize"] if "batchSize" in task else fastest(model, task["texts"][:1000], task["batchSizes"])
    timed(model, task["texts"][: task["warm"]], size)
    seconds, vectors = timed(model, task["texts"], size)
    shown = F.normalize(torch.from_numpy(vectors[:SHOWN]))
    return {"seconds": seconds, "vectors": shown.tolist(), "memoryMB": memory_mb(), "batchSize": size}


def fastest(model, texts, sizes):
    timed(model, texts, 32)
    seconds = {size: timed(model, texts, size)[0] for size in sizes}
    return min(seconds, key=seconds.get)


def tune(task):
    return {"batchSize": fastest(sentence_transformer(task), task["texts"], task["batchSizes"])}


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
    if work["kind"] == "points":
        points(work)
        sys.exit()
    does = {"step": steps, "start-up": steps, "encode": encode, "tune": tune, "evaluate": evaluate}
    print(json.dumps(does[work["kind"]](work)))
