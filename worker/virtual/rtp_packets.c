/*
 * rtp_packets: see rtp_packets.h.
 */
#include "worker/virtual/rtp_packets.h"

#include <string.h>

#include "common/miniobj.h"

#define VERSION 0x80
#define MARKER 0x80
#define HEADER_BYTES 12
#define STAP_A 24
#define FU_A 28
#define FU_START 0x80
#define FU_END 0x40
#define FU_BYTES 2
#define PIECE_BYTES (RTP_PAYLOAD_MAX_BYTES - FU_BYTES)
#define KIND(nal) ((nal)[0] & 0x1f)
#define IMPORTANCE(nal) ((nal)[0] & 0xe0)
#define SENDER_REPORT 200
#define SOURCE_DESCRIPTION 202
#define CNAME 1
#define NTP_EPOCH_S INT64_C(2208988800) /* 1970, since 1900 */

static uint8_t *
put_16(uint8_t *to, uint32_t number)
{
	to[0] = (uint8_t)(number >> 8);
	to[1] = (uint8_t)number;
	return to + 2;
}

static uint8_t *
put_32(uint8_t *to, uint32_t number)
{
	return put_16(put_16(to, number >> 16), number & 0xffff);
}

static uint8_t *
put_interleaved(uint8_t *to, uint8_t channel, size_t len)
{
	to[0] = '$';
	to[1] = channel;
	return put_16(to + 2, (uint32_t)len);
}

uint32_t
rtp_timestamp(const struct rtp *rtp, int64_t after_us)
{
	return rtp->first_timestamp + (uint32_t)(after_us * (RTP_TICKS_A_SECOND / 1000) / 1000);
}

size_t
rtp_room(size_t len)
{
	return len + (len / PIECE_BYTES + 1) * (RTP_INTERLEAVED_BYTES + HEADER_BYTES + FU_BYTES);
}

/* Up to its payload. */
static uint8_t *
begin_packet(struct rtp *rtp, uint32_t timestamp, bool is_last, size_t payload_len, uint8_t *to)
{
	ENSURE(payload_len <= RTP_PAYLOAD_MAX_BYTES);
	rtp->packets++;
	rtp->octets += (uint32_t)payload_len;
	to = put_interleaved(to, rtp->channel, HEADER_BYTES + payload_len);
	*to++ = VERSION;
	*to++ = (uint8_t)(RTP_PAYLOAD_TYPE | (is_last ? MARKER : 0));
	to = put_16(to, rtp->sequence++);
	to = put_32(to, timestamp);
	return put_32(to, rtp->source);
}

/* The first byte of a NAL unit goes in each packet's own two. */
static size_t
write_pieces(struct rtp *rtp, uint32_t timestamp, bool is_last, const uint8_t *nal, size_t len, uint8_t *to)
{
	const uint8_t *begin = to;

	for (size_t at = 1, piece; at < len; at += piece) {
		piece = len - at < PIECE_BYTES ? len - at : PIECE_BYTES;
		bool ends = at + piece == len;
		to = begin_packet(rtp, timestamp, is_last && ends, FU_BYTES + piece, to);
		*to++ = (uint8_t)(IMPORTANCE(nal) | FU_A);
		*to++ = (uint8_t)(KIND(nal) | (at == 1 ? FU_START : 0) | (ends ? FU_END : 0));
		memcpy(to, nal + at, piece);
		to += piece;
	}
	return (size_t)(to - begin);
}

size_t
rtp_write_nal(struct rtp *rtp, uint32_t timestamp, bool is_last, const uint8_t *nal, size_t len, uint8_t *to)
{
	if (len > RTP_PAYLOAD_MAX_BYTES)
		return write_pieces(rtp, timestamp, is_last, nal, len, to);
	memcpy(begin_packet(rtp, timestamp, is_last, len, to), nal, len);
	return RTP_INTERLEAVED_BYTES + HEADER_BYTES + len;
}

size_t
rtp_write_pair(struct rtp *rtp, uint32_t timestamp, const uint8_t *one, size_t one_len, const uint8_t *other,
	       size_t other_len, uint8_t ret_packet[RTP_PACKET_MAX_BYTES])
{
	uint8_t *to = begin_packet(rtp, timestamp, false, 1 + 2 + one_len + 2 + other_len, ret_packet);

	*to++ = (uint8_t)(IMPORTANCE(one) | STAP_A);
	to = put_16(to, (uint32_t)one_len);
	memcpy(to, one, one_len);
	to = put_16(to + one_len, (uint32_t)other_len);
	memcpy(to, other, other_len);
	return (size_t)(to + other_len - ret_packet);
}

size_t
rtp_write_report(const struct rtp *rtp, uint32_t timestamp, int64_t wall_ms, uint8_t ret_packet[RTP_REPORT_MAX_BYTES])
{
	static const char name[] = "camera";
	/* Its name, up to a whole number of words with at least one byte of zeros. */
	const size_t words = 2 + (2 + sizeof name - 1) / 4 + 1, len = 7 * 4 + words * 4;
	uint8_t *to = put_interleaved(ret_packet, rtp->report_channel, len);

	memset(to, 0, len);
	to = put_16(to, VERSION << 8 | SENDER_REPORT);
	to = put_16(to, 6);
	to = put_32(to, rtp->source);
	to = put_32(to, (uint32_t)(wall_ms / 1000 + NTP_EPOCH_S));
	to = put_32(to, (uint32_t)((uint64_t)(wall_ms % 1000) * UINT32_MAX / 1000));
	to = put_32(to, timestamp);
	to = put_32(to, rtp->packets);
	to = put_32(to, rtp->octets);
	to = put_16(to, (VERSION | 1) << 8 | SOURCE_DESCRIPTION);
	to = put_16(to, (uint32_t)words - 1);
	to = put_32(to, rtp->source);
	*to++ = CNAME;
	*to++ = sizeof name - 1;
	memcpy(to, name, sizeof name - 1);
	ENSURE(RTP_INTERLEAVED_BYTES + len <= RTP_REPORT_MAX_BYTES);
	return RTP_INTERLEAVED_BYTES + len;
}
