#include "storage/transfer/http_failure.h"

#include "storage/transfer/http_url.h"

/* status of a proxy's refusal to open a tunnel; 0 if that was not it */
static long tunnel_refused(const struct http_exchange *x)
{
	long code = 0;

	curl_easy_getinfo(x->curl, CURLINFO_HTTP_CONNECTCODE, &code);
	return code >= 300 ? code : 0;
}

enum http_failure http_failure_kind(CURLcode code, const struct http_exchange *x)
{
	switch (code) {
	case CURLE_ABORTED_BY_CALLBACK:
		return x->stalled ? HTTP_FAIL_STALL : HTTP_FAIL_FATAL;
	case CURLE_SSL_CONNECT_ERROR:
		return HTTP_FAIL_TLS_SPEAK;
	case CURLE_COULDNT_CONNECT:
		return HTTP_FAIL_CONNECT;
	case CURLE_OPERATION_TIMEDOUT:
		return HTTP_FAIL_STALL;
	case CURLE_RECV_ERROR:
		return tunnel_refused(x) ? HTTP_FAIL_CONNECT : HTTP_FAIL_BROKEN;
	case CURLE_SEND_ERROR:
	case CURLE_SEND_FAIL_REWIND:
	case CURLE_GOT_NOTHING:
	case CURLE_PARTIAL_FILE:
	case CURLE_HTTP2:
	case CURLE_HTTP2_STREAM:
	case CURLE_WEIRD_SERVER_REPLY:
		return HTTP_FAIL_BROKEN;
	default:
		return HTTP_FAIL_FATAL;
	}
}

/* a certificate problem: say which and what can be done */
static int tls_error(const char *host, const char *detail, struct err *err)
{
	err_set(err, ERR_REGISTRY, "the certificate of %s cannot be verified: %s", host, detail);
	if (strstr(detail, "subject name"))
		return err_hint(err, "use the host name that the certificate is for, or "
				     "--tls-verify=false if you trust the "
				     "network");
	return err_hint(err,
		"put its authority into ~/.config/containers/certs.d/%s/ca.crt, or use "
		"--tls-verify=false if you "
		"trust the network",
		host);
}

int http_failure_explain(
	CURLcode code, const char *url, const struct http_exchange *x, struct err *err)
{
	const char *authority = strstr(url, "://") ? strstr(url, "://") + 3 : url;
	_cleanup_free_ char *host = xstrndup(authority, strcspn(authority, "/"));
	const char *detail = *x->error ? x->error : curl_easy_strerror(code);
	_cleanup_free_ char *shown = http_printable(detail, 200);
	unsigned long long got = 0;
	curl_off_t n = 0;

	curl_easy_getinfo(x->curl, CURLINFO_SIZE_DOWNLOAD_T, &n);
	got = (unsigned long long)n;
	switch (code) {
	case CURLE_COULDNT_RESOLVE_HOST:
		err_set(err, ERR_REGISTRY, "cannot find the address of %s", host);
		return err_hint(
			err, "check the spelling, /etc/resolv.conf and the network connection");
	case CURLE_COULDNT_RESOLVE_PROXY:
		err_set(err, ERR_REGISTRY, "cannot find the proxy for %s", host);
		return err_hint(err, "check HTTPS_PROXY, HTTP_PROXY and NO_PROXY");
	case CURLE_COULDNT_CONNECT:
		err_set(err, ERR_REGISTRY, "cannot connect to %s", host);
		return err_hint(err, "is the registry running there, and is the port right?");
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_CACERT_BADFILE:
		return tls_error(host, shown, err);
	case CURLE_SSL_CONNECT_ERROR:
		err_set(err, ERR_REGISTRY, "%s does not speak TLS as it should: %s", host, shown);
		return err_hint(err, "a registry without TLS needs --tls-verify=false or insecure "
				     "= true in registries.conf");
	case CURLE_SSL_CERTPROBLEM:
		return err_set(err, ERR_REGISTRY, "the client certificate %s cannot be used: %s",
			host, shown);
	case CURLE_OPERATION_TIMEDOUT:
		return err_set(err, ERR_REGISTRY,
			"%s is too slow: %llu bytes came, then hardly any", host, got);
	case CURLE_WRITE_ERROR:
		if (x->resp->sink_result == -E2BIG)
			return err_set(err, ERR_REGISTRY,
				"the answer of %s is larger than %zu bytes", host, x->cap);
		return err_set(err, x->resp->sink_result ? -x->resp->sink_result : EIO,
			"receive from %s", host);
	case CURLE_ABORTED_BY_CALLBACK:
		if (x->stalled)
			return err_set(err, ERR_REGISTRY,
				"%s is too slow: it hardly took anything any more", host);
		return err_set(
			err, x->read_error ? x->read_error : EIO, "read what is sent to %s", host);
	default:
		if (code != CURLE_RECV_ERROR || !tunnel_refused(x))
			return err_set(
				err, ERR_REGISTRY, "the connection to %s broke: %s", host, shown);
		err_set(err, ERR_REGISTRY, "the proxy does not let us through to %s: status %ld",
			host, tunnel_refused(x));
		return err_hint(err, "check HTTPS_PROXY and NO_PROXY");
	}
}
