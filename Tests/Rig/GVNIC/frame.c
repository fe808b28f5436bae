/* Frames: what their headers say, checksums, and the hash that spreads flows over queues. */
#include <string.h>

#include "gvnic.h"

enum { ETHERNET = 14, TAG = 4, MAX_TAGS = 2, MAX_EXTENSIONS = 8 };
enum { TYPE_IPV4 = 0x0800, TYPE_IPV6 = 0x86dd, TYPE_VLAN = 0x8100, TYPE_SERVICE_VLAN = 0x88a8 };
enum { HOP_BY_HOP = 0, ICMP = 1, TCP = 6, UDP = 17, ROUTING = 43, FRAGMENT = 44, AUTHENTICATION = 51, ICMPV6 = 58,
       NO_NEXT = 59, DESTINATION = 60, NONE = 255 };

static uint64_t sum_bytes(uint64_t sum, const uint8_t *at, size_t length, bool odd)
{
	uint64_t mine = 0;

	while (length >= 8) {
		uint64_t v = le64_at(at);

		mine += (v & 0xffffffff) + (v >> 32);
		at += 8, length -= 8;
	}
	while (length >= 2) {
		mine += le16_at(at);
		at += 2, length -= 2;
	}
	if (length)
		mine += *at;
	while (mine >> 16)
		mine = (mine & 0xffff) + (mine >> 16);
	return sum + (odd ? (mine >> 8 | (mine & 0xff) << 8) : mine);
}

static uint16_t fold(uint64_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

static uint64_t sum_payload(struct cursor cursor, uint32_t length, bool odd)
{
	uint64_t sum = 0;

	while (length) {
		uint32_t n = least(cursor.part->length - cursor.offset, length);

		sum = sum_bytes(sum, cursor.part->at + cursor.offset, n, odd);
		odd ^= n & 1;
		length -= n;
		cursor.part++;
		cursor.offset = 0;
	}
	return sum;
}

void gather(uint8_t *to, struct cursor *cursor, uint32_t length)
{
	while (length) {
		uint32_t n = least(cursor->part->length - cursor->offset, length);

		memcpy(to, cursor->part->at + cursor->offset, n);
		to += n, length -= n;
		cursor->offset += n;
		if (cursor->offset == cursor->part->length)
			cursor->part++, cursor->offset = 0;
	}
}

void skip(struct cursor *cursor, uint32_t length)
{
	while (length) {
		uint32_t n = least(cursor->part->length - cursor->offset, length);

		length -= n;
		cursor->offset += n;
		if (cursor->offset == cursor->part->length)
			cursor->part++, cursor->offset = 0;
	}
}

static uint32_t parse_ipv4(struct frame *f, uint32_t at, uint32_t available, uint32_t total, uint8_t *protocol)
{
	const uint8_t *ip = f->header + at;
	uint32_t length = (ip[0] & 15u) * 4, said = be16_at(ip + 2);

	if (ip[0] >> 4 != 4 || length < 20 || at + length > available)
		return at;
	f->l3 = L3_IPV4;
	f->ip_wrong = fold(sum_bytes(0, ip, length, false)) != 0xffff;
	*protocol = be16_at(ip + 6) & 0x3fff ? NONE : ip[9];	/* fragments have no ports */
	if (said >= length && at + said < total)
		f->padding = total - at - said;
	return at + length;
}

static uint32_t parse_ipv6(struct frame *f, uint32_t at, uint32_t available, uint32_t total, uint8_t *protocol)
{
	uint32_t end = at + 40, said = be16_at(f->header + at + 4);
	uint8_t next = f->header[at + 6];

	if (f->header[at] >> 4 != 6)
		return at;
	f->l3 = L3_IPV6;
	if (said && end + said < total)
		f->padding = total - end - said;
	for (unsigned i = 0; i < MAX_EXTENSIONS && end + 8 <= available; i++) {
		const uint8_t *extension = f->header + end;
		uint32_t length = next == AUTHENTICATION ? (extension[1] + 2u) * 4 : (extension[1] + 1u) * 8;

		if (next != HOP_BY_HOP && next != ROUTING && next != DESTINATION && next != AUTHENTICATION)
			break;
		if (end + length > available)
			return end;	/* longer than a device looks into a frame */
		f->extended = true;
		next = extension[0];
		end += length;
	}
	*protocol = next == FRAGMENT || next == NO_NEXT ? NONE : next;
	return end;
}

/* Finds out what the frame is and where its payload begins. `available` bytes of it are in f->header. */
void parse(struct frame *f, uint32_t available, uint32_t total)
{
	uint32_t end = least(ETHERNET, available), type = available >= ETHERNET ? be16_at(f->header + 12) : 0;
	uint8_t protocol = NONE;

	f->l3 = L3_OTHER, f->l4 = L4_UNKNOWN, f->l4_offset = 0, f->padding = 0;
	f->ip_wrong = f->extended = false;
	for (unsigned tags = 0; (type == TYPE_VLAN || type == TYPE_SERVICE_VLAN) && tags < MAX_TAGS; tags++) {
		if (available < end + TAG)
			break;
		type = be16_at(f->header + end + 2);
		end += TAG;
	}
	f->l3_offset = end;
	if (type == TYPE_IPV4 && available >= end + 20)
		end = parse_ipv4(f, end, available, total, &protocol);
	else if (type == TYPE_IPV6 && available >= end + 40)
		end = parse_ipv6(f, end, available, total, &protocol);
	if (f->l3 != L3_OTHER) {
		f->l4 = protocol == ICMP || protocol == ICMPV6 ? L4_ICMP : L4_OTHER;
		f->l4_offset = end;
	}
	if (protocol == TCP && available >= end + 20) {
		uint32_t length = (f->header[end + 12] >> 4) * 4u;

		if (length >= 20 && end + length <= available) {
			f->l4 = L4_TCP;
			end += length;
		}
	} else if (protocol == UDP && available >= end + 8) {
		f->l4 = L4_UDP;
		end += 8;
	}
	f->header_length = end;
	f->payload = total - end;
	if (f->padding > f->payload) {	/* IP says that it ends before its transport header does */
		f->l4 = f->l3 == L3_OTHER ? L4_UNKNOWN : L4_OTHER;
		f->padding = f->payload;
	}
}

bool has_ports(const struct frame *f)
{
	return f->l4 == L4_TCP || f->l4 == L4_UDP;
}

/* Over pseudo header, transport header and payload; 0 where it is right already. Only for frames that have ports. */
uint16_t transport_sum(const struct frame *f, struct cursor payload)
{
	uint32_t header = f->header_length - f->l4_offset, data = f->payload - f->padding, length = header + data;
	uint64_t sum;

	if (f->l3 == L3_IPV4)
		sum = sum_bytes(0, f->header + f->l3_offset + 12, 8, false);
	else
		sum = sum_bytes(0, f->header + f->l3_offset + 8, 32, false);
	sum += __builtin_bswap16((uint16_t)(length & 0xffff)) + (length >> 16);
	sum += __builtin_bswap16(f->l4 == L4_TCP ? TCP : UDP);
	sum = sum_bytes(sum, f->header + f->l4_offset, header, false);
	return (uint16_t)~fold(sum + sum_payload(payload, data, header & 1));
}

/* After the payload has been cut: what IP and UDP say of the length, and IPv4's checksum. */
void set_lengths(struct frame *f)
{
	uint8_t *ip = f->header + f->l3_offset;
	uint32_t length = f->header_length - f->l3_offset + f->payload;

	f->padding = 0;
	if (f->l3 == L3_IPV4) {
		put_be16(ip + 2, length);
		put_le16(ip + 10, 0);
		put_le16(ip + 10, (uint16_t)~fold(sum_bytes(0, ip, (ip[0] & 15u) * 4, false)));
		f->ip_wrong = false;
	} else {
		put_be16(ip + 4, length - 40);
	}
	if (f->l4 == L4_UDP)
		put_be16(f->header + f->l4_offset + 4, 8 + f->payload);
}

void set_checksum(struct frame *f, struct cursor payload)
{
	uint8_t *field = f->header + f->l4_offset + (f->l4 == L4_TCP ? 16 : 6);
	uint16_t sum;

	put_le16(field, 0);
	sum = transport_sum(f, payload);
	put_le16(field, !sum && f->l4 == L4_UDP ? 0xffff : sum);
	f->checksum_wrong = false;
}

/* Toeplitz over addresses and ports; 0 for what has no ports. */
uint32_t flow_hash(const struct gvnic *nic, const struct frame *f)
{
	const uint8_t *ip = f->header + f->l3_offset;
	const uint8_t *addresses = f->l3 == L3_IPV4 ? ip + 12 : ip + 8;
	unsigned length = f->l3 == L3_IPV4 ? 8 : 32;
	uint32_t hash = 0;

	if (!has_ports(f))
		return 0;
	for (unsigned i = 0; i < length; i++)
		hash ^= nic->toeplitz[i][addresses[i]];
	for (unsigned i = 0; i < 4; i++)
		hash ^= nic->toeplitz[length + i][f->header[f->l4_offset + i]];
	return hash;
}
