/* vfio-user, written from its specification (QEMU's docs/interop/vfio-user.rst): what a device without migration, without
 * mapped regions and without requests of its own needs of it. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "vfio_user.h"

enum {
	CMD_VERSION = 1, CMD_DMA_MAP, CMD_DMA_UNMAP, CMD_INFO, CMD_REGION_INFO, CMD_REGION_IO_FDS, CMD_IRQ_INFO,
	CMD_SET_IRQS, CMD_READ, CMD_WRITE, CMD_DMA_READ, CMD_DMA_WRITE, CMD_RESET, CMD_WRITE_MULTI = 15,
};
enum { FLAG_REPLY = 1, FLAG_NO_REPLY = 1 << 4, FLAG_ERROR = 1 << 5 };
enum { IRQ_MSIX = 2, IRQ_TYPES = 5, IRQ_INFO_EVENTFD = 1 };
enum { SET_DATA_EVENTFD = 4, SET_TRIGGER = 32 };
enum { MAX_FDS = 16, MAX_BODY = 8192 };

struct header {
	uint16_t id, command;
	uint32_t size, flags, error;
};

struct message {
	struct header head;
	uint8_t body[MAX_BODY];
	uint32_t length;
	int fds[MAX_FDS];
	unsigned fd_count;
};

static void die(const char *what)
{
	perror(what);
	exit(1);
}

void vu_listen(struct vu *vu, const char *path)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };

	vu->path = path;
	vu->fd = -1;
	for (unsigned i = 0; i < VU_MAX_VECTORS; i++)
		vu->eventfd[i] = -1;
	snprintf(name.sun_path, sizeof(name.sun_path), "%s", path);
	unlink(path);
	vu->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (vu->listener < 0 || bind(vu->listener, (void *)&name, sizeof(name)) || listen(vu->listener, 1))
		die(path);
}

void vu_accept(struct vu *vu)
{
	vu->fd = accept4(vu->listener, NULL, NULL, SOCK_CLOEXEC);
	if (vu->fd < 0)
		die("accept");
}

static void forget_map(struct vu *vu, unsigned index)
{
	munmap(vu->maps[index].base, vu->maps[index].mapped);
	vu->maps[index] = vu->maps[--vu->map_count];
	memset(&vu->maps[vu->map_count], 0, sizeof(vu->maps[0]));
	vu->last_map = 0;
}

static void set_vector(struct vu *vu, uint32_t vector, int fd)
{
	if (vu->eventfd[vector] >= 0)
		close(vu->eventfd[vector]);
	vu->eventfd[vector] = fd;
}

static void client_gone(struct vu *vu)
{
	close(vu->fd);
	vu->fd = -1;
	while (vu->map_count)
		forget_map(vu, 0);
	for (unsigned i = 0; i < VU_MAX_VECTORS; i++)
		set_vector(vu, i, -1);
	vu->ops->reset(vu->dev);
}

void *vu_memory_slow(struct vu *vu, uint64_t iova, uint64_t size)
{
	for (unsigned i = 0; i < vu->map_count; i++) {
		struct vu_map *map = &vu->maps[i];

		if (iova >= map->iova && iova - map->iova < map->size && size <= map->size - (iova - map->iova)) {
			vu->last_map = i;
			return map->at + (iova - map->iova);
		}
	}
	return NULL;
}

void vu_interrupt(struct vu *vu, uint32_t vector)
{
	uint64_t one = 1;

	if (vector >= VU_MAX_VECTORS || vu->eventfd[vector] < 0)
		return;
	vu->interrupts++;
	if (write(vu->eventfd[vector], &one, sizeof(one)) < 0 && errno != EAGAIN)
		perror("eventfd");
}

static bool read_all(int fd, void *data, size_t size)
{
	for (uint8_t *at = data; size;) {
		ssize_t got = read(fd, at, size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		at += got;
		size -= (size_t)got;
	}
	return true;
}

/* The header travels with the message's file descriptors, if it has any. */
static int receive(struct vu *vu, struct message *message)
{
	union {
		char bytes[CMSG_SPACE(MAX_FDS * sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec part = { &message->head, sizeof(message->head) };
	struct msghdr msg = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
			      .msg_controllen = sizeof(control) };
	ssize_t got = recvmsg(vu->fd, &msg, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);

	if (got < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -1;
	if (!got)
		return -1;
	message->fd_count = 0;
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&msg); c; c = CMSG_NXTHDR(&msg, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
			message->fd_count = (unsigned)((c->cmsg_len - CMSG_LEN(0)) / sizeof(int));
			memcpy(message->fds, CMSG_DATA(c), message->fd_count * sizeof(int));
		}
	if ((size_t)got < sizeof(message->head) &&
	    !read_all(vu->fd, (uint8_t *)&message->head + got, sizeof(message->head) - (size_t)got))
		return -1;
	if (message->head.size < sizeof(message->head) || message->head.size - sizeof(message->head) > MAX_BODY) {
		fprintf(stderr, "%s: a message of %u bytes\n", vu->path, message->head.size);
		return -1;
	}
	message->length = message->head.size - (uint32_t)sizeof(message->head);
	return read_all(vu->fd, message->body, message->length) ? 1 : -1;
}

static void reply(struct vu *vu, struct message *message, uint32_t length, uint32_t error)
{
	size_t size, sent = 0;

	if (message->head.flags & FLAG_NO_REPLY)
		return;
	message->head.flags = FLAG_REPLY | (error ? FLAG_ERROR : 0);
	message->head.error = error;
	message->head.size = (uint32_t)sizeof(message->head) + (error ? 0 : length);
	size = message->head.size;
	while (sent < size) {	/* header and body are neighbours in struct message */
		ssize_t done = send(vu->fd, (uint8_t *)message + sent, size - sent, MSG_NOSIGNAL);

		if (done < 0 && errno != EINTR)
			return;
		sent += done > 0 ? (size_t)done : 0;
	}
}

static uint32_t get32(const uint8_t *at) { uint32_t v; memcpy(&v, at, 4); return v; }
static uint64_t get64(const uint8_t *at) { uint64_t v; memcpy(&v, at, 8); return v; }
static void put32(uint8_t *at, uint32_t v) { memcpy(at, &v, 4); }
static void put64(uint8_t *at, uint64_t v) { memcpy(at, &v, 8); }

static uint32_t dma_map(struct vu *vu, struct message *m)
{
	uint64_t offset = get64(m->body + 8), iova = get64(m->body + 16), size = get64(m->body + 24);
	uint64_t slack = offset % 4096;
	struct vu_map *map = &vu->maps[vu->map_count];
	int protection = (m->body[4] & 1 ? PROT_READ : 0) | (m->body[4] & 2 ? PROT_WRITE : 0);

	if (!m->fd_count || !(protection & PROT_READ))	/* memory that cannot be shared, as ROMs are: no NIC needs it */
		return 0;
	if (size > UINT64_MAX - slack || iova > UINT64_MAX - size)
		return EINVAL;
	if (vu->map_count == VU_MAX_MAPS)
		return ENOSPC;
	map->mapped = size + slack;
	map->base = mmap(NULL, map->mapped, protection, MAP_SHARED, m->fds[0], (off_t)(offset - slack));
	if (map->base == MAP_FAILED)
		return (uint32_t)errno;
	map->at = map->base + slack;
	map->iova = iova;
	map->size = size;
	map->writable = protection & PROT_WRITE;
	vu->map_count++;
	return 0;
}

static void dma_unmap(struct vu *vu, struct message *m)
{
	uint64_t iova = get64(m->body + 8), size = get64(m->body + 16);

	for (unsigned i = 0; i < vu->map_count; i++)
		if (vu->maps[i].iova == iova && vu->maps[i].size == size) {
			forget_map(vu, i);
			return;
		}
}

static uint32_t set_irqs(struct vu *vu, struct message *m)
{
	uint32_t flags = get32(m->body + 4), index = get32(m->body + 8);
	uint32_t start = get32(m->body + 12), count = get32(m->body + 16);

	if (index != IRQ_MSIX)
		return 0;
	if (!(flags & SET_TRIGGER))
		return 0;
	if (start > vu->vectors || count > vu->vectors - start)
		return EINVAL;
	if (!count)	/* all of them off */
		for (uint32_t i = 0; i < vu->vectors; i++)
			set_vector(vu, i, -1);
	for (uint32_t i = 0; i < count; i++) {
		bool given = flags & SET_DATA_EVENTFD && i < m->fd_count;

		set_vector(vu, start + i, given ? m->fds[i] : -1);
		if (given)
			m->fds[i] = -1;	/* ours now */
	}
	return 0;
}

static bool within(struct vu *vu, uint32_t region, uint64_t offset, uint32_t count)
{
	return region < VU_REGIONS && offset <= vu->region_size[region] && count <= vu->region_size[region] - offset;
}

static void handle(struct vu *vu, struct message *m)
{
	static const char capabilities[] =
		"{\"capabilities\":{\"max_msg_fds\":16,\"max_data_xfer_size\":4096,\"write_multiple\":true}}";
	uint8_t *body = m->body;
	uint32_t region, count, error = 0;
	uint64_t offset;

	switch (m->head.command) {
	case CMD_VERSION:	/* the major version proposed, minor 0 */
		memset(body + 2, 0, 2);
		memcpy(body + 4, capabilities, sizeof(capabilities));
		reply(vu, m, 4 + sizeof(capabilities), 0);
		return;
	case CMD_DMA_MAP:
		error = dma_map(vu, m);
		reply(vu, m, 0, error);
		return;
	case CMD_DMA_UNMAP:
		dma_unmap(vu, m);
		reply(vu, m, 24, 0);
		return;
	case CMD_INFO:
		put32(body, 16);
		put32(body + 4, 3);	/* a PCI device that can be reset */
		put32(body + 8, VU_REGIONS);
		put32(body + 12, IRQ_TYPES);
		reply(vu, m, 16, 0);
		return;
	case CMD_REGION_INFO:
		region = get32(body + 8);
		put32(body, 32);
		put32(body + 4, region < VU_REGIONS && vu->region_size[region] ? 3 : 0);	/* read, write */
		put32(body + 12, 0);
		put64(body + 16, region < VU_REGIONS ? vu->region_size[region] : 0);
		put64(body + 24, 0);
		reply(vu, m, 32, region < VU_REGIONS ? 0 : EINVAL);
		return;
	case CMD_IRQ_INFO:
		region = get32(body + 8);
		put32(body, 16);
		put32(body + 4, region == IRQ_MSIX ? IRQ_INFO_EVENTFD : 0);
		put32(body + 12, region == IRQ_MSIX ? vu->vectors : 0);
		reply(vu, m, 16, 0);
		return;
	case CMD_SET_IRQS:
		error = set_irqs(vu, m);
		reply(vu, m, 0, error);
		return;
	case CMD_READ:
		offset = get64(body), region = get32(body + 8), count = get32(body + 12);
		if (!within(vu, region, offset, count) || count > MAX_BODY - 16) {
			reply(vu, m, 0, EINVAL);
			return;
		}
		vu->ops->read(vu->dev, region, offset, body + 16, count);
		reply(vu, m, 16 + count, 0);
		return;
	case CMD_WRITE:
		offset = get64(body), region = get32(body + 8), count = get32(body + 12);
		if (!within(vu, region, offset, count) || m->length < 16 + (uint64_t)count) {
			reply(vu, m, 0, EINVAL);
			return;
		}
		vu->ops->write(vu->dev, region, offset, body + 16, count);
		reply(vu, m, 16, 0);
		return;
	case CMD_WRITE_MULTI:
		for (uint64_t i = 0, n = get64(body); i < n && 8 + (i + 1) * 24 <= m->length; i++) {
			const uint8_t *one = body + 8 + i * 24;

			count = get32(one + 12);
			if (count <= 8 && within(vu, get32(one + 8), get64(one), count))
				vu->ops->write(vu->dev, get32(one + 8), get64(one), one + 16, count);
		}
		reply(vu, m, 8, 0);
		return;
	case CMD_RESET:
		vu->ops->reset(vu->dev);
		reply(vu, m, 0, 0);
		return;
	default:
		reply(vu, m, 0, EINVAL);
	}
}

bool vu_receive(struct vu *vu)
{
	static struct message message;	/* one thread, one message at a time */
	int got = receive(vu, &message);

	if (got < 0)
		client_gone(vu);
	if (got <= 0)
		return false;
	vu->messages++;
	handle(vu, &message);
	for (unsigned i = 0; i < message.fd_count; i++)
		if (message.fds[i] >= 0)
			close(message.fds[i]);
	return true;
}
