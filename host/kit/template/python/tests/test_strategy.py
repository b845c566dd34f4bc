"""When it speaks, what it says, and that it keeps what it claims."""

import unittest

from sconce_sdk import NotReady
from sconce_sdk.testing import Harness, TestRow, check_memory, check_run, check_settings
from strategy import Crossing


def row(fast: float | None, slow: float | None) -> TestRow:
    return TestRow({"close": 100.0, "sma_10": fast, "sma_30": slow})


class CrossingTest(unittest.TestCase):
    def test_a_crossing_is_said_once(self):
        harness = Harness(Crossing)
        self.assertEqual(harness.row(row(99.0, 100.0)), [], "one row is no crossing")
        up = harness.signal(row(101.0, 100.0))
        self.assertEqual((up.label, up.direction, up.finding), ("cross_up", "long", True))
        self.assertEqual(harness.row(row(102.0, 100.0)), [], "it stays above")
        down = harness.signal(row(99.0, 100.0))
        self.assertEqual((down.label, down.direction), ("cross_down", "short"))

    def test_what_is_absent_is_not_guessed(self):
        harness = Harness(Crossing)
        self.assertEqual(harness.row(row(99.0, 100.0)), [])
        with self.assertRaises(NotReady):
            harness.row(row(99.0, None))
        self.assertEqual(harness.row(row(101.0, 100.0)), [], "the row before is unknown")

    def test_settings_are_checked(self):
        check_settings(Crossing, [{"fast": 0}, {"fast": 30, "slow": 30}, {"slow": "30"}])

    def test_chunks_and_memory_keep_the_claims(self):
        def wave(number: int) -> float:
            return 95.0 + number * 37 % 11

        rows = [row(wave(number), wave(number + 3)) for number in range(60)]
        check_run(Crossing, rows)
        check_memory(Crossing, rows)


if __name__ == "__main__":
    unittest.main()
