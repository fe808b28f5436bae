#define _GNU_SOURCE
#include "CStepCounter.h"

#include <errno.h>
#include <signal.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>

static uint64_t word(pid_t thread, size_t offset) {
  return (uint64_t)ptrace(PTRACE_PEEKUSER, thread, (void *)offset, NULL);
}
#define REGISTER(thread, name) word(thread, offsetof(struct user_regs_struct, name))

/// Places whose instruction was looked at before: a look is a system call more for each step.
enum { PLACES = 1 << 14 };
static struct {
  uint64_t place;
  bool is_call;
} known[PLACES];

/// Whether the instruction there is `syscall`.
static bool is_call(pid_t thread, uint64_t place) {
  const size_t slot = place % PLACES;
  if (known[slot].place != place) {
    known[slot].place = place;
    known[slot].is_call = (ptrace(PTRACE_PEEKTEXT, thread, (void *)place, NULL) & 0xffff) == 0x050f;
  }
  return known[slot].is_call;
}

/// Waits until the thread has stopped. Returns 0 or an errno; `signal_number` is what it is to be given.
static int wait_for_stop(pid_t thread, int *signal_number) {
  int status;
  if (waitpid(thread, &status, __WALL) < 0) return errno;
  if (!WIFSTOPPED(status)) return ESRCH;
  // Stops of ptrace's own carry their event above the signal.
  *signal_number = WSTOPSIG(status) == SIGTRAP || status >> 16 != 0 ? 0 : WSTOPSIG(status);
  return 0;
}

/// Lets the thread run from the beginning of a function until it has returned: a stop at each instruction would make what
/// reads a clock begin anew for ever.
static int run_through(pid_t thread, int *signal_number) {
  const uint64_t stack = REGISTER(thread, rsp);
  const uint64_t back = (uint64_t)ptrace(PTRACE_PEEKTEXT, thread, (void *)stack, NULL);
  const long before = ptrace(PTRACE_PEEKTEXT, thread, (void *)back, NULL);
  const long with_trap = (before & ~0xffl) | 0xcc;
  if (ptrace(PTRACE_POKETEXT, thread, (void *)back, (void *)with_trap) < 0) return errno;
  if (ptrace(PTRACE_CONT, thread, NULL, *signal_number) < 0) return errno;
  int error = wait_for_stop(thread, signal_number);
  if (error != 0) return error;
  // Behind the trap; what else may have stopped it is not provided for.
  if (REGISTER(thread, rip) != back + 1) return EPROTO;
  if (ptrace(PTRACE_POKETEXT, thread, (void *)back, (void *)before) < 0) return errno;
  const size_t rip = offsetof(struct user_regs_struct, rip);
  return ptrace(PTRACE_POKEUSER, thread, (void *)rip, (void *)back) < 0 ? errno : 0;
}

static int count_turns(pid_t thread, uint64_t left_out, bool (*may_go_on)(void), struct step_counts *counts) {
  bool is_counting = false;
  int signal_number = 0;
  while (true) {
    const uint64_t place = REGISTER(thread, rip);
    if (left_out != 0 && place == left_out) {
      int error = run_through(thread, &signal_number);
      if (error != 0) return error;
      counts->left_out += is_counting;
      continue;
    }
    const bool is_a_call = is_call(thread, place);
    if (is_a_call && REGISTER(thread, rax) == SYS_io_uring_enter) {
      if (!may_go_on()) return 0;
      is_counting = true;
      counts->turns++;
    }
    counts->instructions += is_counting;
    counts->calls += is_counting && is_a_call;
    if (ptrace(PTRACE_SINGLESTEP, thread, NULL, signal_number) < 0) return errno;
    int error = wait_for_stop(thread, &signal_number);
    if (error != 0) return error;
  }
}

int step_count(pid_t thread, uint64_t left_out, bool (*may_go_on)(void), struct step_counts *counts) {
  *counts = (struct step_counts){0};
  int signal_number;
  if (ptrace(PTRACE_SEIZE, thread, NULL, NULL) < 0) return -errno;
  // Where it waits, the wait ends (EINTR).
  int error = ptrace(PTRACE_INTERRUPT, thread, NULL, NULL) < 0 ? errno : wait_for_stop(thread, &signal_number);
  if (error == 0) error = count_turns(thread, left_out, may_go_on, counts);
  ptrace(PTRACE_DETACH, thread, NULL, NULL);
  return -error;
}
