"""Every mapping in the packs, found by walking, keeps the contract of mappings."""

import pytest

from zhenbo.intake.mapping import mappings
from zhenbo.proof.mappings import check_mapping


@pytest.mark.parametrize("mapping", mappings(), ids=lambda m: m.id)
def test_mapping_keeps_its_contract(mapping):
    """Recognised by its own example, gives what it says, and nothing but content decides."""
    assert check_mapping(mapping) == []
