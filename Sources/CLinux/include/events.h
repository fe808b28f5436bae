#pragma once
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

/// Blocks SIGINT, SIGTERM and SIGHUP in the calling thread and those it will start, ignores SIGPIPE, and returns a
/// descriptor (signalfd) that becomes readable when one of the three arrives; -errno on failure. A SIGHUP that was
/// ignored at the start (nohup(1)) stays ignored.
int zb_watch_termination(void);
/// Takes the next pending signal from that descriptor: its number, 0 when there is none, -errno on failure.
int zb_take_termination(int fd);

/// pipe2(2), both ends close-on-exec: ends[0] reads, ends[1] writes. Returns 0 or -errno.
int zb_pipe(int *ends);

/// Has epoll_wait(2) on an epoll set poll the NAPI instance of its sockets for so long before it sleeps, with interrupts
/// held back meanwhile (EPIOCSPARAMS, Linux 6.9). Returns 0 or -errno, -ENOTTY or -EINVAL on older kernels.
int zb_epoll_busy_poll(int fd, uint32_t microseconds);
