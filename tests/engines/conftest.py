"""What the tests of the engines share."""

import pytest

from zhenbo.engines.spark import SparkError
from zhenbo.engines.spark.session import check_java


@pytest.fixture(scope="session")
def java():
    """Java for Spark, or a skip with the reason."""
    try:
        check_java()
    except SparkError as error:
        pytest.skip(str(error))
