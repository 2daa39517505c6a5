#include "storage/platform.h"

#include "runtime/base/str.h"

#include <strings.h>
#include <sys/utsname.h>

/* other names: what uname(2) and distributions call Go's architectures */
static const struct {
	const char *name, *arch, *variant;
} arch_names[] = {
	{"x86_64", "amd64", ""},
	{"x86-64", "amd64", ""},
	{"aarch64", "arm64", ""},
	{"i386", "386", ""},
	{"i486", "386", ""},
	{"i586", "386", ""},
	{"i686", "386", ""},
	{"armhf", "arm", "v7"},
	{"armv7l", "arm", "v7"},
	{"armv8l", "arm", "v7"},
	{"armv6l", "arm", "v6"},
	{"armel", "arm", "v6"},
	{"loongarch64", "loong64", ""},
};

static void set(char **field, const char *value)
{
	char *copy = xstrdup(value);

	free(*field);
	*field = copy;
}

void platform_set_arch(struct platform *p, const char *arch)
{
	for (size_t i = 0; i < ARRAY_SIZE(arch_names); i++) {
		if (strcasecmp(arch, arch_names[i].name) != 0)
			continue;
		set(&p->arch, arch_names[i].arch);
		set(&p->variant, arch_names[i].variant);
		return;
	}
	set(&p->arch, arch);
	set(&p->variant, "");
}

void platform_host(struct platform *ret)
{
	struct utsname u;

	*ret = (struct platform){.os = xstrdup("linux")};
	platform_set_arch(ret, uname(&u) == 0 ? u.machine : "amd64");
}

static bool part_ok(const char *s)
{
	return *s &&
	       strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-") ==
		       strlen(s);
}

int platform_parse(const char *text, struct platform *ret, struct err *err)
{
	_cleanup_strv_ struct strv parts = {0};
	bool ok;

	strv_split(&parts, text, "/");
	ok = parts.n >= 1 && parts.n <= 3;
	for (size_t i = 0; ok && i < parts.n; i++)
		ok = part_ok(parts.v[i]);
	if (!ok) {
		err_say(err, ERR_USAGE, "not a platform: \"%s\"", text);
		return err_hint(err, "write OS/ARCH or OS/ARCH/VARIANT, for example linux/arm64 or "
				     "linux/arm/v7");
	}
	*ret = (struct platform){.os = xstrdup(parts.n == 1 ? "linux" : parts.v[0])};
	platform_set_arch(ret, parts.v[parts.n == 1 ? 0 : 1]);
	if (parts.n == 3)
		set(&ret->variant, parts.v[2]);
	return 0;
}

char *platform_text(const struct platform *p)
{
	return xasprintf("%.20s/%.20s%s%.20s", str_empty(p->os) ? "?" : p->os,
		str_empty(p->arch) ? "?" : p->arch, str_empty(p->variant) ? "" : "/",
		p->variant ? p->variant : "");
}

/* "v7" → 7; what nothing is said about has the value that containerd and podman take for it */
static int variant_number(const char *arch, const char *variant)
{
	if (str_empty(variant))
		return str_eq(arch, "arm64")   ? 8
		       : str_eq(arch, "arm")   ? 7
		       : str_eq(arch, "amd64") ? 1
					       : 0;
	if (variant[0] == 'v' && variant[1] >= '1' && variant[1] <= '9' && !variant[2])
		return variant[1] - '0';
	return -1;
}

unsigned platform_rank(const struct platform *want, const struct platform *have)
{
	int w, h;

	if (!str_eq(want->os, have->os) || !str_eq(want->arch, have->arch))
		return 0;
	w = variant_number(want->arch, want->variant);
	h = variant_number(have->arch, have->variant);
	if (w < 0 || h < 0 || w == h)
		return str_eq(want->variant, have->variant) ? 100 : w == h && w >= 0 ? 99 : 0;
	/* an older variant's code runs on a newer machine, the newest of them best */
	return h < w && (str_eq(want->arch, "arm") || str_eq(want->arch, "amd64"))
		       ? (unsigned)(10 + h)
		       : 0;
}

void platform_done(struct platform *p)
{
	free(p->os);
	free(p->arch);
	free(p->variant);
	*p = (struct platform){0};
}
