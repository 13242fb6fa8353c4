"""A Spark session from a master URL, with what a pip-installed pyspark needs and does not ask for."""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from zhenbo.engines.spark.parcels import SparkError

JAVA_NEEDED = 17
URLS = (
    r"local(\[(\d+|\*)(,\d+)?\])?",
    r"local-cluster\[\d+,\d+,\d+\]",
    r"spark://[^/\s]+",
    r"yarn",
    r"k8s://\S+",
)
_LOG4J = """rootLogger.level = {level}
rootLogger.appenderRef.stderr.ref = stderr
appender.stderr.type = Console
appender.stderr.name = stderr
appender.stderr.target = SYSTEM_ERR
appender.stderr.layout.type = PatternLayout
appender.stderr.layout.pattern = %d{{HH:mm:ss}} %p %c{{1}}: %m%n%ex{{3}}
logger.gateway.name = org.apache.spark.api.python.PythonGatewayServer
logger.gateway.level = {level}
"""


@contextmanager
def session(url: str, *, memory: str = "1g", log: str = "fatal") -> Iterator[Any]:
    """A running Spark session, stopped on leaving.

    Args:
        url: master: `local[2]`, `local-cluster[2,1,2048]` (workers, cores, MB each), `spark://host:port`, …
        memory: of the Java process that drives; the rows are in Python workers, one per core, beside it.
        log: level from which Spark's own log is let through; what a step says arrives as an error in any case.

    Raises:
        SparkError: no such master, no pyspark, no Java 17, or another session running in this process.
    """
    if not any(re.fullmatch(form, url) for form in URLS):
        raise SparkError(
            f"{url!r} is no Spark master: write local[2], local-cluster[2,1,2048] (workers, cores and MB of each) or "
            "spark://host:7077."
        )
    try:
        import pyspark
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise SparkError(
            f"--engine {url} runs on Spark, which is not installed ({error}): pip install 'zhenbo[spark]', or leave "
            "--engine out for the embedded engine."
        ) from error
    check_java()
    if SparkSession.getActiveSession() is not None:
        raise SparkError(
            "A Spark session runs in this process already: leave it first, or hand it to SparkRows."
        )
    local = url.startswith("local")
    with tempfile.TemporaryDirectory(prefix="zhenbo-spark-") as place:
        home = _home(Path(pyspark.__file__).parent, Path(place), log)
        with _environment(
            _variables(home, local=local), weak=() if local else ("SPARK_CONF_DIR", "PYSPARK_PYTHON")
        ):
            builder = SparkSession.builder.master(url).appName("zhenbo")
            for name, value in settings(url, memory, Path(place)).items():
                builder = builder.config(name, value)
            try:
                yield _started(builder, url)
            finally:
                _ended()


def _started(builder: Any, url: str) -> Any:
    from py4j.protocol import Py4JError
    from pyspark import __version__
    from pyspark.errors import PySparkException

    try:
        return builder.getOrCreate()
    except (PySparkException, Py4JError, OSError) as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip(": ")]
        said = next((line for line in lines if "Exception" in line), lines[0] if lines else "")
        raise SparkError(
            f"No Spark at {url} ({said[:300]}). Is the master running there, can this machine reach it, and does it "
            f"run Spark {__version__}, as we do?"
        ) from error


def settings(url: str, memory: str, place: Path) -> dict[str, str]:
    """Spark's settings for a master.

    Args:
        url: the master.
        memory: of the driving Java process.
        place: folder for what Spark writes here.
    """
    made = {
        "spark.driver.memory": memory,
        "spark.driver.maxResultSize": "0",  # answers, which the driver must hold anyway
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": str(sys.stderr.isatty()).lower(),
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.warehouse.dir": str(place / "warehouse"),
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.adaptive.enabled": "false",  # a hop has the partitions we gave it, no fewer
        "spark.sql.shuffle.partitions": "8",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.execution.arrow.maxRecordsPerBatch": "16",  # a record is a parcel of up to 48 MB, not an event
        "spark.sql.execution.arrow.maxBytesPerBatch": str(64 << 20),
        "spark.sql.inMemoryColumnarStorage.batchSize": "1",  # a hop reads the parcels of its port and no others
        "spark.sql.inMemoryColumnarStorage.compressed": "false",  # parcels are compressed, by the Python workers
        "spark.shuffle.compress": "false",
        "spark.rdd.compress": "false",
        "spark.python.worker.reuse": "true",
        "spark.executorEnv.PYTHONPATH": os.pathsep.join(_paths()),
        "spark.executorEnv.OMP_NUM_THREADS": "1",  # Arrow and numpy take a core per worker, as Spark counts
        "spark.executorEnv.PYTHONHASHSEED": "0",
    }
    if url.startswith("local"):
        made |= {
            "spark.local.dir": str(place),
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
        }
    if url.startswith("local-cluster"):
        made["spark.executor.memory"] = url.rstrip("]").split(",")[2] + "m"
    return made


def _ended() -> None:
    """Stop, and let the Java process go, which pyspark would keep: it has the folder and the memory of this session only."""
    from pyspark import SparkContext
    from pyspark.sql import SparkSession

    session = SparkSession.getActiveSession()
    if session is not None:
        session.stop()
    elif SparkContext._active_spark_context is not None:  # noqa: SLF001 - begun, and no session came of it
        SparkContext._active_spark_context.stop()  # noqa: SLF001 - the same
    gateway = SparkContext._gateway  # noqa: SLF001 - pyspark has no public way to end it
    if gateway is not None:
        gateway.shutdown()
        gateway.proc.stdin.close()
        gateway.proc.wait()
        SparkContext._gateway = SparkContext._jvm = None  # noqa: SLF001 - the same


def check_java() -> None:
    """Refuse where Spark's Java is absent or too old.

    Raises:
        SparkError: where it was looked for, what was found and what to try.
    """
    under = os.environ.get("JAVA_HOME")
    where = str(Path(under) / "bin" / "java") if under else shutil.which("java")
    try_this = (
        f"Spark needs Java {JAVA_NEEDED} or newer: install it (on Debian: apt-get install openjdk-{JAVA_NEEDED}-jre-headless) "
        "or point JAVA_HOME at one; the embedded engine (no --engine) needs none."
    )
    if where is None:
        raise SparkError(f"No Java: JAVA_HOME is not set and there is no `java` on the PATH. {try_this}")
    try:
        said = subprocess.run(  # noqa: S603 - the user's own Java
            [where, "-version"], capture_output=True, text=True, timeout=60, check=True
        ).stderr
    except (OSError, subprocess.SubprocessError) as error:
        raise SparkError(f"{where} does not run ({error}). {try_this}") from error
    found = re.search(r'version "(\d+)(?:\.(\d+))?', said)
    major = int(found[2] if found[1] == "1" and found[2] else found[1]) if found else 0
    if major < JAVA_NEEDED:
        raise SparkError(f"{where} is Java {major or 'of unknown release'}. {try_this}")


def _home(package: Path, place: Path, log: str) -> Path:
    """A SPARK_HOME of links into the installed package: `local-cluster` writes its work beside the jars, which are not ours."""
    home = place / "home"
    (home / "conf").mkdir(parents=True)
    for part in package.iterdir():
        if part.name != "conf":
            (home / part.name).symlink_to(part)
    (home / "conf" / "log4j2.properties").write_text(_LOG4J.format(level=log), "utf-8")
    return home


def _variables(home: Path, *, local: bool) -> dict[str, str]:
    made = {
        "SPARK_HOME": str(home),
        "SPARK_CONF_DIR": str(home / "conf"),
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
    }
    return made | {"SPARK_LOCAL_IP": "127.0.0.1", "SPARK_LOCAL_HOSTNAME": "localhost"} if local else made


@contextmanager
def _environment(variables: Mapping[str, str], weak: tuple[str, ...]) -> Iterator[None]:
    """Set variables of this process for a while; the weak ones only where the user has not."""
    wanted = {name: value for name, value in variables.items() if not (name in weak and name in os.environ)}
    before = {name: os.environ.get(name) for name in wanted}
    os.environ.update(wanted)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _paths() -> list[str]:
    """Where this process finds what it imports, this very zhenbo first; workers on other machines may have none of them."""
    import zhenbo

    ours = str(Path(zhenbo.__file__).resolve().parents[1])
    return list(dict.fromkeys([ours, *(str(Path(p).resolve()) for p in sys.path if p and Path(p).is_dir())]))
