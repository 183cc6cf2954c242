/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the findings come to, for who reads one line alone: what a lab would get here. */
#include <string.h>

#include "netns/base/cleanup.h"
#include "netns/base/memory.h"
#include "tools/cli/output.h"
#include "tools/doctor/doctor.h"

enum answer { UNKNOWN, NO, YES };

static bool found(const struct rx_doctor *doctor, const char *check, enum rx_verdict verdict)
{
	for (size_t i = 0; i < doctor->n; i++)
		if (doctor->finding[i].verdict == verdict &&
		    (!check || !strcmp(doctor->finding[i].check, check)))
			return true;
	return false;
}

static enum answer answer(const struct rx_doctor *doctor, const char *check)
{
	return found(doctor, check, RX_PROBLEM) ? NO
	       : found(doctor, check, RX_FINE)  ? YES
						: UNKNOWN;
}

/* Routers are namespaces that forward: they work where a lab of endpoints with namespaces does. */
static enum answer routers(const struct rx_doctor *doctor)
{
	return answer(doctor, "lab");
}

char *rx_summary_text(const struct rx_doctor *doctor)
{
	static const char *const words[] = {[UNKNOWN] = "unknown", [NO] = "no", [YES] = "yes"};
	rx_autofree char *room =
		doctor->counted ? rx_format("%u endpoints fit in shared mode, %u in exclusive mode",
					    doctor->fit_shared, doctor->fit_exclusive)
				: rx_strdup("endpoints that fit: unknown");

	if (found(doctor, NULL, RX_BLOCKS))
		return rx_strdup("no lab can be made here until what \"blocks\" is cured; it works "
				 "in a VM: rxelab vm -- rxelab doctor");
	return rx_format("plane %s; rdma_cm: %s; routers: %s; %s",
			 doctor->plane ? doctor->plane : "unknown",
			 words[answer(doctor, "rdma-cm")], words[routers(doctor)], room);
}

/* rdma_cm goes by addresses of the namespace, and has a device node of its own. */
static bool inside_cm(const struct rx_doctor *doctor)
{
	return doctor->own_gid && !found(doctor, "device-nodes", RX_LIMIT);
}

char *rx_inside_summary_text(const struct rx_doctor *doctor)
{
	if (found(doctor, NULL, RX_BLOCKS))
		return rx_strdup("no program can use RDMA in this container; on the host: rxelab "
				 "attach NAME/ENDPOINT --lxc CT, or --podman or --docker ID");
	if (found(doctor, NULL, RX_PROBLEM))
		return rx_strdup("there is a device, and programs fail at what is named above; "
				 "cure it on the host, then ask again");
	return rx_format("programs in this container can use RDMA; rdma_cm: %s",
			 inside_cm(doctor) ? "yes" : "no");
}

void rx_summary_print(const char *text, FILE *out)
{
	fprintf(out, "%s%-*s%s", rx_colour(out, "bold"), RX_SAID_AT, "summary",
		rx_colour(out, "reset"));
	rx_print_folded(out, text, text + strlen(text), RX_SAID_AT);
}

static json_t *json_of(enum answer answer)
{
	return answer == UNKNOWN ? json_null() : json_boolean(answer == YES);
}

json_t *rx_inside_summary_json(const struct rx_doctor *doctor)
{
	bool usable = !found(doctor, NULL, RX_BLOCKS) && !found(doctor, NULL, RX_PROBLEM);

	return json_pack("{s:b, s:b}", "usable", usable, "rdma_cm", usable && inside_cm(doctor));
}

json_t *rx_summary_json(const struct rx_doctor *doctor)
{
	json_t *room = doctor->counted
			       ? json_pack("{s:I, s:I}", "shared", (json_int_t)doctor->fit_shared,
					   "exclusive", (json_int_t)doctor->fit_exclusive)
			       : json_null();

	return json_pack("{s:o, s:o, s:o, s:o}", "plane", rx_json_string(doctor->plane), "rdma_cm",
			 json_of(answer(doctor, "rdma-cm")), "routers", json_of(routers(doctor)),
			 "endpoints", room);
}
