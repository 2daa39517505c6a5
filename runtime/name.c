#include "runtime/name.h"

#include <sys/random.h>

/* kind words only, and none that would sound like a state of the container */
static const char *const adjectives[] = {"able", "agile", "amber", "ample", "apt", "avid", "azure",
	"balmy", "blithe", "bold", "brave", "breezy", "bright", "brisk", "calm", "candid", "cheery",
	"civil", "clever", "cosy", "crisp", "curious", "dapper", "deft", "eager", "early",
	"earnest", "easy", "fair", "fleet", "fond", "frank", "fresh", "gentle", "glad", "golden",
	"grand", "happy", "hardy", "honest", "humble", "jolly", "keen", "kind", "lively", "loyal",
	"lucid", "merry", "mild", "modest", "neat", "nimble", "noble", "patient", "placid",
	"polite", "proud", "quick", "quiet", "rapid", "sage", "serene", "silver", "sincere",
	"smart", "snug", "spry", "steady", "sunny", "swift", "tidy", "trusty", "upbeat", "vivid",
	"warm", "witty", "zesty"};

static const char *const surnames[] = {"abel", "agnesi", "ampere", "archimedes", "babbage",
	"banneker", "bardeen", "bernoulli", "bessel", "blackwell", "bohr", "boole", "borg", "bose",
	"cantor", "carson", "cauchy", "cerf", "chandra", "chebyshev", "church", "clarke", "conway",
	"copernicus", "curie", "darwin", "dijkstra", "dirac", "elion", "erdos", "euclid", "euler",
	"faraday", "fermat", "fermi", "fourier", "franklin", "galileo", "galois", "gauss",
	"germain", "goedel", "goodall", "hamilton", "heisenberg", "herschel", "hertz", "hilbert",
	"hodgkin", "hopper", "hoyle", "huygens", "jacobi", "joule", "kepler", "khayyam", "knuth",
	"kovalevskaya", "lagrange", "lamarr", "laplace", "leavitt", "leibniz", "lovelace",
	"maxwell", "mayer", "mccarthy", "meitner", "mendel", "newton", "noether", "ohm", "pascal",
	"pasteur", "pauling", "planck", "poincare", "ptolemy", "ramanujan", "raman", "riemann",
	"ritchie", "rubin", "sagan", "shannon", "somerville", "tesla", "thompson", "turing",
	"volta", "wallace", "watt", "wiles", "wilson", "wu", "yalow"};

char *name_random(unsigned attempt)
{
	uint32_t r[3] = {0};
	const char *a, *s;

	/* names need no quality of randomness: whatever came is fine */
	(void)!getrandom(r, sizeof(r), 0);
	a = adjectives[r[0] % ARRAY_SIZE(adjectives)];
	s = surnames[r[1] % ARRAY_SIZE(surnames)];
	return attempt < 4 ? xasprintf("%s_%s", a, s)
			   : xasprintf("%s_%s%u", a, s, r[2] % (10U << attempt % 20));
}
