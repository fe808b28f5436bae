"""What scripts/bench consists of: tools that send to each other, rounds, noise, intervals, tables."""
