#define _GNU_SOURCE
#include "sockets.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

// tcpi_rcv_wnd follows tcpi_snd_wnd, the last member Debian 12's headers have (include/uapi/linux/tcp.h of Linux 6.2).
#define RCV_WND_OFFSET 232
_Static_assert(offsetof(struct tcp_info, tcpi_snd_wnd) + 4 == RCV_WND_OFFSET, "tcpi_rcv_wnd lies elsewhere");

int zb_tcp_info(int fd, struct zb_tcp_info *info) {
  union {
    struct tcp_info known;
    unsigned char bytes[RCV_WND_OFFSET + 4];
  } answer;
  socklen_t size = sizeof answer;
  memset(&answer, 0, sizeof answer);
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &answer, &size) < 0) return -errno;
  const struct tcp_info raw = answer.known;
  uint32_t window = 0;
  memcpy(&window, answer.bytes + RCV_WND_OFFSET, sizeof window);
  *info = (struct zb_tcp_info){
      .snd_mss = raw.tcpi_snd_mss,
      .rcv_mss = raw.tcpi_rcv_mss,
      .pmtu = raw.tcpi_pmtu,
      .rtt = raw.tcpi_rtt,
      .rttvar = raw.tcpi_rttvar,
      .min_rtt = raw.tcpi_min_rtt,
      .snd_cwnd = raw.tcpi_snd_cwnd,
      .total_retrans = raw.tcpi_total_retrans,
      .segs_in = raw.tcpi_segs_in,
      .segs_out = raw.tcpi_segs_out,
      .bytes_acked = raw.tcpi_bytes_acked,
      .bytes_received = raw.tcpi_bytes_received,
      .snd_wnd = raw.tcpi_snd_wnd,
      .rcv_space = raw.tcpi_rcv_space,
      .rcv_ooopack = raw.tcpi_rcv_ooopack,
      .rcv_wnd = size >= RCV_WND_OFFSET + 4 ? (int64_t)window : -1,
      .busy_time = raw.tcpi_busy_time,
      .rwnd_limited = raw.tcpi_rwnd_limited,
      .sndbuf_limited = raw.tcpi_sndbuf_limited,
  };
  return 0;
}

int zb_socket_drops(int fd, uint32_t *drops) {
  uint32_t values[SK_MEMINFO_VARS] = {0};
  socklen_t size = sizeof values;
  if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, values, &size) < 0) return -errno;
  if (size < (SK_MEMINFO_DROPS + 1) * sizeof values[0]) return -EOPNOTSUPP;
  *drops = values[SK_MEMINFO_DROPS];
  return 0;
}

int zb_accept(int fd) {
  int accepted = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
  return accepted < 0 ? -errno : accepted;
}

int zb_memory_file(const char *name) {
  int fd = memfd_create(name, MFD_CLOEXEC);
  return fd < 0 ? -errno : fd;
}

int zb_map_socket(int fd, size_t size, void **memory) {
  void *mapped = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
  if (mapped == MAP_FAILED) return -errno;
  if (madvise(mapped, size, MADV_DONTFORK) < 0) {
    int error = errno;
    munmap(mapped, size);
    return -error;
  }
  *memory = mapped;
  return 0;
}

int zb_receive_mapped(int fd, void *memory, uint32_t size, uint32_t *mapped, uint32_t *to_read) {
  struct tcp_zerocopy_receive request = {.address = (uint64_t)(uintptr_t)memory, .length = size};
  // Without room for `err` the kernel leaves the socket's error for recv(2) to tell.
  socklen_t length = offsetof(struct tcp_zerocopy_receive, inq);
  if (getsockopt(fd, IPPROTO_TCP, TCP_ZEROCOPY_RECEIVE, &request, &length) < 0) return -errno;
  *mapped = request.length;
  *to_read = request.recv_skip_hint;
  return 0;
}
