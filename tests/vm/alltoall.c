/* SPDX-License-Identifier: GPL-2.0-or-later */
/* MPI_Alltoall with a payload that says who sent it to whom and when; every byte is checked.
 *   mpirun ... alltoall ROUNDS BYTES
 * Prints "alltoall: RANKS ranks, ROUNDS rounds, BYTES bytes, ERRORS errors, SECONDS s" and each
 * rank's host. */
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

static unsigned char expected(int from, int to, int round, int at)
{
	return (unsigned char)(from * 31 + to * 17 + round * 7 + at);
}

static long one_round(int rank, int ranks, int round, int bytes, unsigned char *out,
		      unsigned char *in)
{
	long errors = 0;

	for (int peer = 0; peer < ranks; peer++)
		for (int at = 0; at < bytes; at++)
			out[peer * bytes + at] = expected(rank, peer, round, at);
	MPI_Alltoall(out, bytes, MPI_BYTE, in, bytes, MPI_BYTE, MPI_COMM_WORLD);
	for (int peer = 0; peer < ranks; peer++)
		for (int at = 0; at < bytes; at++)
			errors += in[peer * bytes + at] != expected(peer, rank, round, at);
	return errors;
}

int main(int argc, char **argv)
{
	int rank, ranks, length, rounds = argc > 1 ? atoi(argv[1]) : 4,
				 bytes = argc > 2 ? atoi(argv[2]) : 65536;
	unsigned char *out, *in;
	char host[MPI_MAX_PROCESSOR_NAME];
	long errors = 0, all = 0;
	double began;

	MPI_Init(&argc, &argv);
	MPI_Comm_rank(MPI_COMM_WORLD, &rank);
	MPI_Comm_size(MPI_COMM_WORLD, &ranks);
	MPI_Get_processor_name(host, &length);
	out = malloc((size_t)ranks * bytes);
	in = malloc((size_t)ranks * bytes);
	if (!out || !in)
		MPI_Abort(MPI_COMM_WORLD, 1);
	began = MPI_Wtime();
	for (int round = 0; round < rounds; round++)
		errors += one_round(rank, ranks, round, bytes, out, in);
	MPI_Reduce(&errors, &all, 1, MPI_LONG, MPI_SUM, 0, MPI_COMM_WORLD);
	printf("rank %d on %s\n", rank, host);
	if (!rank)
		printf("alltoall: %d ranks, %d rounds, %d bytes, %ld errors, %.1f s\n", ranks,
		       rounds, bytes, all, MPI_Wtime() - began);
	MPI_Finalize();
	free(out);
	free(in);
	return all != 0;
}
