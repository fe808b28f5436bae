#pragma once
#include <stdint.h>

/// What a counter of the kernel's counts (perf_event_open(2)): the members of perf_event_attr with the same names.
struct zb_counter_event {
  uint32_t type;
  uint64_t config, config1, config2;
};

/// A counter's state (PERF_FORMAT_TOTAL_TIME_ENABLED, _RUNNING): the count, and for how many nanoseconds it was meant
/// to count and did.
struct zb_counter_value {
  uint64_t count, time_enabled, time_running;
};

/// Begins to count `event` for every process on `cpu`, not inherited, not sampled. Returns a close-on-exec descriptor or
/// -errno.
int zb_open_counter(const struct zb_counter_event *event, int cpu);
/// Reads a counter. Returns 0, -ENODATA where the kernel has given the counter up (an end of file), or -errno.
int zb_read_counter(int fd, struct zb_counter_value *value);
