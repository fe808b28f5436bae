#pragma once
#include <stdint.h>

/// CPU use of the calling thread (getrusage RUSAGE_THREAD).
struct zb_thread_usage {
  uint64_t user_microseconds, system_microseconds;
  uint64_t voluntary_switches, involuntary_switches;
  uint64_t minor_faults, major_faults;
  int cpu;  // the calling thread runs on it; -1 where the kernel does not tell
};
int zb_thread_usage(struct zb_thread_usage *usage);
/// CPU use of the whole process, ended threads included (getrusage RUSAGE_SELF). In C because the type of getrusage's
/// first argument depends on which headers the Swift importer has seen before.
int zb_process_usage(struct zb_thread_usage *usage);

/// Pins the calling thread to one CPU. Returns 0 or -errno.
int zb_pin_to_cpu(int cpu);
/// Writes the CPUs the calling thread may use, lowest first, at most `capacity`; returns how many there are or -errno.
int zb_allowed_cpus(int *cpus, int capacity);

/// Names the calling thread for ps and top; longer names are cut at 15 bytes.
void zb_name_thread(const char *name);

/// Raises the soft limit of open files to the hard one (RLIMIT_NOFILE). Returns the limit in force afterwards. In C for the
/// same reason as zb_process_usage.
long zb_raise_open_files(void);
