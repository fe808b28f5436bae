#pragma once
#include <stddef.h>
#include <stdint.h>

/// The part of the kernel's struct tcp_info that reports use; filled only as far as the running kernel answers.
struct zb_tcp_info {
  uint32_t snd_mss, rcv_mss, pmtu;
  uint32_t rtt, rttvar, min_rtt;  // microseconds
  uint32_t snd_cwnd;              // segments
  uint32_t total_retrans;
  uint32_t segs_in, segs_out;  // 0 before Linux 4.2; modulo 2^32
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

/// Maps `size` bytes, page aligned, into which TCP_ZEROCOPY_RECEIVE can map the pages of any TCP socket; `fd` is a TCP
/// socket of its own for that, in any state, and can be closed afterwards. No child inherits it. Returns 0 or -errno.
int zb_map_socket(int fd, size_t size, void **memory);

/// TCP_ZEROCOPY_RECEIVE (Linux 4.18): maps what can be mapped of the payload that is next into `memory`, in place of what
/// was mapped there, and says how many bytes that was and how many behind them have to be read with recv(2) before more
/// can be mapped. Returns 0 or -errno; -EIO at the end of the stream, and when it has failed.
int zb_receive_mapped(int fd, void *memory, uint32_t size, uint32_t *mapped, uint32_t *to_read);
