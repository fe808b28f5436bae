#define _GNU_SOURCE
#include "threads.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <sys/resource.h>

static int usage_of(int who, struct zb_thread_usage *usage) {
  struct rusage raw;
  if (getrusage(who, &raw) < 0) return -errno;
  usage->user_microseconds = (uint64_t)raw.ru_utime.tv_sec * 1000000u + (uint64_t)raw.ru_utime.tv_usec;
  usage->system_microseconds = (uint64_t)raw.ru_stime.tv_sec * 1000000u + (uint64_t)raw.ru_stime.tv_usec;
  usage->voluntary_switches = (uint64_t)raw.ru_nvcsw;
  usage->involuntary_switches = (uint64_t)raw.ru_nivcsw;
  usage->minor_faults = (uint64_t)raw.ru_minflt;
  usage->major_faults = (uint64_t)raw.ru_majflt;
  usage->cpu = sched_getcpu();
  return 0;
}

int zb_thread_usage(struct zb_thread_usage *usage) { return usage_of(RUSAGE_THREAD, usage); }

int zb_process_usage(struct zb_thread_usage *usage) { return usage_of(RUSAGE_SELF, usage); }

int zb_pin_to_cpu(int cpu) {
  cpu_set_t set;
  CPU_ZERO(&set);
  if (cpu < 0 || cpu >= CPU_SETSIZE) return -EINVAL;
  CPU_SET(cpu, &set);
  return sched_setaffinity(0, sizeof set, &set) < 0 ? -errno : 0;
}

int zb_allowed_cpus(int *cpus, int capacity) {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) < 0) return -errno;
  int count = 0;
  for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
    if (!CPU_ISSET(cpu, &set)) continue;
    if (count < capacity) cpus[count] = cpu;
    count++;
  }
  return count;
}

void zb_name_thread(const char *name) {
  char cut[16];
  snprintf(cut, sizeof cut, "%s", name);
  pthread_setname_np(pthread_self(), cut);
}

long zb_raise_open_files(void) {
  struct rlimit limit, raised;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0) return FOPEN_MAX;
  raised = (struct rlimit){.rlim_cur = limit.rlim_max, .rlim_max = limit.rlim_max};
  if (setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  return limit.rlim_cur > LONG_MAX ? LONG_MAX : (long)limit.rlim_cur;
}
