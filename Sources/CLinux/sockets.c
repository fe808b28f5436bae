#define _GNU_SOURCE
#include "sockets.h"

#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>

int zb_tcp_info(int fd, struct zb_tcp_info *info) {
  struct tcp_info raw;
  socklen_t size = sizeof raw;
  memset(&raw, 0, sizeof raw);
  if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &raw, &size) < 0) return -errno;
  *info = (struct zb_tcp_info){
      .snd_mss = raw.tcpi_snd_mss,
      .rcv_mss = raw.tcpi_rcv_mss,
      .pmtu = raw.tcpi_pmtu,
      .rtt = raw.tcpi_rtt,
      .rttvar = raw.tcpi_rttvar,
      .min_rtt = raw.tcpi_min_rtt,
      .snd_cwnd = raw.tcpi_snd_cwnd,
      .total_retrans = raw.tcpi_total_retrans,
      .bytes_acked = raw.tcpi_bytes_acked,
      .bytes_received = raw.tcpi_bytes_received,
      .snd_wnd = raw.tcpi_snd_wnd,
  };
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
