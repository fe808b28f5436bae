/* The wire's beginning: what the driver's descriptors say becomes frames, which get their lengths and checksums. No byte
 * is copied more than once: from the sender's memory into the receiver's. */
#include <string.h>

#include "gvnic.h"

enum { TX_PACKET = 0xc, TX_TSO = 0x5 };
enum { COMPLETE_PACKET = 2, COMPLETE_DESCRIPTOR = 4 };
enum { MAX_PARTS = 96, RSC_DESCRIPTORS = 16, SHORTEST_SEGMENT = 64, MAX_COALESCED = 65000, OVERHEAD = 64 };

/* What the sender's descriptors say. Descriptors of kind general context carry nothing that matters on a wire. */
struct packet {
	struct part parts[MAX_PARTS];
	unsigned part_count;
	uint32_t length;
	bool checksum;		/* the device is to compute it */
	bool broken;		/* an address that is nowhere, or too many parts */
	uint32_t segment;	/* bytes of payload in each; 0: it is not to be segmented */
	uint16_t tag;
};

/* Reads the packet at the queue's head; returns the number of its descriptors, or 0 while it is not complete. */
static uint32_t read_packet(struct gvnic *nic, const struct tx_queue *q, struct packet *p, bool *report)
{
	uint32_t at = q->head, count = 0;

	p->part_count = 0, p->length = 0, p->segment = 0, p->checksum = p->broken = false;
	*report = false;
	while (at != q->tail) {
		const uint8_t *there = vu_memory(&nic->vu, q->ring + at * 16ull, 16);
		uint8_t d[16];
		uint32_t kind;

		if (!there)
			return 0;
		memcpy(d, there, sizeof(d));	/* the driver may write it meanwhile */
		kind = d[8] & 0x1f;
		at = (at + 1) & (q->size - 1);
		count++;
		if (kind == TX_TSO) {
			p->segment = le16_at(d + 4) & 0x3fff;
		} else if (kind == TX_PACKET) {
			uint32_t length = le16_at(d + 14) & 0x3fff;
			const uint8_t *data = vu_memory(&nic->vu, le64_at(d), length);

			if (data && length && p->part_count < MAX_PARTS) {
				p->parts[p->part_count++] = (struct part){ data, length };
				p->length += length;
			} else {
				p->broken = true;
			}
			p->checksum = d[8] & 0x40;
			p->tag = le16_at(d + 12);
			*report |= (d[8] & 0x80) != 0;
			if (d[8] & 0x20)
				return count;
		}
	}
	return 0;
}

static void complete(struct gvnic *nic, struct tx_queue *q, unsigned id, unsigned kind, uint32_t value)
{
	uint8_t *d = vu_writable(&nic->vu, q->completions + q->completion * 8ull, 8);
	uint64_t word = id | kind << 11 | (q->generation ? 1u << 15 : 0) | value << 16;

	if (!d)
		return;
	__atomic_store_n((uint64_t *)(void *)d, word, __ATOMIC_RELEASE);
	q->completion = (q->completion + 1) & (q->completion_size - 1);
	q->generation ^= !q->completion;
}

static bool send_whole(struct gvnic *nic, unsigned id, const struct packet *p, struct frame *f, struct cursor payload)
{
	if (has_ports(f)) {
		const uint8_t *field = f->header + f->l4_offset + (f->l4 == L4_TCP ? 16 : 6);

		if (p->checksum)
			set_checksum(f, payload);
		else if (f->l4 == L4_TCP || le16_at(field))
			f->checksum_wrong = transport_sum(f, payload) != 0;
	}
	if (!deliver(nic->peer, f, payload))
		return false;
	nic->peer->wrong_checksums += f->checksum_wrong;
	nic->tx_account[id].frames++;
	return true;
}

/* How much of a packet the receiver wants in one piece: one segment, or several of TCP as far as they fit into so many
 * buffers. */
static uint32_t step_of(struct gvnic *peer, const struct packet *p, const struct frame *whole)
{
	struct frame probe = *whole;
	bool by_rule;
	int queue = steer(peer, &probe, &by_rule);
	const struct rx_queue *rx = &peer->rx[queue < 0 ? 0 : queue];
	uint32_t most;

	if (queue < 0 || whole->l4 != L4_TCP || !rx->coalesce || !peer->settings->coalesce || whole->payload <= p->segment)
		return p->segment;
	most = rx->buffer_size * RSC_DESCRIPTORS - (rx->header_size ? 0 : whole->header_length);
	most = least(most, MAX_COALESCED);
	return most < p->segment ? p->segment : most / p->segment * p->segment;
}

/* One piece: `length` bytes from `done` on. */
static bool send_piece(struct gvnic *nic, const struct packet *p, const struct frame *whole, struct cursor payload,
		       uint32_t done, uint32_t length)
{
	struct frame f = *whole;
	bool last = done + length == whole->payload;

	f.payload = length;
	f.coalesced_segment = length > p->segment ? p->segment : 0;
	if (f.l3 == L3_IPV4) {
		uint8_t *identification = f.header + f.l3_offset + 4;

		put_be16(identification, be16_at(identification) + done / p->segment);
	}
	if (f.l4 == L4_TCP) {
		uint8_t *tcp = f.header + f.l4_offset;

		put_be32(tcp + 4, be32_at(tcp + 4) + done);
		tcp[13] &= (uint8_t)~((last ? 0 : 0x09) | (done ? 0x80 : 0));	/* FIN and PSH; CWR */
	}
	set_lengths(&f);
	set_checksum(&f, payload);
	return deliver(nic->peer, &f, payload);
}

/* Sends what follows payload_done; false where the receiver lacked buffers, and the rest is still to be sent. */
static bool send_packet(struct gvnic *nic, unsigned id, const struct packet *p)
{
	struct tx_queue *q = &nic->tx[id];
	struct frame whole;
	struct cursor start = { p->parts, 0 }, payload = start;
	uint32_t available = least(p->length, MAX_HEADER), limit, step;

	memset(&whole, 0, sizeof(whole));
	gather(whole.header, &payload, available);
	parse(&whole, available, p->length);
	payload = start;
	skip(&payload, whole.header_length);

	limit = nic->settings->mtu_max > nic->settings->mtu ? nic->settings->mtu_max : nic->settings->mtu;
	limit += OVERHEAD;
	if (p->segment && has_ports(&whole) && whole.payload) {
		if (p->segment < SHORTEST_SEGMENT || p->segment + whole.header_length > limit) {
			nic->bad_packets++;
			return true;
		}
	} else if (p->length > limit) {
		nic->bad_packets++;
		return true;
	} else {
		return send_whole(nic, id, p, &whole, payload);
	}
	if (q->payload_done >= whole.payload)	/* the driver has shortened what was being sent */
		return true;
	step = step_of(nic->peer, p, &whole);
	skip(&payload, q->payload_done);
	while (q->payload_done < whole.payload) {
		uint32_t length = least(whole.payload - q->payload_done, step);

		if (!send_piece(nic, p, &whole, payload, q->payload_done, length))
			return false;
		nic->tx_account[id].frames++;
		skip(&payload, length);
		q->payload_done += length;
	}
	return true;
}

/* The receiver had no buffers for too long. */
static void lose(struct gvnic *nic, const struct packet *p)
{
	struct frame f;
	struct cursor start = { p->parts, 0 };
	uint32_t available = least(p->length, MAX_HEADER);
	bool by_rule;
	int queue;

	memset(&f, 0, sizeof(f));
	gather(f.header, &start, available);
	parse(&f, available, p->length);
	queue = steer(nic->peer, &f, &by_rule);
	if (queue >= 0)
		nic->peer->rx_account[queue].no_buffers++;
	write_statistics(nic->peer);
}

void transmit(struct gvnic *nic, unsigned id)
{
	struct tx_queue *q = &nic->tx[id];
	static struct packet packet;
	bool report, completed = false;
	uint32_t count;

	while (q->exists && (count = read_packet(nic, q, &packet, &report))) {
		if (packet.broken || !packet.part_count) {
			nic->bad_packets++;
		} else if (!send_packet(nic, id, &packet)) {
			uint64_t now = now_ns();

			if (!q->blocked) {
				q->blocked = true;
				q->blocked_since = now;
			}
			if (now - q->blocked_since < nic->settings->pause_us * 1000ull)
				break;
			lose(nic, &packet);	/* the rest of it */
		}
		q->blocked = false;
		q->payload_done = 0;
		q->head = (q->head + count) & (q->size - 1);
		nic->tx_account[id].packets++;
		nic->tx_account[id].bytes += packet.length;
		if (report)
			complete(nic, q, id, COMPLETE_DESCRIPTOR, q->head);
		complete(nic, q, id, COMPLETE_PACKET, packet.tag);
		completed = true;
	}
	if (completed)
		event(nic, q->block);
}

void retry_blocked(struct gvnic *nic)
{
	for (unsigned i = 0; i < nic->settings->queues; i++)
		if (nic->tx[i].exists && nic->tx[i].blocked)
			transmit(nic, i);
}

bool any_blocked(const struct gvnic *nic)
{
	for (unsigned i = 0; i < nic->settings->queues; i++)
		if (nic->tx[i].exists && nic->tx[i].blocked)
			return true;
	return false;
}
