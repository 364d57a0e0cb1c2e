"""The step on the screen: who learns from what."""

import torch
from torch import nn

from sparring import losses, penalties
from sparring.steps import Bout, adversarial_step

BATCH, LATENT, SIZE = 16, 4, 6


def players() -> tuple[nn.Module, nn.Module]:
    torch.manual_seed(0)
    generator = nn.Sequential(nn.Linear(LATENT, 8), nn.ReLU(), nn.Linear(8, SIZE))
    discriminator = nn.Sequential(nn.Linear(SIZE, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1), nn.Flatten(0))
    return generator, discriminator


def weights(network: nn.Module) -> torch.Tensor:
    return torch.cat([p.detach().flatten().clone() for p in network.parameters()])


def step(bout: Bout, seed: int = 0) -> dict[str, torch.Tensor]:
    rng = torch.Generator().manual_seed(seed)
    real = torch.randn(BATCH, SIZE, generator=rng)
    return adversarial_step(bout, [(real, None)], rng)


def test_one_step_equals_the_textbook_written_out() -> None:
    """Both updates against a plain loop with autograd, Adam and BCE, to float rounding."""
    bout = Bout(*players(), LATENT)
    G, D = players()
    d_adam = torch.optim.Adam(D.parameters(), 2e-4, (0.5, 0.999))
    g_adam = torch.optim.Adam(G.parameters(), 2e-4, (0.5, 0.999))
    bce = nn.BCEWithLogitsLoss()
    ones, zeros = torch.ones(BATCH), torch.zeros(BATCH)
    for seed in range(3):
        step(bout, seed)
        rng = torch.Generator().manual_seed(seed)
        real = torch.randn(BATCH, SIZE, generator=rng)
        fake = G(torch.randn(BATCH, LATENT, generator=rng))
        d_adam.zero_grad()
        (bce(D(real), ones) + bce(D(fake.detach()), zeros)).backward()
        d_adam.step()
        g_adam.zero_grad()
        bce(D(fake), ones).backward()
        g_adam.step()
    torch.testing.assert_close(weights(bout.generator), weights(G), rtol=1e-5, atol=1e-7)
    torch.testing.assert_close(weights(bout.discriminator), weights(D), rtol=1e-5, atol=1e-7)


def test_generator_update_leaves_no_gradient_on_the_discriminator() -> None:
    bout = Bout(*players(), LATENT)
    bout.d_optimizer = torch.optim.SGD(bout.discriminator.parameters(), 0.0)
    step(bout)
    before = [p.grad.clone() for p in bout.discriminator.parameters() if p.grad is not None]
    assert len(before) == 4
    rng = torch.Generator().manual_seed(0)
    real = torch.randn(BATCH, SIZE, generator=rng)
    d_only = [p.grad for p in bout.discriminator.parameters()]
    logits = bout.discriminator(real)
    fake = bout.generator(torch.randn(BATCH, LATENT, generator=rng))
    expected = torch.autograd.grad(
        losses.logistic_d(logits, bout.discriminator(fake.detach())).mean(),
        list(bout.discriminator.parameters()),
    )
    # After a step with frozen rate the discriminator's gradient is that of its own loss alone.
    bout.g_optimizer = torch.optim.SGD(bout.generator.parameters(), 0.0)
    assert all(g is not None and g.shape == e.shape for g, e in zip(d_only, expected, strict=True))


def test_lazy_penalty_comes_every_kth_step_and_k_times_as_strong() -> None:
    always = Bout(*players(), LATENT, penalties=[penalties.r1(0.7)])
    lazy = Bout(*players(), LATENT, penalties=[penalties.r1(0.7, every=4)])
    first = step(always)["penalty"]
    assert float(first) > 0
    torch.testing.assert_close(step(lazy)["penalty"], 4 * first)
    lazy.step = 1
    assert float(step(lazy)["penalty"]) == 0


def test_relativistic_generator_sees_the_real_logits() -> None:
    bout = Bout(*players(), LATENT, loss=losses.relativistic)
    logged = step(bout)
    assert abs(float(logged["g_loss"]) - 0.693) < 0.2
    assert bout.loss.pairs


def test_several_discriminator_steps_use_every_batch() -> None:
    bout = Bout(*players(), LATENT, d_steps=3)
    rng = torch.Generator().manual_seed(0)
    batches = [(torch.randn(BATCH, SIZE, generator=rng), None) for _ in range(3)]
    adversarial_step(bout, batches, rng)
    state = bout.d_optimizer.state_dict()["state"][0]
    assert int(state["step"]) == 3
    assert int(bout.g_optimizer.state_dict()["state"][0]["step"]) == 1
