"""SMOTE beside imbalanced-learn's."""

import numpy as np
import pytest
import torch
from imblearn.over_sampling import SMOTE

from sparring.uses.study import smote


def cloud(seed: int = 0) -> tuple[torch.Tensor, torch.Tensor]:
    rng = torch.Generator().manual_seed(seed)
    samples = torch.randn(90, 3, generator=rng) * torch.tensor([1.0, 2.0, 0.5])
    labels = (torch.arange(90) < 30).long()
    return samples + 4 * labels[:, None], labels


def test_new_samples_are_distributed_as_those_of_imbalanced_learn():
    samples, labels = cloud()
    theirs, of_theirs = SMOTE(
        sampling_strategy={1: 4030}, k_neighbors=smote.NEIGHBOURS, random_state=0
    ).fit_resample(samples.numpy(), labels.numpy())
    theirs = theirs[len(labels) :][of_theirs[len(labels) :] == 1]
    rng = torch.Generator().manual_seed(1)
    chosen = torch.randint(30, (len(theirs),), generator=rng)
    ours = smote.between(samples, smote.neighbours(samples, labels), chosen, rng).numpy()
    assert np.abs(ours.mean(0) - theirs.mean(0)).max() < 0.08
    assert np.cov(ours.T) == pytest.approx(np.cov(theirs.T), abs=0.12)


def test_neighbours_are_the_nearest_of_the_same_class():
    samples = torch.tensor([[0.0], [1.0], [3.0], [3.1], [50.0]])
    labels = torch.tensor([0, 0, 0, 1, 2])
    found = smote.neighbours(samples, labels, 2)
    assert found[:3].tolist() == [[1, 2], [0, 2], [1, 0]]
    assert found[3:].tolist() == [[3, 3], [4, 4]]  # alone in their class


def test_new_samples_lie_on_the_line_between_two():
    samples, labels = cloud()
    near = smote.neighbours(samples, labels)
    chosen = torch.arange(90)
    made = smote.between(samples, near, chosen, torch.Generator().manual_seed(0))
    gaps = (made - samples).norm(dim=1)[:, None] + (samples[near] - made[:, None]).norm(dim=2)
    whole = (samples[near] - samples[:, None]).norm(dim=2)
    assert (gaps - whole).min(1).values.abs().max() < 1e-5
    shares = (made - samples).norm(dim=1) / whole.gather(1, (gaps - whole).argmin(1, keepdim=True))[:, 0]
    assert 0.35 < shares.mean() < 0.65
