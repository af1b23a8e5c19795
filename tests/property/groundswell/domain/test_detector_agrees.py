"""The fit of many keywords agrees with the plain one, keyword by keyword."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from groundswell.domain.detector.baseline import HOURS_PER_WEEK, History, HourlyCounts, Parameters, Season
from groundswell.domain.detector.baseline_fit import fit_keywords
from groundswell.domain.detector.plain_baseline import fit_one


@st.composite
def histories(draw):
    seed = draw(st.integers(0, 2**32 - 1))
    generator = np.random.default_rng(seed)
    hours = draw(st.integers(1, 3 * HOURS_PER_WEEK))
    exposure = generator.gamma(50, 1 / 50, hours) * (generator.random(hours) > draw(st.sampled_from([0.0, 0.1, 0.9])))
    levels = draw(st.lists(st.sampled_from([0.0, 0.01, 0.3, 2.0, 50.0]), min_size=1, max_size=4))
    shape = generator.gamma(2.0, 0.5, HOURS_PER_WEEK) + 0.05
    posts = generator.poisson(np.outer(levels, np.resize(shape, hours)))
    if draw(st.booleans()):
        posts[:, generator.integers(hours)] += 300
    pooled = shape / shape.mean()
    return posts * (exposure > 0), exposure, draw(st.integers(0, 500_000)), pooled


@given(histories())
@settings(max_examples=40, deadline=None)
def test_both_fits_agree(history):
    posts, exposure, start, pooled = history
    parameters = Parameters(minimum_posts_for_profile=40)
    keyword, hour = np.nonzero(posts)
    counts = HourlyCounts(keyword, hour, posts[keyword, hour], len(posts))
    fitted = fit_keywords(counts, History(Season(start * 3600), exposure), pooled, 0.02, parameters)
    for index, row in enumerate(posts.tolist()):
        plain = fit_one(
            row,
            exposure.tolist(),
            start,
            pooled_profile=pooled.tolist(),
            smallest_level=0.02,
            parameters=parameters,
        )
        assert fitted.levels[index] == pytest.approx(plain.level)
        assert fitted.dispersions[index] == pytest.approx(plain.dispersions)
        if plain.profile is None:
            assert fitted.profile_rows[index] == -1
        else:
            assert fitted.profiles[fitted.profile_rows[index]] == pytest.approx(plain.profile)
            assert sum(plain.profile) / HOURS_PER_WEEK == pytest.approx(1)
