/*
 * ftp_list: one line of what LIST brings, in the style of Unix (`ls -l`: vsftpd, pyftpdlib, printers) or of DOS. Pure.
 */
#ifndef FUSE_WORKER_UPLOAD_FTP_LIST_H
#define FUSE_WORKER_UPLOAD_FTP_LIST_H

#include <stddef.h>
#include <stdint.h>

#define FTP_NAME_BYTES 201 /* with its NUL */

enum ftp_entry_kind { FTP_NO_ENTRY, FTP_FILE, FTP_FOLDER, FTP_STRANGE };

struct ftp_entry {
	char name[FTP_NAME_BYTES]; /* without a folder; well-formed UTF-8 without controls */
	int64_t size_bytes;	   /* of a file */
};

/* `line` without its end. FTP_NO_ENTRY for what is no file or folder with a usable name: "total 8", ".", a device, a name that
 * is too long or not harmless; FTP_STRANGE for what is of no style that is understood, and may be one. Of a link the name
 * counts, and it is taken for a file. */
enum ftp_entry_kind ftp_parse_entry(const char *line, size_t len, struct ftp_entry *ret_entry);

#endif
