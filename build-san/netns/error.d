build-san/netns/error.o: netns/error.c netns/error.h
netns/error.h:
