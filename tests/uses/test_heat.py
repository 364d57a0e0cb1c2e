"""Heat over a picture: one scale for all, and no marks where there is no heat."""

import numpy as np

from sparring.uses.detect.heat import over


def test_heat_reddens_a_picture_steadily_and_never_marks_what_is_not_hot() -> None:
    grey = np.full((1, 101, 3), 120, np.uint8)
    shown = over(grey, np.linspace(-1, 1, 101, dtype=np.float32)[None], (0, 1))[0].astype(int)
    assert (shown[:51] == 120).all()
    reddish = shown[50:, 0] - shown[50:, 2]
    assert (np.diff(reddish[:26]) >= 0).all()  # up to the middle of the scale
    assert reddish[25] > 50
    assert (abs(np.diff(shown[50:76].mean(1))) < 2).all()  # no edge of darkness where heat begins
    assert shown[-1].min() > 150  # the hottest is bright


def test_colours_of_the_picture_are_left_out_so_that_red_means_heat() -> None:
    red = np.zeros((1, 1, 3), np.uint8)
    red[..., 0] = 240
    assert over(red, np.zeros((1, 1), np.float32), (0, 1))[0, 0].tolist() == [80, 80, 80]
