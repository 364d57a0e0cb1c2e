"""Points with a few values far from all others."""

import numpy as np
import pytest
import torch

from sparring import GAN
from sparring.data.arrays import from_array
from sparring.data.codec import Affine
from sparring.data.ranked import EDGE, Ranked, from_dict
from sparring.errors import UnreadableError
from sparring.kinds import KINDS


def rows() -> np.ndarray:
    found = np.random.default_rng(0).normal(size=(501, 2)).astype(np.float32)
    found[:100, 1] = 0
    found[-1, 1] = 1e6
    return found


def codec() -> Ranked:
    found = from_array(rows()).spec.codec
    assert isinstance(found, Ranked)
    return found


def test_the_others_keep_their_spread_and_every_value_comes_back() -> None:
    stored = torch.from_numpy(rows())
    encoded = codec().encode(stored)
    assert codec().columns == (1,)
    assert encoded.abs().max() <= 1 + 1e-6
    assert 0.2 < float(encoded[:, 1].std()) < 0.5
    assert float(encoded[-1, 1]) == pytest.approx(1)
    assert torch.allclose(codec().decode(encoded), stored, rtol=1e-3, atol=1e-4)
    middle = torch.tensor([[0.0, float(np.median(rows()[:, 1]))]])
    assert abs(float(codec().encode(middle)[0, 1])) < 0.04  # of many zeros, the middle of their ranks


def test_a_rank_is_a_normal_quantile() -> None:
    plain = Ranked("float32", (0.0,), (1.0,), bounded=False, columns=(0,), quantiles=((0.0, 1.0, 3.0),))
    encoded = plain.encode(torch.tensor([[0.0], [1.0], [2.0], [3.0], [9.0]]))[:, 0].double()
    edge, quarter = (
        torch.special.ndtri(torch.tensor(p).double()) for p in (1 - EDGE, EDGE + (1 - 2 * EDGE) * 0.75)
    )
    assert encoded.tolist() == pytest.approx([-1, 0, float(quarter / edge), 1, 1], abs=1e-5)
    assert plain.decode(torch.tensor([[-5.0], [0.0], [5.0]]))[:, 0].tolist() == [0, 1, 3]


def test_it_is_written_and_read_and_nothing_else_changes() -> None:
    assert from_dict(codec().to_dict()) == codec()
    usual = from_array(rows()[:-1]).spec.codec
    assert type(usual) is Affine
    assert from_dict(usual.to_dict()) == usual
    assert "two rising values" in Ranked("float32", (0.0,), (1.0,), False, (0,), ((1.0, 0.0),)).problem((1,))
    assert "1 and 0 of 1 columns" in Ranked("float32", (0.0,), (1.0,), False, (0,), ()).problem((1,))
    with pytest.raises(UnreadableError, match="quantiles"):
        from_dict(codec().to_dict() | {"quantiles": [3]})


@pytest.mark.filterwarnings("ignore:column 1 goes")
def test_one_value_of_a_million_does_not_spoil_a_column() -> None:
    gan = GAN(threads=1, vitals=False, g_width=32, d_width=32).fit(rows(), samples_seen=12_800)
    low, high = np.quantile(gan.sample(1000)[:, 1], [0.05, 0.95])
    assert -6 < low < 0 <= high < 6
    assert KINDS["points"].for_features(torch.from_numpy(rows()), gan.spec_).abs().max() <= 1 + 1e-6
