"""A forest that draws rows of a table, (B, F), from the leaves of its trees (Watson et al. 2023, FORGE).

It is grown, not taught by gradients: the game `forest` fills it anew at each step.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from sparring.data.table.codec import Columns
from sparring.networks.columns import columns_of
from sparring.networks.network import Network, Options

MOST_ROWS = 10_000  # of which a forest keeps the leaves


class Generator(nn.Module):
    """Maps latents (B, at least C) to encoded rows (B, F) of C learnt columns.

    The first number chooses a tree and one of its rows, and so a leaf as often as rows end there; that row
    gives the first column. Each further number chooses the row of the leaf that gives one more column: within
    a leaf, columns are independent. A number that is not one of many equal ones moves within its rank, half way
    to the neighbours at most, so that numbers of a person are hardly ever repeated.

    Args:
        codec: of the rows.
        trees: of the forest.
    """

    def __init__(self, codec: Columns, trees: int) -> None:
        super().__init__()
        self.codec = codec
        count, columns = min(codec.rows, MOST_ROWS), len(codec.learnt)
        self.rows = nn.Parameter(torch.full((count, columns), 0.5), requires_grad=False)  # as they are stored
        self.moves: Tensor  # whether a value may move within its rank
        self.order: Tensor  # places of rows, so that those of a leaf are neighbours
        self.first: Tensor  # where in this order the leaf begins to which a place belongs, and where it ends
        self.last: Tensor
        self.count: Tensor  # rows that are there
        self.register_buffer("moves", torch.zeros(count, columns, dtype=torch.bool))
        self.register_buffer("order", torch.zeros(trees, count, dtype=torch.int32))
        self.register_buffer("first", torch.zeros(trees, count, dtype=torch.int32))
        self.register_buffer("last", torch.ones(trees, count, dtype=torch.int32))
        self.register_buffer("count", torch.zeros((), dtype=torch.int64))

    @torch.no_grad()
    def fill(self, rows: Tensor, leaves: Tensor, moves: Tensor) -> None:
        """Draw from now on from these stored rows (N, C).

        Args:
            leaves: the leaf (N, trees) where each row ends in each tree.
            moves: whether each value (N, C) may move within its rank.
        """
        count = len(rows)
        self.rows[:count], self.moves[:count] = rows, moves
        self.count.fill_(count)
        for tree, ends in enumerate(leaves.T):
            ordered, order = ends.sort(stable=True)
            _, inverse, sizes = ordered.unique_consecutive(return_inverse=True, return_counts=True)
            last = sizes.cumsum(0)
            self.order[tree, :count] = order.int()
            self.first[tree, :count], self.last[tree, :count] = (
                (last - sizes)[inverse].int(),
                last[inverse].int(),
            )

    def forward(self, latents: Tensor, labels: Tensor | None = None) -> Tensor:
        columns = self.rows.shape[1]
        uniform = torch.special.ndtr(latents[:, :columns].double()).clamp(0, 1 - 1e-12)
        trees = len(self.order)
        cell = uniform[:, 0] * trees
        tree = cell.long().clamp(max=trees - 1)
        start = (cell - tree) * self.count
        place = start.long().minimum(self.count - 1).clamp(min=0)
        first, last = self.first[tree, place].long(), self.last[tree, place].long()
        others = uniform[:, 1:] * (last - first)[:, None]  # (B, C - 1)
        donors = (first[:, None] + others.long()).minimum(last[:, None] - 1)
        donor, within = torch.cat([place[:, None], donors], 1), torch.cat([start[:, None], others], 1)  # (B, C)
        row = self.order[tree[:, None], donor].long()
        places = torch.arange(columns, device=latents.device)
        found = self.rows[row, places].double()
        shift = (within - within.floor() - 0.5) / self.count.clamp(min=1)
        found = torch.where(self.moves[row, places], (found + shift).clamp(0, 1), found)
        return self.codec.encode(found.float())


def _grown(options: Options) -> nn.Module:
    raise ValueError(
        "a forest is grown anew at each step, and judges no networks: use --recipe forest, or --discriminator "
        "columns."
    )


NETWORK = Network(
    generator=lambda o: Generator(columns_of(o), o.width),
    discriminator=_grown,
    axes="F",
    g_norms=("none",),
    d_norms=("none",),
    grown=True,
)
