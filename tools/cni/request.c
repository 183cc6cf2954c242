/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the runtime asked for: environment and configuration, judged before the machine is looked
 * at. */
#include "tools/cni/cni.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "netns/base/cleanup.h"

/* seconds; a GID appears within milliseconds, an IPv6 one after duplicate detection (1 to 2 s) */
#define DEFAULT_TIMEOUT 10
#define MAX_TIMEOUT 300
/* Network, container and interface become file names; NAME_MAX is 255. SPEC.md sets no limit. */
#define MAX_NAME 200

static const char *const versions[] = {"0.4.0", "1.0.0", "1.1.0"};

static const struct {
	const char *name;
	bool attachment; /* works on one container */
	bool needs_netns;
	bool since_1_1;
} commands[] = {
	[RX_CNI_ADD] = {"ADD", true, true, false},
	[RX_CNI_DEL] = {"DEL", true, false, false},
	[RX_CNI_CHECK] = {"CHECK", true, true, false},
	[RX_CNI_GC] = {"GC", false, false, true},
	[RX_CNI_STATUS] = {"STATUS", false, false, true},
	[RX_CNI_VERSION] = {"VERSION", false, false, false},
};

void rx_cni_note(const struct rx_cni_request *request, const char *fmt, ...)
{
	char line[1024];
	va_list args;

	va_start(args, fmt);
	vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (request->env.log)
		request->env.log(line);
}

/* Words of the environment may be any bytes, and a cut may fall into a UTF-8 sequence: JSON takes
 * neither. */
static void make_plain(char *text)
{
	for (; *text; text++)
		if (*text & 0x80 || *text == 0x7f || (*text < 0x20 && *text != '\n'))
			*text = '?';
}

int rx_cni_fail(struct rx_cni_error *error, int code, const char *details, const char *fmt, ...)
{
	va_list args;

	error->code = code;
	va_start(args, fmt);
	vsnprintf(error->msg, sizeof(error->msg), fmt, args);
	va_end(args);
	snprintf(error->details, sizeof(error->details), "%s", details ? details : "");
	make_plain(error->msg);
	make_plain(error->details);
	return code;
}

/* ---- environment ---- */

/* SPEC.md: a letter or digit, then letters, digits, "_", "." and "-". */
static bool good_name(const char *name)
{
	const char *at;

	if (!isalnum((unsigned char)*name))
		return false;
	for (at = name; *at; at++)
		if (!isalnum((unsigned char)*at) && !strchr("_.-", *at))
			return false;
	return at - name <= MAX_NAME;
}

/* SPEC.md: the message names the variables. All of them in one go. */
static int judge_environment(const struct rx_cni_request *request, struct rx_cni_error *error)
{
	const struct rx_cni_environment *env = &request->env;
	char text[64];

	if (!commands[request->command].attachment)
		return 0;
	snprintf(text, sizeof(text), "%s%s%s", good_name(env->container) ? "" : " CNI_CONTAINERID",
		 rx_netdev_name_valid(env->ifname) ? "" : " CNI_IFNAME",
		 commands[request->command].needs_netns && !*env->netns ? " CNI_NETNS" : "");
	return *text ? rx_cni_fail(error, RX_CNI_BAD_ENVIRONMENT,
				   "each must be set and of the form that the specification gives",
				   "missing or invalid environment variables:%s", text)
		     : 0;
}

static int find_command(struct rx_cni_request *request, struct rx_cni_error *error)
{
	for (size_t i = 0; i < RX_ARRAY_SIZE(commands); i++) {
		if (!strcmp(request->env.command, commands[i].name)) {
			request->command = (enum rx_cni_command)i;
			return 0;
		}
	}
	return rx_cni_fail(error, RX_CNI_BAD_ENVIRONMENT,
			   "it must be ADD, DEL, CHECK, GC, STATUS or VERSION",
			   "%s environment variable: CNI_COMMAND",
			   *request->env.command ? "invalid" : "missing");
}

bool rx_cni_arg(const char *args, const char *key, char *buf, size_t size)
{
	size_t length = strlen(key);

	while (*args) {
		size_t item = strcspn(args, ";");

		if (item > length + 1 && !strncmp(args, key, length) && args[length] == '=' &&
		    item - length - 1 < size) {
			snprintf(buf, size, "%.*s", (int)(item - length - 1), args + length + 1);
			return true;
		}
		args += item + (args[item] == ';');
	}
	return false;
}

/* ---- configuration ---- */

/* Keys of SPEC.md and of its conventions; deviceID and pciBusID are what Multus puts in for a
 * device plugin's resource. "ipam" is not among them: nothing is delegated. */
static bool known_key(const char *key)
{
	static const char *const known[] = {"cniVersion",    "cniVersions",  "name",
					    "type",          "prevResult",   "args",
					    "runtimeConfig", "capabilities", "disableCheck",
					    "disableGC",     "dns",          "ipMasq",
					    "deviceID",      "pciBusID",     "cdiDir",
					    "timeout"};

	for (size_t i = 0; i < RX_ARRAY_SIZE(known); i++)
		if (!strcmp(key, known[i]))
			return true;
	return !strncmp(key, "cni.dev/", 8);
}

static int judge_keys(const struct rx_cni_request *request, struct rx_cni_error *error)
{
	const char *key;
	json_t *value;

	json_object_foreach(request->config, key, value) {
		if (known_key(key))
			continue;
		rx_autofree char *text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

		return rx_cni_fail(error, RX_CNI_BAD_FIELD,
				   "rxe-cni's own fields are cdiDir and timeout; it delegates no "
				   "address management, the plugin before it does that",
				   "unsupported field \"%.60s\": %.160s", key, text ? text : "");
	}
	return 0;
}

static int judge_version(struct rx_cni_request *request, struct rx_cni_error *error)
{
	const json_t *value = json_object_get(request->config, "cniVersion");
	/* SPEC.md 0.1.0 knew no such key */
	const char *version = value ? json_string_value(value) : "0.1.0";

	if (!version)
		return rx_cni_fail(error, RX_CNI_BAD_JSON, NULL, "cniVersion is not a string");
	for (size_t i = 0; i < RX_ARRAY_SIZE(versions); i++) {
		if (strcmp(version, versions[i]))
			continue;
		snprintf(request->version, sizeof(request->version), "%s", version);
		if (!commands[request->command].since_1_1 || i == RX_ARRAY_SIZE(versions) - 1)
			return 0;
		return rx_cni_fail(error, RX_CNI_BAD_VERSION, "it came with 1.1.0",
				   "cniVersion %s has no %s", version,
				   commands[request->command].name);
	}
	return rx_cni_fail(error, RX_CNI_BAD_VERSION, "rxe-cni speaks 0.4.0, 1.0.0 and 1.1.0",
			   "incompatible CNI version %.40s", value ? version : "(no cniVersion)");
}

static int judge_cdi(struct rx_cni_request *request, struct rx_cni_error *error)
{
	const json_t *value = json_object_get(request->config, "cdiDir");

	request->cdi_dir = json_string_value(value);
	if (!value ||
	    (request->cdi_dir && *request->cdi_dir == '/' && strlen(request->cdi_dir) <= MAX_NAME))
		return 0;
	request->cdi_dir = NULL;
	return rx_cni_fail(error, RX_CNI_BAD_CONFIG, "runtimes read /etc/cdi and /var/run/cdi",
			   "cdiDir is not the absolute path of a folder");
}

static int judge_timeout(struct rx_cni_request *request, struct rx_cni_error *error)
{
	const json_t *value = json_object_get(request->config, "timeout");
	json_int_t seconds = value ? json_integer_value(value) : DEFAULT_TIMEOUT;

	request->timeout = DEFAULT_TIMEOUT;
	if (seconds < 1 || seconds > MAX_TIMEOUT)
		return rx_cni_fail(error, RX_CNI_BAD_CONFIG, NULL,
				   "timeout is not a whole number of seconds in 1..%d",
				   MAX_TIMEOUT);
	request->timeout = (unsigned)seconds;
	return 0;
}

static int judge_prev(struct rx_cni_request *request, struct rx_cni_error *error)
{
	const char *version;

	request->prev = json_object_get(request->config, "prevResult");
	if (json_is_null(request->prev))
		request->prev = NULL;
	if (!request->prev)
		return rx_cni_fail(error, RX_CNI_BAD_CONFIG,
				   "put it behind macvlan, bridge or ptp in \"plugins\"",
				   "no prevResult: rxe-cni is a chained plugin and makes no "
				   "interface itself");
	if (!json_is_object(request->prev))
		return rx_cni_fail(error, RX_CNI_BAD_CONFIG, NULL, "prevResult is not an object");
	version = json_string_value(json_object_get(request->prev, "cniVersion"));
	if (request->command == RX_CNI_ADD && version && strcmp(version, request->version))
		return rx_cni_fail(error, RX_CNI_BAD_CONFIG,
				   "the runtime must hand it over in the version of the "
				   "configuration",
				   "prevResult has cniVersion %.40s, the configuration %s", version,
				   request->version);
	return 0;
}

static int judge_valid(struct rx_cni_request *request, struct rx_cni_error *error)
{
	static const char key[] = "cni.dev/valid-attachments";
	const json_t *item;
	size_t i;

	request->valid = json_object_get(request->config, key);
	if (!request->valid) /* taken for an empty list, this would remove every attachment */
		return rx_cni_fail(error, RX_CNI_BAD_CONFIG, "nothing was removed", "GC without %s",
				   key);
	/* Go writes an empty list as null */
	if (!json_is_array(request->valid) && !json_is_null(request->valid))
		return rx_cni_fail(error, RX_CNI_BAD_CONFIG, "nothing was removed",
				   "%s is not a list", key);
	json_array_foreach(request->valid, i, item)
		if (!json_is_string(json_object_get(item, "containerID")) ||
		    !json_is_string(json_object_get(item, "ifname")))
			return rx_cni_fail(error, RX_CNI_BAD_CONFIG, "nothing was removed",
					   "%s: item %zu has no containerID or no ifname", key,
					   i + 1);
	return 0;
}

static int judge_options(struct rx_cni_request *request, struct rx_cni_error *error)
{
	int code = judge_keys(request, error);

	if (!code)
		code = judge_cdi(request, error);
	return code ? code : judge_timeout(request, error);
}

static int judge_config(struct rx_cni_request *request, struct rx_cni_error *error)
{
	/* an option that was changed since ADD must not keep DEL from cleaning up */
	bool undoing = request->command == RX_CNI_DEL || request->command == RX_CNI_GC;
	int code = 0;

	request->network = json_string_value(json_object_get(request->config, "name"));
	if (!request->network || !good_name(request->network))
		return rx_cni_fail(error, RX_CNI_BAD_CONFIG,
				   "letters, digits, \"_\", \".\" and \"-\", a letter or digit "
				   "first, at most 200",
				   "the network's name is missing or invalid");
	if (!undoing)
		code = judge_options(request, error);
	if (code)
		return code;
	if (request->command == RX_CNI_GC)
		return judge_valid(request, error);
	return commands[request->command].needs_netns ? judge_prev(request, error) : 0;
}

static int parse_config(const char *text, size_t length, struct rx_cni_request *request,
			struct rx_cni_error *error)
{
	json_error_t where;

	request->config = json_loadb(text, length, JSON_REJECT_DUPLICATES, &where);
	if (!request->config)
		return rx_cni_fail(error, RX_CNI_BAD_JSON, where.text,
				   "the network configuration is not JSON: line %d, column %d",
				   where.line, where.column);
	if (!json_is_object(request->config))
		return rx_cni_fail(error, RX_CNI_BAD_JSON, NULL,
				   "the network configuration is not a JSON object");
	return 0;
}

/* VERSION answers in the version it was asked in, whatever that is; its input may be missing. */
static void version_asked(const char *text, size_t length, struct rx_cni_request *request)
{
	const char *version;
	json_t *input = json_loadb(text, length, 0, NULL);

	version = json_string_value(json_object_get(input, "cniVersion"));
	if (version && strlen(version) < sizeof(request->version) &&
	    strspn(version, "0123456789.") == strlen(version) && *version)
		snprintf(request->version, sizeof(request->version), "%s", version);
	json_decref(input);
}

int rx_cni_request_parse(const struct rx_cni_environment *env, const char *text, size_t length,
			 struct rx_cni_request *request, struct rx_cni_error *error)
{
	int code;

	memset(request, 0, sizeof(*request));
	request->env = *env;
	snprintf(request->version, sizeof(request->version), "%s",
		 versions[RX_ARRAY_SIZE(versions) - 1]);
	code = find_command(request, error);
	if (!code && request->command == RX_CNI_VERSION) {
		version_asked(text, length, request);
		return 0;
	}
	if (!code)
		code = judge_environment(request, error);
	if (!code)
		code = parse_config(text, length, request, error);
	if (!code)
		code = judge_version(request, error);
	return code ? code : judge_config(request, error);
}

void rx_cni_request_free(struct rx_cni_request *request)
{
	json_decref(request->config);
	request->config = NULL;
}

/* ---- what the plugin before us made ---- */

/* Those of "ips" that belong to interface number index; one that names no interface belongs to
 * ours. */
static int take_addresses(const json_t *prev, size_t index, struct rx_cni_interface *interface,
			  struct rx_cni_error *error)
{
	const json_t *item, *owner;
	size_t i;

	json_array_foreach(json_object_get(prev, "ips"), i, item) {
		const char *address = json_string_value(json_object_get(item, "address"));

		owner = json_object_get(item, "interface");
		if (owner && json_integer_value(owner) != (json_int_t)index)
			continue;
		if (interface->n_addrs == RX_ARRAY_SIZE(interface->addrs))
			return rx_cni_fail(error, RX_CNI_BAD_CONFIG, NULL,
					   "prevResult: more than %zu addresses on one interface",
					   RX_ARRAY_SIZE(interface->addrs));
		if (!address ||
		    !rx_cidr_parse(address, AF_UNSPEC, &interface->addrs[interface->n_addrs]))
			return rx_cni_fail(
				error, RX_CNI_BAD_CONFIG, address,
				"prevResult: ips[%zu] has no address of the form A/PREFIX", i);
		interface->n_addrs++;
	}
	return 0;
}

int rx_cni_interface_of(const struct rx_cni_request *request, struct rx_cni_interface *interface,
			struct rx_cni_error *error)
{
	const json_t *item;
	size_t i;

	memset(interface, 0, sizeof(*interface));
	json_array_foreach(json_object_get(request->prev, "interfaces"), i, item) {
		const char *name = json_string_value(json_object_get(item, "name"));
		const char *sandbox = json_string_value(json_object_get(item, "sandbox"));
		const char *mac = json_string_value(json_object_get(item, "mac"));

		if (!name || strcmp(name, request->env.ifname) || !sandbox || !*sandbox)
			continue;
		snprintf(interface->mac, sizeof(interface->mac), "%s", mac ? mac : "");
		return take_addresses(request->prev, i, interface, error);
	}
	return rx_cni_fail(error, RX_CNI_BAD_CONFIG,
			   "\"interfaces\" must hold it, with a \"sandbox\"",
			   "prevResult has no interface %s in the container", request->env.ifname);
}

/* ---- answers that need no machine ---- */

int rx_cni_version(const struct rx_cni_request *request, json_t **result,
		   struct rx_cni_error *error)
{
	json_t *list = json_array();

	(void)error;
	for (size_t i = 0; i < RX_ARRAY_SIZE(versions); i++)
		json_array_append_new(list, json_string(versions[i]));
	*result = json_pack("{s:s, s:o}", "cniVersion", request->version, "supportedVersions",
			    list);
	return 0;
}

#define ID(name, code, id) [code] = (id),
static const char *const ids[] = {RX_CNI_CODES(ID)};

json_t *rx_cni_error_json(const struct rx_cni_request *request, const struct rx_cni_error *error)
{
	return json_pack("{s:s, s:i, s:s, s:s, s:s}", "cniVersion", request->version, "code",
			 error->code, "id", ids[error->code], "msg", error->msg, "details",
			 error->details);
}
