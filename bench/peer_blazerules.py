"""BlazeRules: one rule, "more than 6 events of one account in 600 s", at several batch sizes.

    build/bench-env/bin/python bench/peer_blazerules.py EVENTS

A window of 600 s in which the whole given stream lies (at most a million events), since its windows run on the clock of
the machine, not of the events. Rows come distinct and in order of time, prepared before the clock starts; the rule
reads history, so "more than 5 before this one". Exact is the answer that counts the rows before it one by one, as its
batch size 1 does. Small batches run on the beginning only: a batch costs time for every account ever seen. Then 500
events of one account, of which 494 are to be flagged.
"""

import json
import sys
import time

import blazerules
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

BEGINNING = 30_000
RULE = """
schema_version: "2.1"
fields:
  actor_id: {type: entity_key, nullable: false}
ruleset:
  name: account
  version: "1"
  rules:
    - id: many
      action: flag
      severity: HIGH
      weight: 10
      conditions:
        window: {entity_field: actor_id, function: count, duration_seconds: 600, op: gt, value: 5}
"""


def main() -> None:
    """Flags and speed by batch size, beside the exact answer."""
    rows = pq.read_table(sys.argv[1], columns=["event_id", "ts", "actor_id"])
    first = np.unique(rows["event_id"].to_numpy(), return_index=True)[1]
    rows = rows.take(pa.array(first)).sort_by([("ts", "ascending"), ("event_id", "ascending")])
    accounts = pc.cast(rows["actor_id"], pa.string()).combine_chunks()
    runs = [_run(accounts[:BEGINNING], batch) for batch in (1, 256, 4_096)]
    runs += [_run(accounts, batch) for batch in (4_096, 65_536)]
    burst = [_run(pa.array(["one"] * 500), batch) for batch in (1, 50, 500)]
    print(json.dumps({"version": blazerules.__version__, "runs": runs, "burst": burst}))


def _run(accounts: pa.Array, batch: int) -> dict[str, float]:
    counts = pc.value_counts(accounts).field("counts").to_numpy()
    config = blazerules.EngineConfig()
    config.output_detail = blazerules.OutputDetail.COUNTS  # its fastest
    config.max_dict_size_per_column = 10_000_000  # the default, 100,000, is fewer than the accounts
    engine = blazerules.RuleEngine(config)
    engine.load_rules_from_string(RULE)
    table = pa.table({"actor_id": accounts}).combine_chunks()
    start = time.perf_counter()
    flags = sum(engine.evaluate_batch(part).n_matched for part in table.to_batches(max_chunksize=batch))
    seconds = time.perf_counter() - start
    exact = int(np.maximum(counts - 6, 0).sum())
    return {"batch": batch, "events": len(accounts), "flags": flags, "exact": exact, "seconds": seconds}


if __name__ == "__main__":
    main()
