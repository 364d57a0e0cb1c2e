"""Train the classifier whose features measure digits, and ship its weights with the package.

    python benchmarks/digit_classifier.py [--keep-weights]

Fixed seed, eight epochs with small random shifts, cosine decay of Adam's rate. Writes the weights,
the feature statistics of MNIST's test set and the floor (10,000 training digits against the test
set, mean of FLOOR_DRAWS draws) to src/sparring/metrics/digit_classifier.safetensors, and the accuracy
to results/. With --keep-weights only the statistics are computed anew.
"""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor
from torch.nn.functional import cross_entropy, dropout

from sparring.data.builtin import mnist
from sparring.metrics.classifiers import Classifier
from sparring.metrics.digits import digit_classifier, new_digit_classifier, pack
from sparring.metrics.distances import fit_gaussian, frechet

SEED, EPOCHS, BATCH, LR, LEAST_ACCURACY, FLOOR_DRAWS = 0, 8, 128, 2e-3, 0.99, 20
ROOT = Path(__file__).parents[1]
TARGET = ROOT / "src/sparring/metrics/digit_classifier.safetensors"


def shifted(digits: Tensor, rng: torch.Generator) -> Tensor:
    """The batch moved by -2 to 2 pixels in each direction, the rim filled with background."""
    down, right = (int(v) for v in torch.randint(-2, 3, (2,), generator=rng))
    padded = torch.nn.functional.pad(digits, (2, 2, 2, 2), value=-1.0)
    return padded[:, :, 2 + down : 30 + down, 2 + right : 30 + right]


def train(digits: Tensor, labels: Tensor, rng: torch.Generator) -> Classifier:
    torch.manual_seed(SEED)
    network = new_digit_classifier()
    steps = EPOCHS * (len(digits) // BATCH)
    optimizer = torch.optim.Adam(network.parameters(), LR)
    for step in range(steps):
        if step % (len(digits) // BATCH) == 0:
            order = torch.randperm(len(digits), generator=rng)
            print(f"step {step} of {steps}", flush=True)
        optimizer.param_groups[0]["lr"] = LR * 0.5 * (1 + math.cos(math.pi * step / steps))
        chosen = order[step * BATCH % (len(digits) - BATCH) :][:BATCH]
        logits = network.head(dropout(network.body(shifted(digits[chosen], rng)), 0.5))
        loss = cross_entropy(logits, labels[chosen])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return network.eval()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--keep-weights", action="store_true")
    args = parser.parse_args()
    rng = torch.Generator().manual_seed(SEED)
    data, test = mnist("train"), mnist("test")
    assert data.labels is not None
    assert test.labels is not None
    network = (
        digit_classifier()[0] if args.keep_weights else train(data.spec.encode(data.samples), data.labels, rng)
    )
    accuracy = network.accuracy(test.samples, test.labels)
    if accuracy < LEAST_ACCURACY:
        raise SystemExit(f"test accuracy {accuracy:.4f}, expected at least {LEAST_ACCURACY}")
    reference = fit_gaussian(network.features(test.samples))
    features = network.features(data.samples)
    draws = [torch.randperm(len(data), generator=rng)[:10_000] for _ in range(FLOOR_DRAWS)]
    floors = [frechet(fit_gaussian(features[chosen]), reference) for chosen in draws]
    floor = sum(floors) / FLOOR_DRAWS
    statistics = {"test/mean": reference.mean, "test/covariance": pack(reference.covariance)}
    floor_tensor = torch.tensor(floor, dtype=torch.float64)
    save_file(network.state_dict() | statistics | {"test/floor": floor_tensor}, TARGET)
    facts = {
        "test_accuracy": accuracy, "floor": floor, "floor_least": min(floors), "floor_greatest": max(floors),
        "floor_draws": FLOOR_DRAWS, "seed": SEED, "bytes": TARGET.stat().st_size,
    }  # fmt: skip
    (ROOT / "benchmarks/results/digit_classifier.json").write_text(json.dumps(facts, indent=1) + "\n")
    print(facts)


if __name__ == "__main__":
    main()
