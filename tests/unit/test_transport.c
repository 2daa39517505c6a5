#include "storage/sign_params.h"
#include "storage/transport.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_places(void **state)
{
	static const struct {
		const char *text, *path, *reference;
		enum transport_kind kind;
	} good[] = {
		{"docker-archive:a.tar", "a.tar", NULL, TRANSPORT_DOCKER_ARCHIVE},
		{"docker-archive:/x/a.tar:h:5000/p:1", "/x/a.tar", "h:5000/p:1",
			TRANSPORT_DOCKER_ARCHIVE},
		{"oci-archive:a:@3", "a", "@3", TRANSPORT_OCI_ARCHIVE},
		{"oci:dir:", "dir", NULL, TRANSPORT_OCI},
		{"dir:/a:b", "/a:b", NULL, TRANSPORT_DIR},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct transport t = {0};

		assert_int_equal(transport_parse(good[i].text, &t, NULL), 1);
		assert_int_equal(t.kind, good[i].kind);
		assert_string_equal(t.path, good[i].path);
		if (good[i].reference)
			assert_string_equal(t.reference, good[i].reference);
		else
			assert_null(t.reference);
		transport_done(&t);
	}
}

static void test_others(void **state)
{
	static const char *const names[] = {"alpine", "docker://alpine", "directory:1", "ocix:1",
		"oci", "localhost:5000/dir:1"},
				 *const bad[] = {"dir:", "oci::x", "oci:a:@", "oci:a:@x",
					 "containers-storage:a", "docker-daemon:a", "sif:a"};
	struct transport t = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		assert_int_equal(transport_parse(names[i], &t, NULL), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(transport_parse(bad[i], &t, NULL), -ERR_USAGE);
	assert_null(t.path);
}

static void test_sign_params(void **state)
{
	static const char *const bad[] = {"", "privateKeyFile:\n", "privateKeyFile: \n",
		"privateKeyFile: a\nprivateKeyFile: b\n", "privateKeyFile: |\n",
		"privateKeyFile: 'a\n", "privateKeyFile: \"a\" b\n", "privateKeyFile: \"a\\n\"\n",
		" privateKeyFile: a\n", "privateKeyFile: a\nfulcio:\n",
		"privateKeyFile: a\nrekorURL: x\n", "other: a\n"};
	struct sign_params p = {0};

	(void)state;
	assert_int_equal(sign_params_parse("---\r\n# x\n\nprivateKeyFile: '/a b' # c\r\n"
					   "privateKeyPassphraseFile: /p#1",
				 "f", &p, NULL),
		0);
	assert_string_equal(p.key_file, "/a b");
	assert_string_equal(p.passphrase_file, "/p#1");
	sign_params_done(&p);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(sign_params_parse(bad[i], "f", &p, NULL), -ERR_USAGE);
	assert_null(p.key_file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_sign_params),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
