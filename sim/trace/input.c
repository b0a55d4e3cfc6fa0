/* SPDX-License-Identifier: MIT */
/*
 * Reading plain and compressed files. Every format is a "decoder" that turns the
 * bytes in the window [pos, end) into output; read() keeps the window filled.
 */
#include "config.h"

#include "sim/trace/input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#if IOM_HAVE_ZSTD
#include <zstd.h>
#endif
#if IOM_HAVE_LZMA
#include <lzma.h>
#endif
#if IOM_HAVE_ZLIB
#include <zlib.h>
#endif

#define WINDOW (256u * 1024)
/* What a hostile .xz may make the decoder allocate for its dictionary. */
#define LZMA_MEMORY (UINT64_C(512) << 20)

enum format { PLAIN, ZSTD, XZ, GZIP };

struct iom_input {
	char *name;
	int fd;
	enum format format;
	bool eof; /* no more bytes in the file */
	bool done; /* no more output */
	bool mid_frame; /* the decoder waits for more of a frame that has begun */
	bool regular;
	uint64_t size; /* of the file, 0 unknown */
	uint64_t consumed; /* bytes read from the file */
	size_t pos, end;
	GError *problem; /* of the decoder, which has stopped */
	void *map;
	size_t map_size;
	size_t dropped; /* of the map, from its begin: not in memory any more */
#if IOM_HAVE_ZSTD
	ZSTD_DStream *zstd;
#endif
#if IOM_HAVE_LZMA
	lzma_stream lzma;
#endif
#if IOM_HAVE_ZLIB
	z_stream zlib;
#endif
	uint8_t *window;
};

static bool refill(iom_input *in, GError **error)
{
	ssize_t n;

	if (in->pos < in->end || in->eof)
		return true;
	do {
		n = read(in->fd, in->window, WINDOW);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_IO, "%s: cannot read: %s", in->name,
			    g_strerror(errno));
		return false;
	}
	in->pos = 0;
	in->end = (size_t)n;
	in->consumed += (uint64_t)n;
	in->eof = n == 0;
	return true;
}

/* The first bytes decide the format; a pipe may deliver them one by one. */
static bool fill_start(iom_input *in, GError **error)
{
	while (in->end < 6) {
		ssize_t n = read(in->fd, in->window + in->end, WINDOW - in->end);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			g_set_error(error, IOM_ERROR, IOM_ERROR_IO, "%s: cannot read: %s", in->name,
				    g_strerror(errno));
			return false;
		}
		if (n == 0)
			break;
		in->end += (size_t)n;
		in->consumed += (uint64_t)n;
	}
	return true;
}

static enum format detect(const uint8_t *p, size_t n)
{
	static const uint8_t zstd[] = { 0x28, 0xb5, 0x2f, 0xfd };
	static const uint8_t xz[] = { 0xfd, '7', 'z', 'X', 'Z', 0 };
	static const uint8_t gzip[] = { 0x1f, 0x8b };

	if (n >= sizeof(zstd) && memcmp(p, zstd, sizeof(zstd)) == 0)
		return ZSTD;
	if (n >= sizeof(xz) && memcmp(p, xz, sizeof(xz)) == 0)
		return XZ;
	if (n >= sizeof(gzip) && memcmp(p, gzip, sizeof(gzip)) == 0)
		return GZIP;
	return PLAIN;
}

static bool start_decoder(iom_input *in, GError **error)
{
	const char *missing = NULL;
	bool ok = true;

	switch (in->format) {
	case PLAIN:
		return true;
	case ZSTD:
#if IOM_HAVE_ZSTD
		in->zstd = ZSTD_createDStream();
		ok = in->zstd != NULL;
#else
		missing = "zstd";
#endif
		break;
	case XZ:
#if IOM_HAVE_LZMA
		ok = lzma_stream_decoder(&in->lzma, LZMA_MEMORY, LZMA_CONCATENATED) == LZMA_OK;
#else
		missing = "xz";
#endif
		break;
	case GZIP:
#if IOM_HAVE_ZLIB
		ok = inflateInit2(&in->zlib, 15 + 16) == Z_OK;
#else
		missing = "gzip";
#endif
		break;
	}
	if (missing)
		g_set_error(error, IOM_ERROR, IOM_ERROR_UNSUPPORTED,
			    "%s: is compressed with %s, which this build does not read", in->name,
			    missing);
	else if (!ok)
		g_set_error(error, IOM_ERROR, IOM_ERROR_IO, "%s: cannot start decompression",
			    in->name);
	return ok && !missing;
}

iom_input *iom_input_open(const char *path, GError **error)
{
	bool standard = strcmp(path, "-") == 0;
	iom_input *in = g_new0(iom_input, 1);
	struct stat st;

	in->name = g_strdup(standard ? "standard input" : path);
	in->fd = standard ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	if (in->fd < 0 || fstat(in->fd, &st) < 0) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_IO, "%s: cannot open: %s", in->name,
			    g_strerror(errno));
		goto fail;
	}
	if (S_ISDIR(st.st_mode)) {
		g_set_error(error, IOM_ERROR, IOM_ERROR_IO, "%s: is a directory, expected a file",
			    in->name);
		goto fail;
	}
	/* Standard input may be a file that something has already read from. */
	in->regular = S_ISREG(st.st_mode) && !standard;
	if (in->regular)
		in->size = (uint64_t)st.st_size;
	in->window = g_malloc(WINDOW);
	if (!fill_start(in, error))
		goto fail;
	in->format = detect(in->window, in->end);
	if (!start_decoder(in, error))
		goto fail;
	return in;
fail:
	iom_input_close(in);
	return NULL;
}

void iom_input_close(iom_input *in)
{
	if (!in)
		return;
	if (in->map)
		munmap(in->map, in->map_size);
	if (in->fd >= 0)
		close(in->fd);
#if IOM_HAVE_ZSTD
	ZSTD_freeDStream(in->zstd);
#endif
#if IOM_HAVE_LZMA
	if (in->format == XZ)
		lzma_end(&in->lzma);
#endif
#if IOM_HAVE_ZLIB
	if (in->format == GZIP)
		inflateEnd(&in->zlib);
#endif
	g_clear_error(&in->problem);
	g_free(in->window);
	g_free(in->name);
	g_free(in);
}

const char *iom_input_name(const iom_input *in)
{
	return in->name;
}

bool iom_input_compressed(const iom_input *in)
{
	return in->format != PLAIN;
}

void iom_input_progress(const iom_input *in, uint64_t *done, uint64_t *total)
{
	*done = in->consumed - (in->end - in->pos);
	*total = in->size;
}

const uint8_t *iom_input_map(iom_input *in, size_t *size)
{
	if (!in->regular || in->format != PLAIN || in->size == 0 || in->size > SIZE_MAX)
		return NULL;
	if (!in->map) {
		void *map = mmap(NULL, (size_t)in->size, PROT_READ, MAP_SHARED, in->fd, 0);

		if (map == MAP_FAILED)
			return NULL;
		(void)madvise(map, (size_t)in->size, MADV_SEQUENTIAL);
		in->map = map;
		in->map_size = (size_t)in->size;
	}
	*size = in->map_size;
	return in->map;
}

void iom_input_unmap_until(iom_input *in, size_t offset)
{
	/* Steps large enough to cost nothing, small beside what a process takes. */
	const size_t step = (size_t)32 << 20;

	if (!in->map || offset - in->dropped < step)
		return;
	offset &= ~(step - 1);
	(void)madvise((uint8_t *)in->map + in->dropped, offset - in->dropped, MADV_DONTNEED);
	in->dropped = offset;
}

G_GNUC_UNUSED static void damaged(iom_input *in, const char *what, const char *why, GError **error)
{
	g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT, "the %s data is damaged (%s)", what, why);
	in->done = true;
}

/* The end of the file came inside a compressed frame. */
G_GNUC_UNUSED static void cut_off(iom_input *in, const char *what, GError **error)
{
	g_set_error(error, IOM_ERROR, IOM_ERROR_FORMAT, "the %s data ends early", what);
	in->done = true;
}

/*
 * Decoders: put up to `len` bytes to `out`; their number, or -1 and an error.
 * They return 0 only when more of the file is needed or at the end, which
 * they tell with in->done.
 */
#if IOM_HAVE_ZSTD
static gssize decode_zstd(iom_input *in, void *out, size_t len, GError **error)
{
	ZSTD_inBuffer src = { in->window, in->end, in->pos };
	ZSTD_outBuffer dst = { out, len, 0 };
	size_t left;

	/* Call it without input too: it may still hold output of what it was given. */
	if (in->eof && !in->mid_frame) {
		in->done = true;
		return 0;
	}
	left = ZSTD_decompressStream(in->zstd, &dst, &src);
	if (ZSTD_isError(left)) {
		damaged(in, "zstd", ZSTD_getErrorName(left), error);
		return -1;
	}
	if (in->eof && dst.pos == 0) {
		cut_off(in, "zstd", error);
		return -1;
	}
	in->mid_frame = left != 0;
	in->pos = src.pos;
	return (gssize)dst.pos;
}
#endif

#if IOM_HAVE_LZMA
static gssize decode_xz(iom_input *in, void *out, size_t len, GError **error)
{
	lzma_ret ret;

	in->lzma.next_in = in->window + in->pos;
	in->lzma.avail_in = in->end - in->pos;
	in->lzma.next_out = out;
	in->lzma.avail_out = len;
	ret = lzma_code(&in->lzma, in->eof ? LZMA_FINISH : LZMA_RUN);
	in->pos = in->end - in->lzma.avail_in;
	if (ret == LZMA_STREAM_END) {
		in->done = true;
	} else if (ret == LZMA_BUF_ERROR && in->eof) {
		cut_off(in, "xz", error);
		return -1;
	} else if (ret != LZMA_OK && ret != LZMA_BUF_ERROR) {
		damaged(in, "xz",
			ret == LZMA_MEMLIMIT_ERROR  ? "its dictionary is too large"
			: ret == LZMA_OPTIONS_ERROR ? "options of a newer version"
						    : "checksum or structure is wrong",
			error);
		return -1;
	}
	return (gssize)(len - in->lzma.avail_out);
}
#endif

#if IOM_HAVE_ZLIB
static gssize decode_gzip(iom_input *in, void *out, size_t len, GError **error)
{
	int ret;

	if (in->eof && !in->mid_frame) {
		in->done = true;
		return 0;
	}
	/* A file may be made of several members, one after the other. */
	if (!in->mid_frame && inflateReset(&in->zlib) != Z_OK) {
		damaged(in, "gzip", "cannot reset the decoder", error);
		return -1;
	}
	in->zlib.next_in = in->window + in->pos;
	in->zlib.avail_in = (uInt)(in->end - in->pos);
	in->zlib.next_out = out;
	in->zlib.avail_out = (uInt)MIN(len, (size_t)1 << 30);
	len = in->zlib.avail_out;
	ret = inflate(&in->zlib, Z_NO_FLUSH);
	in->pos = in->end - in->zlib.avail_in;
	if (ret != Z_OK && ret != Z_STREAM_END && ret != Z_BUF_ERROR) {
		damaged(in, "gzip", in->zlib.msg ? in->zlib.msg : "structure is wrong", error);
		return -1;
	}
	in->mid_frame = ret != Z_STREAM_END;
	if (in->eof && in->mid_frame && in->zlib.avail_out == len) {
		cut_off(in, "gzip", error);
		return -1;
	}
	return (gssize)(len - in->zlib.avail_out);
}
#endif

static gssize decode_plain(iom_input *in, void *out, size_t len)
{
	size_t n = MIN(len, in->end - in->pos);

	memcpy(out, in->window + in->pos, n);
	in->pos += n;
	in->done = in->eof;
	return (gssize)n;
}

static gssize decode(iom_input *in, void *out, size_t len, GError **error)
{
	(void)error; /* in a build that reads plain files only */
	switch (in->format) {
#if IOM_HAVE_ZSTD
	case ZSTD:
		return decode_zstd(in, out, len, error);
#endif
#if IOM_HAVE_LZMA
	case XZ:
		return decode_xz(in, out, len, error);
#endif
#if IOM_HAVE_ZLIB
	case GZIP:
		return decode_gzip(in, out, len, error);
#endif
	default:
		return decode_plain(in, out, len);
	}
}

gssize iom_input_read(iom_input *in, void *buf, size_t len, GError **error)
{
	size_t got = 0;

	while (got < len && !in->done) {
		gssize n;

		if (!refill(in, error))
			return -1;
		n = decode(in, (uint8_t *)buf + got, len - got, &in->problem);
		if (n < 0)
			g_prefix_error(&in->problem, "%s: ", in->name);
		else
			got += (size_t)n;
	}
	/* What came before the damage is delivered before the damage is reported. */
	if (got == 0 && len && in->problem) {
		g_propagate_error(error, g_error_copy(in->problem));
		return -1;
	}
	return (gssize)got;
}
