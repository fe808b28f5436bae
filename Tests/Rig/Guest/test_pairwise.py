"""The covering arrays that choose what the matrix of zero-copy receive runs."""

import unittest

import pairwise

PARAMETERS = {"a": (1, 2, 3), "b": "xyz", "c": (True, False), "d": (0, 1, 2, 3)}


def not_both(case):
    return not (case["a"] == 1 and case["b"] == "x")


class PairwiseTests(unittest.TestCase):
    def held(self, chosen):
        return set().union(*map(pairwise.pairs, chosen))

    def test_every_pair_is_covered_by_fewer_cases_than_there_are(self):
        chosen = pairwise.covering(PARAMETERS)
        self.assertEqual(self.held(chosen), self.held(pairwise.cases(PARAMETERS)))
        self.assertEqual(len(self.held(chosen)), 9 + 6 + 12 + 6 + 12 + 8)
        self.assertLess(len(chosen), 20, "of 72")

    def test_what_is_not_valid_is_not_chosen_and_all_else_is(self):
        chosen = pairwise.covering(PARAMETERS, not_both)
        self.assertTrue(all(map(not_both, chosen)))
        self.assertEqual(self.held(chosen), self.held(pairwise.cases(PARAMETERS, not_both)))
        self.assertNotIn((("a", 1), ("b", "x")), self.held(chosen))

    def test_no_case_can_be_left_out(self):
        """The check above sees a pair that is missing."""
        chosen = pairwise.covering(PARAMETERS)
        self.assertLess(len(self.held(chosen[:-1])), len(self.held(chosen)))

    def test_the_choice_is_the_same_each_time(self):
        self.assertEqual(pairwise.covering(PARAMETERS, not_both), pairwise.covering(PARAMETERS, not_both))
