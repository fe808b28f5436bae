/* The wire's end: a frame is steered to a queue and written into the buffers that the driver posted there. */
#include <string.h>

#include "gvnic.h"

static bool masked_equal(const uint8_t *value, const uint8_t *key, const uint8_t *mask, unsigned length)
{
	for (unsigned i = 0; i < length; i++)
		if ((value[i] ^ key[i]) & mask[i])
			return false;
	return true;
}

/* A rule: type and queue, 16 bits each; then key and mask, each source and destination of 16 bytes, then the ports. */
static bool matches(const struct rule *rule, const struct frame *f)
{
	static const struct { uint8_t l3, l4; } types[] = {
		[0] = { L3_IPV4, L4_TCP }, [1] = { L3_IPV4, L4_UDP }, [5] = { L3_IPV6, L4_TCP }, [6] = { L3_IPV6, L4_UDP },
	};
	const uint8_t *key = rule->body + 4, *mask = rule->body + 44, *ip = f->header + f->l3_offset;
	unsigned type = be16_at(rule->body), size = f->l3 == L3_IPV4 ? 4 : 16;
	const uint8_t *source = f->l3 == L3_IPV4 ? ip + 12 : ip + 8;

	if (type >= sizeof(types) / sizeof(*types) || !types[type].l3 || types[type].l3 != f->l3 || types[type].l4 != f->l4)
		return false;
	return masked_equal(source, key, mask, size) && masked_equal(source + size, key + 16, mask + 16, size) &&
	       masked_equal(f->header + f->l4_offset, key + 32, mask + 32, 4);
}

int steer(struct gvnic *nic, struct frame *f, bool *by_rule)
{
	uint32_t queue;

	f->hash = flow_hash(nic, f);
	*by_rule = false;
	queue = f->hash ? nic->rss_table[f->hash % RSS_TABLE] : 0;
	for (uint32_t i = 0, seen = 0; has_ports(f) && seen < nic->rule_count && i < nic->settings->rules; i++) {
		const struct rule *rule = &nic->rules[i];

		seen += rule->used;
		if (rule->used && matches(rule, f)) {
			queue = nic->faults.wrong_queue >= 0 ? (uint32_t)nic->faults.wrong_queue : be16_at(rule->body + 2);
			*by_rule = true;
			break;
		}
	}
	return queue < MAX_QUEUES && nic->rx[queue].exists ? (int)queue : -1;
}

static uint32_t free_buffers(const struct rx_queue *q) { return (q->tail - q->head) & (q->buffer_ring - 1); }

static void complete(struct gvnic *nic, struct rx_queue *q, const struct frame *f, uint16_t buffer, uint32_t length,
		     bool split, bool last)
{
	uint8_t *d = vu_writable(&nic->vu, q->completions + q->completion * 32ull, 32);
	uint8_t first[8] = { 1, f->extended ? 2 : 0 };	/* the kind of descriptor; IPv6 with extension headers */
	uint8_t flags = 1 | (last ? 2 : 0);

	if (!d)
		return;
	put_le16(first + 2, 8u * f->l3 + f->l4);
	put_le16(first + 4, length | (q->generation ? 1u << 14 : 0));
	put_le16(first + 6, (split ? f->header_length | 1u << 11 : 0) | (f->coalesced_segment ? 1u << 10 : 0));
	flags |= f->l3 == L3_IPV4 || f->l3 == L3_IPV6 ? 8 : 0;
	flags |= (f->ip_wrong ? 16 : 0) | (f->checksum_wrong ? 32 : 0);
	memset(d + 8, 0, 24);
	d[8] = flags;
	put_le16(d + 12, buffer);
	put_le16(d + 14, f->coalesced_segment);
	put_le32(d + 16, f->hash);
	/* The driver looks at the generation, which is in the first eight bytes: they come last, and at once. */
	__atomic_store_n((uint64_t *)(void *)d, le64_at(first), __ATOMIC_RELEASE);
	q->completion = (q->completion + 1) & (q->size - 1);
	q->generation ^= !q->completion;
}

/* Whether the driver's next buffers are where they may be written. A real device would report an error of the bus. */
static bool buffers_are_there(struct gvnic *nic, const struct rx_queue *q, uint32_t count, bool split)
{
	for (uint32_t i = 0; i < count; i++) {
		uint32_t at = (q->head + i) & (q->buffer_ring - 1);
		const uint8_t *d = vu_memory(&nic->vu, q->buffers + at * 32ull, 32);

		if (!d || !vu_writable(&nic->vu, le64_at(d + 8), q->buffer_size) ||
		    (split && i == 0 && !vu_writable(&nic->vu, le64_at(d + 16), q->header_size)))
			return false;
	}
	return true;
}

/* False: the queue lacks buffers. */
static bool receive(struct gvnic *nic, struct frame *f, struct cursor payload)
{
	bool by_rule, split;
	int number = steer(nic, f, &by_rule);
	struct rx_queue *q = &nic->rx[number < 0 ? 0 : number];
	struct rx_account *account = &nic->rx_account[number < 0 ? 0 : number];
	uint32_t in_buffers, needed, left, head_left, head_at = 0;

	if (number < 0) {
		nic->no_queue++;
		return true;
	}
	split = q->header_size && f->header_length <= q->header_size && has_ports(f) && !nic->faults.together;
	in_buffers = f->payload + (split ? 0 : f->header_length);
	needed = in_buffers ? (in_buffers + q->buffer_size - 1) / q->buffer_size : 1;
	if (free_buffers(q) < needed)
		return false;
	if (!buffers_are_there(nic, q, needed, split)) {
		q->head = (q->head + needed) & (q->buffer_ring - 1);
		account->bad_addresses++;
		return true;
	}
	left = in_buffers;
	head_left = split ? 0 : f->header_length;
	for (uint32_t i = 0; i < needed; i++) {
		const uint8_t *d = vu_memory(&nic->vu, q->buffers + q->head * 32ull, 32);
		uint8_t *buffer = d ? vu_writable(&nic->vu, le64_at(d + 8), q->buffer_size) : NULL, *header = NULL;
		uint32_t room = least(left, q->buffer_size), from_head = least(head_left, room);

		/* A driver may write the descriptor while it is read: the address that counts is the one just looked up. */
		if (d && split && i == 0)
			header = vu_writable(&nic->vu, le64_at(d + 16), q->header_size);
		if (!buffer || (split && i == 0 && !header)) {
			account->bad_addresses++;
			return true;
		}
		memcpy(buffer, f->header + head_at, from_head);
		gather(buffer + from_head, &payload, room - from_head);
		head_at += from_head, head_left -= from_head, left -= room;
		if (header)
			memcpy(header, f->header, f->header_length);
		q->head = (q->head + 1) & (q->buffer_ring - 1);
		complete(nic, q, f, le16_at(d), room, header, i == needed - 1);
	}
	account->frames++;
	account->bytes += f->header_length + f->payload;
	account->split_frames += split;
	account->split_header_bytes += split ? f->header_length : 0;
	account->split_payload_bytes += split ? f->payload : 0;
	account->unsplit_frames += !split;
	account->unsplit_bytes += split ? 0 : f->header_length + f->payload;
	account->tcp_payload_bytes += f->l4 == L4_TCP ? f->payload - f->padding : 0;
	account->tcp_split_bytes += f->l4 == L4_TCP && split ? f->payload - f->padding : 0;
	account->by_rule += by_rule;
	account->coalesced_frames += f->coalesced_segment != 0;
	event(nic, q->block);
	return true;
}

void forget_held_frame(struct gvnic *nic)
{
	nic->held.used = false;
}

/* The frame that was held back comes now; without a buffer it is lost, as frames are. */
void release_held_frame(struct gvnic *nic)
{
	struct part part = { nic->held.payload, nic->held.frame.payload };

	if (!nic->held.used)
		return;
	nic->held.used = false;
	nic->reordered++;
	if (!receive(nic, &nic->held.frame, (struct cursor){ &part, 0 }))
		nic->dropped++;
}

/* Whether this is one of the every-th frames that a fault is wanted for. */
static bool is_due(uint32_t every, uint32_t left, uint32_t seen)
{
	return left && every && (seen + 1) % every == 0;
}

bool deliver(struct gvnic *nic, struct frame *f, struct cursor payload)
{
	struct faults *faults = &nic->faults;
	bool counts = f->l4 == L4_TCP && f->payload > f->padding;	/* others are seldom, and what a test wants to see */

	if (faults->link_down || nic->peer->faults.link_down) {
		nic->link_lost++;
		return true;
	}
	if (counts && is_due(faults->drop_every, faults->drop_left, faults->drop_seen)) {
		faults->drop_seen++;
		faults->drop_left--;
		nic->dropped++;
		return true;
	}
	if (counts && !nic->held.used && f->payload <= MAX_FRAME &&
	    is_due(faults->reorder_every, faults->reorder_left, faults->reorder_seen)) {
		faults->reorder_seen++;
		faults->reorder_left--;
		nic->held.frame = *f;
		gather(nic->held.payload, &payload, f->payload);
		nic->held.used = true;
		return true;
	}
	/* A frame without buffers comes once more, and must not count twice. */
	if (!receive(nic, f, payload))
		return false;
	faults->drop_seen += counts && faults->drop_left;
	faults->reorder_seen += counts && faults->reorder_left;
	release_held_frame(nic);
	return true;
}
