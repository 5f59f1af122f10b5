/*
 * rtp_packets: H.264 as RTP packets (RFC 3550, RFC 6184, packetization mode 1), and the sender's reports of RTCP, each
 * interleaved into the connection of RTSP (RFC 2326, 10.12). Pure.
 */
#ifndef FUSE_WORKER_VIRTUAL_RTP_PACKETS_H
#define FUSE_WORKER_VIRTUAL_RTP_PACKETS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RTP_PAYLOAD_TYPE 96
#define RTP_PAYLOAD_MAX_BYTES 1400
#define RTP_INTERLEAVED_BYTES 4
#define RTP_PACKET_MAX_BYTES (RTP_INTERLEAVED_BYTES + 12 + RTP_PAYLOAD_MAX_BYTES)
#define RTP_REPORT_MAX_BYTES 64
#define RTP_TICKS_A_SECOND 90000

/* A sender. What is random is the caller's to fill. */
struct rtp {
	uint8_t channel, report_channel;
	uint16_t sequence; /* of the next packet */
	uint32_t source, first_timestamp; /* of the moment when it began */
	uint32_t packets, octets; /* sent */
};

/* Of a moment so long after the first one. */
uint32_t rtp_timestamp(const struct rtp *rtp, int64_t after_us);

/* How much a NAL unit of `len` bytes takes at most. */
size_t rtp_room(size_t len);

/* A NAL unit, in as many packets as it takes; `is_last` of those of its moment. Returns how many bytes were written: not
 * more than rtp_room() says. */
size_t rtp_write_nal(struct rtp *rtp, uint32_t timestamp, bool is_last, const uint8_t *nal, size_t len, uint8_t *to);

/* Two small NAL units in one packet (STAP-A), to be followed by others of the same moment. */
size_t rtp_write_pair(struct rtp *rtp, uint32_t timestamp, const uint8_t *one, size_t one_len, const uint8_t *other,
		      size_t other_len, uint8_t ret_packet[RTP_PACKET_MAX_BYTES]);

/* What was sent until now, and that `timestamp` is this moment of the wall clock. */
size_t rtp_write_report(const struct rtp *rtp, uint32_t timestamp, int64_t wall_ms, uint8_t ret_packet[RTP_REPORT_MAX_BYTES]);

#endif
