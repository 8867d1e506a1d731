"""The table of bulk encoding: medians of all rounds, and ratios of one round each."""

from eval.cost.bulk_encoding import Run, report


def test_the_ratio_comes_first_and_is_of_runs_side_by_side() -> None:
    # the machine is half as fast in the second round, for both
    rounds = [(Run(0.2, 10.0, 1000), Run(8.0, 5.0, 1000)), (Run(0.4, 20.0, 1000), Run(9.0, 10.0, 1000))]
    assert report(rounds, processes=2).splitlines() == [
        "Ray's rate to the plain run's, of each round: 2.00 (2.00 to 2.00)",
        "",
        "| `byline add` | passages/s | start s | passages |",
        "|---|---|---|---|",
        "| plain, 2 threads | 75 | 0.3 | 1,000 |",
        "| Ray, 2 processes | 150 | 8.5 | 1,000 |",
    ]
