#define _GNU_SOURCE
#include "events.h"

#include "busy_poll.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

int zb_watch_termination(void) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  // A blocked signal is queued even where it is ignored, which would undo nohup(1).
  struct sigaction hangup;
  if (sigaction(SIGHUP, NULL, &hangup) < 0) return -errno;
  if (hangup.sa_handler != SIG_IGN) sigaddset(&set, SIGHUP);
  int error = pthread_sigmask(SIG_BLOCK, &set, NULL);
  if (error) return -error;
  signal(SIGPIPE, SIG_IGN);
  int fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

int zb_take_termination(int fd) {
  struct signalfd_siginfo info;
  ssize_t size = read(fd, &info, sizeof info);
  if (size == (ssize_t)sizeof info) return (int)info.ssi_signo;
  return size < 0 && errno != EAGAIN ? -errno : 0;
}

int zb_pipe(int *ends) { return pipe2(ends, O_CLOEXEC) < 0 ? -errno : 0; }

int zb_epoll_busy_poll(int fd, uint32_t microseconds) {
  struct zb_epoll_params parameters = {
      .busy_poll_usecs = microseconds,
      // NAPI_POLL_WEIGHT: the most that needs no privilege.
      .busy_poll_budget = 64,
      .prefer_busy_poll = 1,
  };
  return ioctl(fd, ZB_EPIOCSPARAMS, &parameters) < 0 ? -errno : 0;
}
