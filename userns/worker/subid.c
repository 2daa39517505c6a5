/*
 * rl-subid - print a user's subordinate id ranges
 *
 * A program of its own because libsubid may load name service modules (SSSD, LDAP) and what they
 * bring along. Usage: rl-subid UID.  Output: {"uid":[[START,COUNT],…],"gid":[[START,COUNT],…]}
 */
#include "runtime/base/parse.h"

#include <pwd.h>
#include <shadow/subid.h>
#include <stdio.h>
#include <string.h>

typedef int (*get_ranges_fn)(const char *owner, struct subid_range **ranges);

static void print_ranges(const char *key, const struct subid_range *r, int n)
{
	printf("\"%s\":[", key);
	for (int i = 0; i < n; i++)
		printf("%s[%lu,%lu]", i ? "," : "", r[i].start, r[i].count);
	printf("]");
}

/* Ranges may be assigned to the name or to the number. */
static void query(const char *key, get_ranges_fn get, const char *name, const char *number)
{
	_cleanup_free_ struct subid_range *ranges = NULL;
	int n = name ? get(name, &ranges) : 0;

	if (n <= 0) {
		free(ranges);
		ranges = NULL;
		n = get(number, &ranges);
	}
	print_ranges(key, ranges, n < 0 ? 0 : n);
}

int main(int argc, char **argv)
{
	const struct passwd *pw;
	uint64_t uid;

	if (argc != 2 || parse_u64_max(argv[1], UINT32_MAX - 1, &uid) < 0) {
		fprintf(stderr, "usage: rl-subid UID\n");
		return 2;
	}
	/* what is wrong shows in the result; libsubid's own messages would only repeat it */
	if (!subid_init("rl-subid", NULL))
		return 1;
	pw = getpwuid((uid_t)uid);
	printf("{");
	query("uid", subid_get_uid_ranges, pw ? pw->pw_name : NULL, argv[1]);
	printf(",");
	query("gid", subid_get_gid_ranges, pw ? pw->pw_name : NULL, argv[1]);
	printf("}\n");
	return fflush(stdout) == 0 ? 0 : 1;
}
