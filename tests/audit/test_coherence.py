"""Figures that do not go together: a ranking among peers, with the planted ones on top and no host compared without peers."""

# ruff: noqa: TID251 - draws, from seeds given here

import numpy as np

from zhenbo.audit.coherence import PEERS_MIN, incoherent


def population(rng, n):
    """Hosts from a thousand to ten million followers, whose rooms differ tenfold and more for no reason at all."""
    followers = np.exp(rng.normal(10.5, 1.8, n))
    viewers = followers**0.75 * np.exp(rng.normal(0.5, 0.9, n))
    likes = viewers * np.exp(rng.normal(0.3, 1.2, n))
    return {
        f"h{i:05}": {"followers": round(f), "viewers": round(v), "likes": round(k)}
        for i, (f, v, k) in enumerate(zip(followers, viewers, likes, strict=True))
    }


def test_a_million_fans_and_a_few_hundred_likes_lead_ten_thousand_accounts():
    """Planted among 10,000: a million fans with 300 likes, and the reverse; both among the first five, with what peers have beside them."""
    hosts = population(np.random.default_rng(1), 10_000)
    hosts["hollow"] = {"followers": 1_200_000, "viewers": 40_000, "likes": 30}
    hosts["inflated"] = {"followers": 900, "viewers": 250, "likes": 900_000}
    ranking = incoherent(hosts)
    assert len(ranking) == len(hosts)
    assert {o.host_id for o in ranking[:5]} >= {"hollow", "inflated"}
    top = {o.host_id: o for o in ranking[:5]}
    assert top["hollow"].spreads < -4
    assert top["hollow"].low > 30
    assert top["inflated"].spreads > 4
    assert top["inflated"].high < 900_000


def test_a_fifth_of_bought_hosts_does_not_move_what_is_expected():
    """Two thousand of ten thousand have a hundredth of the likes: what is expected of the others moves by less than half a spread."""
    rng = np.random.default_rng(2)
    honest = population(rng, 10_000)
    mixed = {h: {**told, "likes": told["likes"] // 100} if i % 5 == 0 else told for i, (h, told) in enumerate(honest.items())}  # fmt: skip
    before, after = ({o.host_id: o for o in incoherent({h: {k: v for k, v in t.items() if k != "followers"} for h, t in x.items()})} for x in (honest, mixed))  # fmt: skip
    moved = [np.log(after[h].expected / before[h].expected) for i, h in enumerate(honest) if i % 5]
    assert np.median(np.abs(moved)) < 0.6


def test_few_hosts_missing_and_absurd_figures():
    """Too few to compare: nothing. Unknown, negative and infinite figures are left out, the rest is compared."""
    hosts = population(np.random.default_rng(3), PEERS_MIN - 1)
    assert incoherent(hosts) == []
    hosts = population(np.random.default_rng(3), 200)
    hosts["broken"] = {"followers": float("nan"), "viewers": -5, "likes": float("inf")}
    hosts["half"] = {"viewers": 100.0}
    assert not {"broken", "half"} & {o.host_id for o in incoherent(hosts)}
