#pragma once
#include <stddef.h>
#include <stdint.h>

/// The part of the kernel's struct tcp_info that reports use; filled only as far as the running kernel answers.
struct zb_tcp_info {
  uint32_t snd_mss, rcv_mss, pmtu;
  uint32_t rtt, rttvar, min_rtt;  // microseconds
  uint32_t snd_cwnd;              // segments
  uint32_t total_retrans;
  uint64_t bytes_acked, bytes_received;
  uint32_t snd_wnd;  // bytes; 0 before Linux 5.4
};

/// Reads TCP_INFO. Returns 0 or -errno.
int zb_tcp_info(int fd, struct zb_tcp_info *info);

/// accept4(2) with close-on-exec and non-blocking. Returns the descriptor or -errno.
int zb_accept(int fd);

/// memfd_create(2), close-on-exec. Returns the descriptor or -errno.
int zb_memory_file(const char *name);
