/*
 * announce: lines of "Name: value".
 */
#include "worker/virtual/announce.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/log.h"
#include "common/miniobj.h"
#include "common/str.h"

#define PORT 2021
#define LOOPBACK_NET 127

size_t
announce_write(const struct nameplate *nameplate, const char *address, char to[ANNOUNCE_MAX_BYTES])
{
	char name[sizeof nameplate->name];

	log_copy_harmless(name, sizeof name, nameplate->name, strlen(nameplate->name));
	bool fits = str_format(to, ANNOUNCE_MAX_BYTES,
			       "NOTIFY * HTTP/1.1\r\n"
			       "Host: 239.255.255.250:1990\r\n"
			       "Server: UPnP/1.0\r\n"
			       "Location: %s\r\n"
			       "NT: urn:bambulab-com:device:3dprinter:1\r\n"
			       "NTS: ssdp:alive\r\n"
			       "USN: %s\r\n"
			       "Cache-Control: max-age=1800\r\n"
			       "DevModel.bambu.com: %s\r\n"
			       "DevName.bambu.com: %s\r\n"
			       "DevSignal.bambu.com: -48\r\n"
			       "DevConnect.bambu.com: lan\r\n"
			       "DevBind.bambu.com: free\r\n"
			       "Devseclink.bambu.com: secure\r\n"
			       "DevInf.bambu.com: wlan0\r\n"
			       "DevVersion.bambu.com: %s\r\n"
			       "DevCap.bambu.com: 1\r\n"
			       "\r\n",
			       address, nameplate->serial, nameplate->model_code, name, nameplate->firmware);
	ENSURE(fits); /* all parts are bounded */
	return strlen(to);
}

struct sockaddr_in
announce_to(const char *address)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	struct in_addr own = { 0 };

	inet_pton(AF_INET, address, &own);
	bool loops = ntohl(own.s_addr) >> 24 == LOOPBACK_NET;
	to.sin_addr.s_addr = htonl(loops ? (uint32_t)LOOPBACK_NET << 24 | 0xffffff : INADDR_BROADCAST);
	return to;
}
