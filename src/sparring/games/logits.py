"""Compute statistics of the logits of a discriminator, for games that log them."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from sparring.history.record import Scores

REAL, FAKE = "real_logit", "fake_logit"
BINS, TAIL = 24, 0.002  # of the histograms
MOST_SCORES = 2**23  # quantile accepts at most twice as many


def sign_of_pairs(real: Tensor, fake: Tensor) -> Tensor:
    """P(D(x) > D(G(z))) - P(D(x) < D(G(z))) over all pairs (): for games in which a logit of 0 has no meaning.

    In a relativistic or Wasserstein game the logits are known only up to a constant.
    """
    return (real[:, None] - fake[None, :]).sign().mean()


def judged(columns: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """D(real), D(fake) and AUC of some steps, from logits (steps, B); empty without logits."""
    if REAL not in columns:
        return {}
    real, fake = columns[REAL], columns[FAKE]
    leads = torch.stack([sign_of_pairs(*pair) for pair in zip(real, fake, strict=True)])  # (steps,)
    return {"d_real": real.sigmoid(), "d_fake": fake.sigmoid(), "auc": (1 + leads) / 2}


def histograms(real: Tensor, fake: Tensor) -> Scores:
    """Counts of real and fake logits in BINS bins; the outermost shares TAIL are in the first and last bin."""
    parts = [logits.detach().float().flatten().cpu() for logits in (real, fake)]
    both = torch.cat(parts)[:MOST_SCORES]
    low, high = (float(both.quantile(share)) for share in (TAIL, 1 - TAIL))
    high = max(high, low + 1e-6 * max(1.0, abs(low)))
    counts = [torch.histc(part.clamp(low, high), BINS, low, high).long().tolist() for part in parts]
    return Scores(low, high, tuple(counts[0]), tuple(counts[1]))
