#include "runtime/journal.h"

#include "runtime/base/fd.h"
#include "runtime/base/proc.h"

#include <ctype.h>
#include <endian.h>
#include <signal.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

static const char *tag_value(const char *name, size_t len, const json_t *record, char id[13])
{
	static const struct {
		const char *name, *key;
	} names[] = {{"FullID", "id"}, {"Name", "name"}, {"ImageName", "image"},
		{"ImageFullID", "imageId"}};
	const char *full = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strlen(names[i].name) == len && memcmp(name, names[i].name, len) == 0)
			return json_get_str(record, names[i].key, "");
	if (len == 2 && memcmp(name, "ID", 2) == 0)
		full = json_get_str(record, "id", "");
	else if (len == 7 && memcmp(name, "ImageID", 7) == 0)
		full = json_get_str(record, "imageId", "");
	if (!full)
		return NULL;
	snprintf(id, 13, "%.12s", full);
	return id;
}

int journal_tag(const char *text, const json_t *record, char **ret)
{
	_cleanup_buf_ struct buf b = {.cap = 4096};

	while (*text) {
		const char *open = strstr(text, "{{"), *close = open ? strstr(open, "}}") : NULL;
		const char *p = open ? open + 2 : NULL, *end = close, *value;
		char id[13];

		if (!open) {
			buf_adds(&b, text);
			break;
		}
		if (!close)
			return -EINVAL;
		buf_add(&b, text, (size_t)(open - text));
		while (p < end && *p == ' ')
			p++;
		while (end > p && end[-1] == ' ')
			end--;
		value = p < end && *p == '.' ? tag_value(p + 1, (size_t)(end - p - 1), record, id)
					     : NULL;
		if (!value)
			return -EINVAL;
		buf_adds(&b, value);
		text = close + 2;
	}
	*ret = xstrdup(buf_str(&b));
	return 0;
}

bool journal_label_ok(const char *text)
{
	static const char *const own[] = {"MESSAGE", "PRIORITY", "IMAGE_NAME", "SYSLOG_IDENTIFIER"};
	size_t n = strcspn(text, "=");

	if (!text[n] || n == 0 || n > 64 || !isupper((unsigned char)text[0]) ||
		strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != n ||
		str_after(text, "CONTAINER_"))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(own); i++)
		if (strlen(own[i]) == n && strncmp(own[i], text, n) == 0)
			return false;
	return true;
}

/* with its length before it, so that any bytes may be in it */
static void add_field(struct buf *b, const char *key, const char *value, size_t len)
{
	uint64_t size = htole64(len);

	buf_addf(b, "%s\n", key);
	buf_add(b, &size, sizeof(size));
	buf_add(b, value, len);
	buf_addc(b, '\n');
}

static void add_fields(struct buf *b, const json_t *record)
{
	const json_t *opts = json_object_get(record, "logOpts");
	const char *id = json_get_str(record, "id", "");
	_cleanup_strv_ struct strv labels = {0};
	_cleanup_free_ char *tag = NULL;

	buf_addc(b, '\n');
	if (journal_tag(json_get_str(opts, "tag", ""), record, &tag) < 0)
		tag = NULL;
	add_field(b, "CONTAINER_ID", id, strlen(id) < 12 ? strlen(id) : 12);
	add_field(b, "CONTAINER_ID_FULL", id, strlen(id));
	add_field(b, "CONTAINER_NAME", json_get_str(record, "name", ""),
		strlen(json_get_str(record, "name", "")));
	add_field(b, "IMAGE_NAME", json_get_str(record, "image", ""),
		strlen(json_get_str(record, "image", "")));
	if (!str_empty(tag))
		add_field(b, "CONTAINER_TAG", tag, strlen(tag));
	add_field(b, "SYSLOG_IDENTIFIER", str_empty(tag) ? json_get_str(record, "name", id) : tag,
		strlen(str_empty(tag) ? json_get_str(record, "name", id) : tag));
	json_get_strv(opts, "label", &labels);
	strv_foreach (i, label, &labels) {
		_cleanup_free_ char *key = xstrndup(label, strcspn(label, "="));
		const char *value = label + strlen(key) + 1;

		add_field(b, key, value, strlen(value));
	}
}

static int connect_to(int sock)
{
	const struct sockaddr_un sa = {.sun_family = AF_UNIX, .sun_path = JOURNAL_SOCKET};

	return connect(sock, (const struct sockaddr *)&sa, sizeof(sa)) < 0 ? -errno : 0;
}

int journal_open(const json_t *record, struct buf *fields, struct err *err)
{
	_cleanup_close_ int sock = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r;

	if (sock < 0)
		return err_set(err, errno, "create a socket");
	r = connect_to(sock);
	if (r < 0) {
		r = err_set(err, -r, "connect to the journal (%s)", JOURNAL_SOCKET);
		err_hint(err, "without systemd, use --log-driver k8s-file");
		return r;
	}
	add_fields(fields, record);
	return take_fd(sock);
}

int journal_send(
	int sock, const struct buf *fields, int stream, const char *text, size_t len, bool whole)
{
	_cleanup_buf_ struct buf head = {0};
	struct iovec v[3];
	struct msghdr m = {.msg_iov = v, .msg_iovlen = ARRAY_SIZE(v)};
	uint64_t size = htole64(len);

	buf_addf(&head, "PRIORITY=%d\n%sMESSAGE\n", stream == 2 ? 3 : 6,
		whole ? "" : "CONTAINER_PARTIAL_MESSAGE=true\n");
	buf_add(&head, &size, sizeof(size));
	v[0] = (struct iovec){.iov_base = head.data, .iov_len = head.len};
	v[1] = (struct iovec){.iov_base = (void *)(uintptr_t)text, .iov_len = len};
	/* the newline that ends MESSAGE, then the fields that are always the same */
	v[2] = (struct iovec){.iov_base = fields->data, .iov_len = fields->len};
	for (int i = 0;; i++) {
		int r = sendmsg(sock, &m, MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -errno : 0;

		/* one that was started again has another socket of that name */
		if (i > 0 || (r != -ECONNREFUSED && r != -ENOTCONN) || connect_to(sock) < 0)
			return r;
	}
}

int journal_read(
	const char *id, const struct strv *args, int *ret_in, int *ret_pid, struct err *err)
{
	_cleanup_free_ char *path = proc_libexec("rl-journal");
	_cleanup_close_ int in_rd = -EBADF, in_wr = -EBADF, out_rd = -EBADF, out_wr = -EBADF;
	_cleanup_strv_ struct strv argv = {0};
	int r = fd_pipe(&in_rd, &in_wr, err);
	pid_t pid;

	if (r == 0)
		r = fd_pipe(&out_rd, &out_wr, err);
	if (r < 0)
		return r;
	strv_add(&argv, "rl-journal");
	strv_add(&argv, id);
	strv_addv(&argv, args);
	{
		const struct proc_fd fds[] = {{in_rd, STDIN_FILENO}, {out_wr, STDOUT_FILENO},
			{STDERR_FILENO, STDERR_FILENO}};
		const struct proc_opts opts = {.path = path,
			.argv = argv.v,
			.fds = fds,
			.nfds = ARRAY_SIZE(fds),
			.pdeathsig = SIGTERM};

		pid = proc_spawn(&opts, err);
	}
	if (pid == -ENOENT)
		return err_hint(err, "rl was built without rl-journal: 'journalctl "
				     "CONTAINER_ID_FULL=ID' reads the messages");
	if (pid < 0)
		return pid;
	*ret_pid = pid;
	*ret_in = take_fd(in_wr);
	return take_fd(out_rd);
}
