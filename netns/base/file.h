/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Small files, those of /proc and /sys before all: read whole, written in one write(2). */
#ifndef RXELAB_NETNS_BASE_FILE_H
#define RXELAB_NETNS_BASE_FILE_H

#include <dirent.h>
#include <stddef.h>
#include <sys/types.h>

/* The first line of a file, without its newline, cut at size. 0 or -errno. */
int rx_file_read(const char *path, char *buf, size_t size);
/* The text into a file that exists, in one write; 0 or -errno. */
int rx_file_write(const char *path, const char *text);
/* Put data in place of a file: written aside and renamed, so that it is there whole or as it was
 * before. What is no file (a pipe, a terminal) is written to. mode: of a new one. 0 or -errno. */
int rx_file_replace(const char *path, const void *data, size_t length, mode_t mode);
/* A whole file as a string, at most max bytes of it; the caller frees. NULL with errno set if it
 * cannot be read, or (EFBIG) is larger. Bytes of zero in it stay; *length (may be NULL) counts
 * them. */
char *rx_file_text(const char *path, size_t max, size_t *length);
/* The same from a descriptor. */
char *rx_fd_text(int fd, size_t max, size_t *length);
/* The line at *cursor, its newline replaced by the end; *cursor goes to the next one. NULL:
 * there is none. */
char *rx_next_line(char **cursor);
/* The next name in a directory but "." and ".."; NULL at its end, or if it could not be opened.
 *     rx_autodir DIR *dir = opendir(path);
 *     while ((name = rx_next_name(dir))) */
const char *rx_next_name(DIR *dir);
void rx_dir_close(DIR **dir);
#define rx_autodir __attribute__((cleanup(rx_dir_close)))
/* Let this process have so many descriptors: 1,000 endpoints are far above the 1,024 that a login
 * usually allows, and root may go above the hard limit. Returns how many it may have. */
size_t rx_allow_descriptors(size_t want);
/* 1: the directory is empty, 0: it is not, or -errno. */
int rx_directory_empty(const char *path);

#endif
