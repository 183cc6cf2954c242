/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "netns/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"

int rx_file_read(const char *path, char *buf, size_t size)
{
	rx_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, buf, size - 1);

	if (n < 0)
		return -errno;
	buf[n] = '\0';
	buf[strcspn(buf, "\n")] = '\0';
	return 0;
}

int rx_file_write(const char *path, const char *text)
{
	rx_autoclose int fd = open(path, O_WRONLY | O_CLOEXEC);
	ssize_t length = (ssize_t)strlen(text), n = fd < 0 ? -1 : write(fd, text, (size_t)length);

	if (n < 0)
		return -errno;
	return n == length ? 0 : -EIO;
}

static int write_all(int fd, const char *data, size_t length)
{
	while (length) {
		ssize_t n = write(fd, data, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n ? -errno : -EIO;
		data += n;
		length -= (size_t)n;
	}
	return 0;
}

/* Where a path leads, for who renames something over it. Links are followed by the kernel, which
 * does not follow a stranger's in a folder that all may write to (fs.protected_symlinks);
 * realpath(3) would. 0 with *real the caller's, NULL if nothing is there yet; or -errno. */
static int follow(const char *path, char **real, struct stat *is)
{
	rx_autoclose int fd = open(path, O_PATH | O_CLOEXEC);
	rx_autofree char *link = NULL;

	*real = NULL;
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	link = rx_format("/proc/self/fd/%d", fd);
	*real = realpath(link, NULL);
	return !*real || fstat(fd, is) ? -errno : 0;
}

int rx_file_replace(const char *path, const void *data, size_t length, mode_t mode)
{
	rx_autofree char *real = NULL, *aside = NULL;
	const char *to;
	struct stat st;
	bool is_there, in_place;
	int fd, rc = follow(path, &real, &st);

	if (rc)
		return rc;
	to = real ? real : path;
	is_there = real;
	in_place = is_there && !S_ISREG(st.st_mode);
	aside = rx_format("%s.%d.new", to, getpid());
	fd = in_place ? open(to, O_WRONLY | O_CLOEXEC)
		      : open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
			     is_there ? st.st_mode & 07777 : mode);
	if (fd < 0)
		return -errno;
	rc = write_all(fd, data, length);
	if (close(fd) && !rc)
		rc = -errno;
	if (in_place)
		return rc;
	if (!rc && rename(aside, to))
		rc = -errno;
	if (rc)
		unlink(aside);
	return rc;
}

/* The size that stat(2) tells is no help: it is 0 in /proc, and a page in /sys. */
char *rx_fd_text(int fd, size_t max, size_t *length)
{
	size_t room = max < 4096 ? max + 1 : 4096, used = 0;
	char *text = rx_alloc(room, 1), *grown;
	ssize_t n = 1;

	while (n > 0 && used <= max) {
		if (used + 1 >= room) {
			room = room * 2 > max + 2 ? max + 2 : room * 2;
			grown = realloc(text, room);
			if (!grown)
				rx_memory_lost();
			text = grown;
		}
		do
			n = read(fd, text + used, room - used - 1);
		while (n < 0 && errno == EINTR);
		used += n > 0 ? (size_t)n : 0;
	}
	if (n < 0 || used > max) {
		errno = n < 0 ? errno : EFBIG; /* free(3) leaves it: glibc 2.33 */
		free(text);
		return NULL;
	}
	text[used] = '\0';
	if (length)
		*length = used;
	return text;
}

char *rx_file_text(const char *path, size_t max, size_t *length)
{
	rx_autoclose int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	return fd < 0 ? NULL : rx_fd_text(fd, max, length);
}

char *rx_next_line(char **cursor)
{
	char *line = *cursor;

	if (!line || !*line)
		return NULL;
	*cursor += strcspn(line, "\n");
	if (**cursor)
		*(*cursor)++ = '\0';
	return line;
}

const char *rx_next_name(DIR *dir)
{
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, ".."))
			return entry->d_name;
	return NULL;
}

void rx_dir_close(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

int rx_directory_empty(const char *path)
{
	rx_autodir DIR *dir = opendir(path);

	return dir ? !rx_next_name(dir) : -errno;
}

size_t rx_allow_descriptors(size_t want)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return 0;
	if (limit.rlim_cur >= want)
		return limit.rlim_cur;
	if (!setrlimit(RLIMIT_NOFILE,
		       &(struct rlimit){want, limit.rlim_max > want ? limit.rlim_max : want}))
		return want;
	/* as far as it goes */
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &limit) ? 0 : limit.rlim_cur;
}
