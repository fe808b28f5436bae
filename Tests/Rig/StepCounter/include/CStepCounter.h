// Counts the instructions and system calls of a thread by stepping through it: exact where no processor counts.
#pragma once
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/// A turn begins with io_uring_enter(2) and ends before the next one.
struct step_counts {
  uint64_t turns;
  /// In user space; a system call is one.
  uint64_t instructions;
  uint64_t calls;
  /// How often the function to leave out was called. What it does is in no other count.
  uint64_t left_out;
};

/// Steps through a thread of another process, turn by turn, and then lets it go.
///
/// - `left_out`: address of a function; 0 for none.
/// - `may_go_on`: called while the thread stands before each io_uring_enter(2); false ends the counting.
///
/// Returns 0, or -errno.
int step_count(pid_t thread, uint64_t left_out, bool (*may_go_on)(void), struct step_counts *counts);
