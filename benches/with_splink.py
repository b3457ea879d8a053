"""Splink with DuckDB on a file of `kulta generate --truth --format csv`: the yardstick of benches/with_splink.sh.

Persons only, with the comparisons and blocking rules that its tutorial takes for such fields. Prints seconds from
reading to clusters, and F1 over all pairs of the clusters at the threshold .95 and at the best of several.
"""

import sys
import time
from collections import Counter

import duckdb
import splink.comparison_library as cl
from splink import Linker, SettingsCreator, block_on


def api(connection):
    """The entry to DuckDB, which moved between versions of Splink."""
    try:
        from splink import DuckDBAPI
    except ImportError:
        from splink.backends.duckdb import DuckDBAPI
    return DuckDBAPI(connection=connection)


def pairs(sizes):
    return sum(size * (size - 1) // 2 for size in sizes)


def f1(clusters, truth):
    """F1 over all pairs of records."""
    said = pairs(Counter(clusters.values()).values())
    meant = pairs(Counter(truth.values()).values())
    right = pairs(Counter((clusters[one], truth[one]) for one in truth).values())
    return 2 * right / (said + meant)


def main(path):
    start = time.monotonic()
    connection = duckdb.connect()
    connection.execute("SET threads = 2")
    connection.execute(
        "CREATE TABLE people AS SELECT record_id AS unique_id, * EXCLUDE (record_id, cluster_id) FROM read_csv(?, all_varchar = true) "
        "WHERE kind = 'person'",
        [path],
    )
    truth = dict(
        connection.execute("SELECT record_id, cluster_id FROM read_csv(?, all_varchar = true)", [path]).fetchall()
    )
    database = api(connection)
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            cl.NameComparison("given_name").configure(term_frequency_adjustments=True),
            cl.NameComparison("family_name").configure(term_frequency_adjustments=True),
            cl.DateOfBirthComparison("birth_date", input_is_string=True),
            cl.EmailComparison("email"),
            cl.ExactMatch("phone").configure(term_frequency_adjustments=True),
            cl.JaroWinklerAtThresholds("street", [0.9, 0.7]),
            cl.ExactMatch("postal_code").configure(term_frequency_adjustments=True),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("email"),
            block_on("phone"),
            block_on("birth_date"),
            block_on("given_name", "family_name"),
            block_on("family_name", "postal_code"),
            block_on("street", "postal_code"),
        ],
    )
    people = database.register("people") if hasattr(database, "register") else "people"
    try:
        linker = Linker(people, settings, log_level=40)
    except TypeError:
        linker = Linker("people", settings, database)
    training = linker.training
    training.estimate_probability_two_random_records_match(
        [block_on("email", "family_name"), block_on("birth_date", "family_name", "given_name")], recall=0.6
    )
    training.estimate_u_using_random_sampling(max_pairs=5e6, seed=1)
    for rule in (block_on("birth_date"), block_on("email"), block_on("family_name", "postal_code")):
        training.estimate_parameters_using_expectation_maximisation(rule)
    predicted = linker.inference.predict(threshold_match_probability=0.5)
    best = (0.0, 0.0)
    for threshold in (0.95, 0.5, 0.8, 0.99, 0.999):
        found = linker.clustering.cluster_pairwise_predictions_at_threshold(predicted, threshold)
        rows = connection.execute(f"SELECT unique_id, cluster_id FROM {found.physical_name}").fetchall()
        quality = f1(dict(rows), truth)
        if threshold == 0.95:
            print(f"Splink with DuckDB: {len(truth)} persons in {time.monotonic() - start:.1f} s, F1 {quality:.3f} at .95")
        best = max(best, (quality, threshold))
    print(f"Splink with DuckDB: F1 {best[0]:.3f} at its best threshold, {best[1]}")


if __name__ == "__main__":
    main(sys.argv[1])
