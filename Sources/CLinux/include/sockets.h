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
  uint32_t rcv_space, rcv_ooopack;
  int64_t rcv_wnd;  // bytes; -1 before Linux 6.2
  // Microseconds in which there was data to send, and of them those in which the peer's window or this side's send
  // buffer held it back.
  uint64_t busy_time, rwnd_limited, sndbuf_limited;
};

/// Reads TCP_INFO. Returns 0 or -errno.
int zb_tcp_info(int fd, struct zb_tcp_info *info);

/// Packets the socket has dropped (SO_MEMINFO, SK_MEMINFO_DROPS; Linux 4.12). Returns 0 or -errno.
int zb_socket_drops(int fd, uint32_t *drops);

/// accept4(2) with close-on-exec and non-blocking. Returns the descriptor or -errno.
int zb_accept(int fd);

/// memfd_create(2), close-on-exec. Returns the descriptor or -errno.
int zb_memory_file(const char *name);
